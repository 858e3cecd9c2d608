"""Tests of fastgen.dataset."""
