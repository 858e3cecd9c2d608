"""Tests of fastgen.simulate."""
