"""Open pages in a real browser."""
