"""Tests of fastgen.generating."""
