"""Tests of fastgen.kernels."""
