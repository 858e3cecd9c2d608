"""Read stored datasets: files checked by their hashes, batches of rows, orders, lines, digests."""
