"""Make the figures of what customers order: brands, numbers of lines, prices."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from fastgen.reporting.figures import Column, make_figure
from fastgen.reporting.figures_of_orders import EXPECTED, LOCATION, NO_ORDERS, WEEK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.dimensions import Dimensions
    from fastgen.reporting.expected import Expected
    from fastgen.reporting.figures import Figure
    from fastgen.reporting.tally import Tally

# Most points of a brand's line at a location, and most rows of the table.
POINTS_MAX, ROWS_MAX = 60, 20_000
# A chart of prices leaves less than this share of the orders to its last bin, which is open.
TAIL = 0.002


def make_brand_shares(tally: Tally, expected: Expected | None) -> Figure:
    """Show the share of each brand in the orders of a location, over time."""
    axes = tally.axes
    used = np.argwhere(tally.by_brand[:, :, :, 0].any(axis=2))
    first = _choose_spans(tally, len(used))
    seen = np.add.reduceat(tally.by_brand[:, :, :, 0], first, axis=2)
    mean = np.full(seen.shape, np.nan)
    if expected is not None:
        mean = np.add.reduceat(expected.brand_orders, first, axis=2)
    shares = [np.divide(n, n.sum(axis=1, keepdims=True).clip(1e-9)) for n in (seen, mean)]
    location, brand = used.T
    dates = np.datetime64(axes.start, "D") + first * axes.period_days
    columns = {
        "location": (LOCATION, np.repeat(np.array(axes.codes, str)[location], len(first))),
        "brand": (Column("brand"), np.repeat(np.array(axes.brands, str)[brand], len(first))),
        "date": (Column("from this date on"), np.tile(dates, len(used))),
        "orders": (Column("orders with the brand"), seen[location, brand].ravel()),
        "share": (Column("share among the brands of the orders"), shares[0][location, brand].ravel()),
        "expected_share": (Column("share that the model expects"), shares[1][location, brand].ravel()),
    }
    return make_figure("brand_shares", "Brands over time", _tell_leader(tally), columns)


def make_brand_changes(tally: Tally, dims: Dimensions) -> Figure:
    """List the brands that open or close within the dataset's days."""
    axes, placed = tally.axes, dims.brand_locations
    names = dict(zip(axes.brand_ids, axes.brands, strict=True))
    codes = dict(zip(axes.location_ids, axes.codes, strict=True))
    rows = []
    for location, brand, start, end in zip(
        placed.location_id.tolist(),
        placed.brand_id.tolist(),
        placed.start_day.tolist(),
        placed.end_day.tolist(),
        strict=True,
    ):
        for day, what in ((start, "opens"), (end, "closes")):
            # A brand of the first day was there before; NaN is no day at all.
            if location in codes and 0 < day < axes.n_days:
                rows.append((axes.start + dt.timedelta(days=int(day)), codes[location], names[brand], what))
    rows.sort()
    columns = {
        "date": (Column("date"), np.array([row[0] for row in rows], "datetime64[D]")),
        "location": (LOCATION, np.array([row[1] for row in rows], str)),
        "brand": (Column("brand"), np.array([row[2] for row in rows], str)),
        "what": (Column("what happens"), np.array([row[3] for row in rows], str)),
    }
    said = [f"{brand} {what} in {code} on {date:%Y-%m-%d}" for date, code, brand, what in rows]
    sentence = "; ".join(said[:4]) if said else "No brand opens or closes"
    sentence += f"; and {len(said) - 4} more." if len(said) > 4 else "."  # noqa: PLR2004
    return make_figure("brand_changes", "Brands that open and close", sentence, columns)


def make_basket_brands(tally: Tally, expected: Expected | None) -> Figure:
    """Show how many brands orders have."""
    mean = None if expected is None else expected.brands_per_order
    share = tally.brands_per_order[:, 1].sum() / max(1, tally.orders.sum())
    sentence = f"{share:.0%} of the orders are of a single brand."
    return _sizes(tally.brands_per_order, mean, "brands", "Brands in an order", sentence)


def make_basket_lines(tally: Tally, expected: Expected | None) -> Figure:
    """Show how many lines orders have."""
    mean = None if expected is None else expected.lines_per_order
    lines = tally.by_brand[:, :, :, 2].sum() / max(1, tally.orders.sum())
    sentence = f"An order has {lines:.2f} lines on average: one line is one item of a menu."
    return _sizes(tally.lines_per_order, mean, "lines", "Lines of an order", sentence)


def make_quantities(tally: Tally, expected: Expected | None) -> Figure:
    """Show the quantities of lines."""
    mean = None if expected is None else expected.quantities
    total = int(tally.quantities.sum())
    share = tally.quantities[:, 1].sum() / max(1, total)
    sentence = f"{share:.0%} of {total:,} lines are of one piece."
    return _sizes(tally.quantities, mean, "quantity", "Pieces of a line", sentence, "lines")


def make_prices(tally: Tally) -> Figure:
    """Show what orders cost, in whole dollars."""
    counts, axes = tally.price_usd, tally.axes
    ends = np.cumsum(counts.sum(axis=0))
    n = int(np.searchsorted(ends, (1.0 - TAIL) * ends[-1])) + 1 if ends[-1] else 0
    shown = counts[:, :n].copy()
    if n:
        shown[:, -1] += counts[:, n:].sum(axis=1)
    columns = {
        "location": (LOCATION, np.repeat(axes.codes, n)),
        "price_usd": (Column("price, from this on", "$"), np.tile(np.arange(n), axes.n_locations)),
        "orders": (Column("orders", "per dollar"), shown.ravel()),
    }
    total, cents = int(tally.orders.sum()), int(tally.by_day[:, :, 2].sum())
    sentence = f"An order costs ${cents / 100 / total:.2f} on average." if total else NO_ORDERS
    return make_figure("prices", "Price of an order", sentence, columns)


def _sizes(
    counts: NDArray[np.int64],
    mean: NDArray[np.float64] | None,
    key: str,
    title: str,
    sentence: str,
    what: str = "orders",
) -> Figure:
    """Show orders or lines by a small whole number, all locations together."""
    together = counts.sum(axis=0)
    # The model of a location without orders is zero, and of one without a formula NaN.
    wanted = np.full(len(together), np.nan) if mean is None else mean.sum(axis=0)
    some = np.flatnonzero((together > 0) | (np.nan_to_num(wanted) > 0))
    size = np.arange(some.min(), some.max() + 1) if len(some) else some
    columns = {
        key: (Column(title.lower()), size),
        what: (Column(what), together[size]),
        "expected": (Column(f"{what} that the model expects", EXPECTED.unit), wanted[size]),
    }
    name = {"brands": "basket_brands", "lines": "basket_lines", "quantity": "quantities"}[key]
    return make_figure(name, title, sentence if len(some) else NO_ORDERS, columns)


def _choose_spans(tally: Tally, n_lines: int) -> NDArray[np.int64]:
    """Choose the first periods of the points of a line: weeks where a period is a day, or longer spans."""
    axes = tally.axes
    most = max(2, min(POINTS_MAX, ROWS_MAX // max(1, n_lines)))
    least = 1 if axes.n_days < 2 * WEEK else -(-WEEK // axes.period_days)
    return np.arange(0, axes.n_periods, max(least, -(-axes.n_periods // most)))


def _tell_leader(tally: Tally) -> str:
    """Tell which brand most orders have, and where."""
    orders = tally.by_brand[:, :, :, 0].sum(axis=2)
    if not orders.any():
        return NO_ORDERS
    brands = orders.sum(axis=0)
    best = int(brands.argmax())
    return (
        f"{np.count_nonzero(brands)} brands; {tally.axes.brands[best]} is in the most orders, "
        f"{int(brands[best]):,} of {int(tally.orders.sum()):,}."
    )
