"""Compiled loops of the queueing simulation."""
