"""Tests of fastgen.reporting."""
