"""The statistical source of orders: draw every order at random, as the seed decides.

`source` implements `model.order_source.OrderSource`. It takes expected numbers of orders from `expected` and
`demand_curve`, the kernels' arguments from `parameters`, and the orders themselves from `draws`, which calls
the kernels in `kernels/`. The formulas are in docs/model.md, 4.
"""
