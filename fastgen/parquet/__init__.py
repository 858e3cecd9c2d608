"""Parquet files, from encoded pages to the footer."""
