"""Compiled code: sort the rows of a window, and write them as JSON."""
