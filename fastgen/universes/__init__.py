"""Universes that run: sites go from day to day, and their orders become a dataset."""
