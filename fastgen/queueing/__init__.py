"""Simulate sites whose orders wait for stations and couriers: draws first, then a loop over whole numbers."""
