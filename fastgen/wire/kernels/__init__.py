"""Order wire rows by time, and write them as JSON."""
