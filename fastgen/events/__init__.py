"""Orders to Arrow columns."""
