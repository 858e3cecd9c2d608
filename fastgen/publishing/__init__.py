"""Publish a dataset as tables of a lakehouse or a database."""
