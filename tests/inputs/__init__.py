"""Tests of scenario files and dimension tables."""
