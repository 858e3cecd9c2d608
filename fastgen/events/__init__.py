"""Orders to columns and row groups, and to the wire format."""
