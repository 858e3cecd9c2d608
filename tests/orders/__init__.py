"""Tests of fastgen.orders."""
