"""Compiled kernels: bare arrays in, bare arrays out, no checks."""
