"""Spark: a real local one."""
