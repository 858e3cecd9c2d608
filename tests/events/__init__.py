"""Tests of fastgen.events."""
