"""Measure fastgen against a loop over orders, Polars alone and another generator; see README.md."""
