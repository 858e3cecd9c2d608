"""Draw order counts, baskets, service times and driver arrivals of many orders at once."""
