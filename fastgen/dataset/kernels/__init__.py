"""Parse the texts of stored rows, and check baskets and routes against their rules."""
