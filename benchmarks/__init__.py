"""Measure fastgen against the per-order way, Polars alone and another generator; method in README.md."""
