"""Tests of fastgen.model."""
