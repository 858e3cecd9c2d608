"""Read stored events: files held against their hashes, windows of rows, orders, lines, digests."""
