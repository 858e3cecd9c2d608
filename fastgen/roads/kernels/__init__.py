"""Find shortest paths over a road graph, and measure and write routes."""
