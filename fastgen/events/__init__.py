"""Define the event table; expand orders to its columns, digest them, encode them as row groups."""
