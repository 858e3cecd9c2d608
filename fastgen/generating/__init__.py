"""Make the events of any location-day from scenario, tables, networks and a source of orders."""
