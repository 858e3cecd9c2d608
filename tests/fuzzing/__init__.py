"""Feed mutated files to every reader of bytes from outside; see mutations.py for how."""
