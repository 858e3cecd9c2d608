"""Tests of fastgen.parquet."""
