"""Tests of fastgen.publishing."""
