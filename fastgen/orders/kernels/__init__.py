"""Kernels of the statistical source: order counts, baskets, service times, driver arrivals and order ids."""
