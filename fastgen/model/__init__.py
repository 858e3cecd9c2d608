"""The data that rooms pass to each other: scenario, tables, road graphs, route tables, orders of a day.

Scenario, tables and graphs are checked when they are made, and trusted afterwards. `order_source` is the
interface between a simulation of orders and all rooms that use its orders.
"""
