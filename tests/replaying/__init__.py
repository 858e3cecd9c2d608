"""Tests of the replay: what is emitted, when, and whatever happens meanwhile."""
