"""Tests of planning and building."""
