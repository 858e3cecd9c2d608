"""Scenario files and dimension tables, in and out."""
