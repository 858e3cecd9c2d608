"""Turn windows of a dataset's time into the bytes of wire events."""
