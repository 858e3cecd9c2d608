"""Show what a dataset is: its counts in one pass, figures, charts, map, the page, and the certificate."""
