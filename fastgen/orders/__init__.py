"""The statistical source of orders: every order of a location-day is a draw that the seed decides.

`source` implements `model.order_source.OrderSource`. It takes expected numbers of orders from `expected` and
`demand_curve`, the kernels' arguments from `parameters`, and the orders themselves from `draws`, which calls
the kernels in `kernels/`. The formulas are in docs/model.md, 4.
"""
