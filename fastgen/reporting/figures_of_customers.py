"""Make the figures of where customers are, and how far."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fastgen.reporting.figures import Column, make_figure
from fastgen.reporting.figures_of_orders import LOCATION, NO_ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fastgen.reporting.figures import Figure
    from fastgen.reporting.tally import Tally

# Cells of a location's map, each way, and most rows of the table.
CELLS_MAX, ROWS_MAX = 40, 20_000
M_PER_KM = 1_000.0
# Length of a bin, and the most of them: the last is open.
STEP_KM, STEPS_MAX = 0.25, 200


def make_customers(tally: Tally) -> Figure:
    """Show on a grid where the customers of each location are, and how many orders they place."""
    none = np.zeros(0, np.int64)
    parts = [(np.zeros(0, str), np.zeros(0), np.zeros(0), none, none), *_cells(tally)]
    code, lat, lon, customers, orders = (np.concatenate(column) for column in zip(*parts, strict=True))
    columns = {
        "location": (LOCATION, code),
        "lat": (Column("latitude of the cell's middle", "°"), lat),
        "lon": (Column("longitude of the cell's middle", "°"), lon),
        "customers": (Column("customers"), customers),
        "orders": (Column("orders"), orders),
    }
    people = sum(len(here.key) for here in tally.customers)
    sentence = NO_ORDERS
    if people:
        sentence = (
            f"{int(tally.orders.sum()):,} orders go to {people:,} addresses, "
            f"{tally.orders.sum() / people:.1f} to each on average."
        )
    return make_figure("customers", "Where customers are", sentence, columns)


def make_distances(tally: Tally) -> Figure:
    """Show how far customers are, along the roads."""
    axes = tally.axes
    km = [here.routes.length_m / M_PER_KM for here in tally.customers]
    steps = min(STEPS_MAX, math.ceil(max((far.max(initial=0.0) for far in km), default=0.0) / STEP_KM))
    orders = np.zeros((axes.n_locations, steps), np.int64)
    for row, (far, here) in enumerate(zip(km, tally.customers, strict=True)):
        if steps:
            place = np.minimum((far / STEP_KM).astype(np.int64), steps - 1)
            orders[row] = np.bincount(place, here.orders, steps)
    columns = {
        "location": (LOCATION, np.repeat(axes.codes, steps)),
        "km": (
            Column("way to the customer, from this on", "km"),
            np.tile(np.arange(steps) * STEP_KM, axes.n_locations),
        ),
        "orders": (Column("orders", f"per {STEP_KM:g} km"), orders.ravel()),
    }
    total = int(orders.sum())
    metres = sum(float((here.routes.length_m * here.orders).sum()) for here in tally.customers)
    sentence = (
        f"The way to a customer is {metres / M_PER_KM / total:.1f} km on average." if total else NO_ORDERS
    )
    return make_figure("distances", "How far customers are", sentence, columns)


def _cells(tally: Tally) -> Iterator[tuple[NDArray[np.generic], ...]]:
    """Give the cells with customers of each location: code, middle, customers, orders."""
    n = max(1, min(CELLS_MAX, math.isqrt(ROWS_MAX // tally.axes.n_locations)))
    for code, here in zip(tally.axes.codes, tally.customers, strict=True):
        if not len(here.key):
            continue
        lat, lon = here.lat.astype(np.float64), here.lon.astype(np.float64)
        # Around the middle of the customers, so that a square across the 180th degree stays whole.
        lon = (lon - lon[0] + 180.0) % 360.0 - 180.0 + lon[0]
        sides = [(values.min(), max(np.ptp(values), 1e-6) / n) for values in (lat, lon)]
        (south, height), (west, width) = sides
        row = np.minimum((lat - south) / height, n - 1).astype(np.int64)
        column = np.minimum((lon - west) / width, n - 1).astype(np.int64)
        customers = np.bincount(row * n + column, minlength=n * n)
        orders = np.bincount(row * n + column, here.orders, n * n).astype(np.int64)
        cell = np.flatnonzero(customers)
        yield (
            np.full(len(cell), code),
            south + (cell // n + 0.5) * height,
            west + (cell % n + 0.5) * width,
            customers[cell],
            orders[cell],
        )
