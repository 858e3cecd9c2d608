"""Tests of fastgen.cooking."""
