"""Tests of fastgen.emitting."""
