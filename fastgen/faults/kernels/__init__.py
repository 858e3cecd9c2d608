"""Compiled loops over lines of bytes, and the draws of faults."""
