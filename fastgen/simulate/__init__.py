"""The draws of one location-day, stage by stage."""
