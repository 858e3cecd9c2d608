"""Tests of fastgen.wire."""
