"""Read, check and write scenario files and dimension tables."""
