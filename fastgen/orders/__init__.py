"""The statistical simulation: what orders a location-day has, as draws of a seed."""
