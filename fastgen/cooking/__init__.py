"""Orders of the statistical source whose times come from kitchens with stations, recipes and couriers.

`source` implements `model.order_source.OrderSource`. Customers and baskets are those of `orders.source`;
`recipes` says how each item is made, `kitchen_days` runs them through `fastgen.queueing`, and `load` computes
beforehand how busy the stations and couriers will be. The rules are in docs/model.md, 4.13.
"""
