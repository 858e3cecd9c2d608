"""Expand orders into the rows of their events, and find equal baskets among them."""
