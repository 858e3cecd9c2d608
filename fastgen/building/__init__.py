"""Scenario to dataset: the plan, its parts, and their sum."""
