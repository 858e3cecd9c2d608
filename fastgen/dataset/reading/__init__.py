"""Read stored events: files held against their hashes, batches of rows, orders, lines, digests."""
