"""Expand orders into the rows of their events, and find what repeats among them."""
