"""Geography of the four cities, written down by hand: outlines, districts, main streets."""
