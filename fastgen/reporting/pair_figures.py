"""Make the figures of two datasets: as those of one, with both as series, and in the same bins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.reporting.axes import INTERVALS
from fastgen.reporting.binning import PERCENTILES, find_percentiles, make_curve
from fastgen.reporting.figures import Column, Figure, make_figure
from fastgen.reporting.figures_of_customers import M_PER_KM, STEP_KM, STEPS_MAX
from fastgen.reporting.figures_of_orders import LOCATION, STEP_MIN, WEEKDAYS
from fastgen.reporting.figures_of_times import STEPS, TIME, WORDS
from fastgen.reporting.kernels.count_orders import ARRIVED_SHIFT_S
from fastgen.reporting.pairing import NAMES, WEEK
from fastgen.units import MIN_PER_DAY, S_PER_MIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fastgen.reporting.pairing import Pair

DATASET = Column("dataset")
SHARE = Column("share of the dataset's orders there")
# A chart leaves less than this share of the orders to its last bin, which is open.
TAIL = 0.002
HALF_WEEK = WEEK // 2
# Widths of the bins of prices, whole dollars, and the most bins.
PRICE_STEPS, PRICES_MAX = (1, 2, 5, 10, 20), 50


def make_pair_figures(pair: Pair) -> dict[str, Figure]:
    """Make the figures of the orders of two datasets, by key, in the order of the page.

    All are of the locations that both have. Dates of the second are shifted so that days that are compared
    have the same date. Sentences are empty: the comparisons say what is seen.
    """
    figures = [*_show_orders(pair), *_show_times(pair), *_show_baskets(pair), *_show_ways(pair)]
    return {one.key: one for one in figures}


def _show_orders(pair: Pair) -> Iterator[Figure]:
    orders = _line_up_days(pair)
    yield _make_days(pair, orders)
    yield _make_weekdays(pair, orders)
    steps = MIN_PER_DAY // STEP_MIN
    minutes = pair.counts("by_minute").reshape(2, -1, steps, STEP_MIN).sum(axis=3)
    time = Column("time of day, by the clock of the place", "minutes since midnight")
    yield _distribute(
        pair, "intraday", "Orders over the day", "minute", time, np.arange(steps) * STEP_MIN, minutes
    )
    yield _make_hours(pair)


def _line_up_days(pair: Pair) -> NDArray[np.float64]:
    """Put the orders of both beside each other, float64 (S, L, R); NaN where a dataset has no such day.

    The first day is the earlier of the two that begin.
    """
    first, second = pair.tallies
    n_days = pair.later + max(first.axes.n_days, second.axes.n_days - pair.later)
    orders = np.full((2, len(pair.codes), n_days), np.nan)
    orders[0, :, pair.later : pair.later + first.axes.n_days] = first.orders[pair.rows[0]]
    orders[1, :, : second.axes.n_days] = second.orders[pair.rows[1]]
    return orders


def _make_days(pair: Pair, orders: NDArray[np.float64]) -> Figure:
    codes, shown = pair.locate(orders)
    n_days = shown.shape[2]
    date = np.datetime64(pair.tallies[0].axes.start, "D") - pair.later + np.arange(n_days)
    own = np.stack([date, date - np.timedelta64(pair.shift).astype("timedelta64[D]")])
    trend = np.full(shown.shape, np.nan)
    if n_days >= WEEK:
        windows = np.lib.stride_tricks.sliding_window_view(shown, WEEK, axis=2)
        trend[:, :, HALF_WEEK : n_days - HALF_WEEK] = windows.mean(axis=3)
    known = ~np.isnan(shown).ravel()
    columns = {
        "dataset": (DATASET, np.repeat(NAMES, len(codes) * n_days)[known]),
        "location": (LOCATION, np.tile(np.repeat(codes, n_days), 2)[known]),
        "date": (Column("date in the chart"), np.tile(date, 2 * len(codes))[known]),
        "own_date": (Column("date in the dataset"), np.tile(own[:, None], (1, len(codes), 1)).ravel()[known]),
        "orders": (Column("orders", "in a day"), shown.ravel()[known].astype(np.int64)),
        "trend": (Column("orders, mean of seven days", "a day"), trend.ravel()[known]),
    }
    return make_figure("orders_by_day", "Orders a day", "", columns)


def _make_weekdays(pair: Pair, orders: NDArray[np.float64]) -> Figure:
    codes, shown = pair.locate(orders)
    weekday = (int(pair.tallies[0].axes.weekday[0]) - pair.later + np.arange(orders.shape[2])) % WEEK
    total, days = np.zeros((2, 2, len(codes), WEEK))
    for number in range(WEEK):
        of_weekday = shown[:, :, weekday == number]
        total[:, :, number] = np.nansum(of_weekday, axis=2)
        days[:, :, number] = (~np.isnan(of_weekday)).sum(axis=2)
    mean = np.divide(total, days, out=np.full(total.shape, np.nan), where=days > 0)
    columns = {
        "dataset": (DATASET, np.repeat(NAMES, len(codes) * WEEK)),
        "location": (LOCATION, np.tile(np.repeat(codes, WEEK), 2)),
        "weekday": (Column("weekday"), np.tile(WEEKDAYS, 2 * len(codes))),
        "days": (Column("days", "in the dataset"), days.ravel().astype(np.int64)),
        "orders": (Column("orders", "a day"), mean.ravel()),
    }
    return make_figure(
        "weekdays", "Orders by weekday", "Orders of a Monday, a Tuesday, in the mean.", columns
    )


def _make_hours(pair: Pair) -> Figure:
    codes, orders = pair.locate(pair.counts("by_hour")[..., 0])
    days = np.stack([np.bincount(tally.axes.weekday, minlength=WEEK) for tally in pair.tallies])
    mean = orders / np.where(days, days, np.nan)[:, None, :, None]
    n = len(codes) * WEEK * 24
    columns = {
        "dataset": (DATASET, np.repeat(NAMES, n)),
        "location": (LOCATION, np.tile(np.repeat(codes, WEEK * 24), 2)),
        "weekday": (Column("weekday"), np.tile(np.repeat(WEEKDAYS, 24), 2 * len(codes))),
        "hour": (
            Column("hour of the day, by the clock of the place", "h"),
            np.tile(np.arange(24), 2 * len(codes) * WEEK),
        ),
        "orders": (Column("orders", "in that hour of one such day"), mean.ravel()),
    }
    sentence = "Orders of an hour of the week, in the mean: the same colour is as many in both."
    return make_figure("hours", "Orders by hour and weekday", sentence, columns)


def _show_times(pair: Pair) -> Iterator[Figure]:
    seconds = pair.counts("seconds")
    yield _make_percentiles(pair, seconds)
    yield _make_steps(seconds)
    of_each = {
        "created_to_delivered": ("delivery_times", "From the order to the customer"),
        "picked_up_to_delivered": ("drives", "Drives to the customers"),
        "ready_to_arrived": ("driver_waiting", "Drivers before and after the food"),
    }
    for name, (key, title) in of_each.items():
        counts = seconds[:, :, list(INTERVALS).index(name)]
        start_s, counts = _rebin(counts, ARRIVED_SHIFT_S if name == "ready_to_arrived" else 0)
        yield _distribute(
            pair, key, title, "minutes", Column("from this time on", "min"), start_s / S_PER_MIN, counts
        )
    pings = _cut(pair.counts("pings"))
    column = Column("pings of a delivery")
    yield _distribute(
        pair, "pings", "Pings a delivery", "pings", column, np.arange(pings.shape[2]), pings, "deliveries"
    )


def _rebin(counts: NDArray[np.int64], shift_s: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sum counts (S, L, N_BINS) in bins that both datasets share: where these begin, and int64 (S, L, n)."""
    together = counts.sum(axis=(0, 1))
    curve = make_curve(together, np.full(len(together), np.nan), shift_s)
    found = np.zeros((*counts.shape[:2], len(curve.seconds)), np.int64)
    for place in np.ndindex(*counts.shape[:2]):
        found[place] = curve.rebin(counts[place])
    return curve.seconds, found


def _make_steps(seconds: NDArray[np.int64]) -> Figure:
    """Show the steps in the kitchen, all locations together."""
    rows: dict[str, list[NDArray[np.generic]]] = {
        name: [] for name in ("dataset", "step", "minutes", "orders", "share")
    }
    for at, name in enumerate(STEPS):
        starts, counts = _rebin(seconds[:, :, at].sum(axis=1, keepdims=True))
        n = len(starts)
        rows["dataset"].append(np.repeat(NAMES, n))
        rows["step"].append(np.full(2 * n, WORDS[name]))
        rows["minutes"].append(np.tile(starts / S_PER_MIN, 2))
        rows["orders"].append(counts.ravel())
        rows["share"].append(_divide(counts).ravel())
    headings = {
        "dataset": DATASET,
        "step": TIME,
        "minutes": Column("from this time on", "min"),
        "orders": Column("orders"),
        "share": SHARE,
    }
    columns = {name: (column, np.concatenate(rows[name])) for name, column in headings.items()}
    return make_figure("service_times", "Times in the kitchen", "", columns)


def _make_percentiles(pair: Pair, seconds: NDArray[np.int64]) -> Figure:
    codes, counts = pair.locate(seconds) if len(pair.codes) > WEEK else (pair.codes, seconds)
    found = []
    for side, name in enumerate(NAMES):
        for row, code in enumerate(codes):
            for at, time in enumerate(INTERVALS):
                shift_s = ARRIVED_SHIFT_S if time == "ready_to_arrived" else 0
                here = counts[side, row, at]
                found.append((name, code, WORDS[time], int(here.sum()), *find_percentiles(here, shift_s)))
    headings = [
        ("dataset", DATASET),
        ("location", LOCATION),
        ("time", TIME),
        ("orders", Column("orders")),
        *((f"p{share}_min", Column(f"P{share}", "min")) for share in PERCENTILES),
    ]
    n_texts = 4
    columns = {
        name: (column, np.array(values) if at < n_texts else np.array(values, np.float64) / S_PER_MIN)
        for at, ((name, column), values) in enumerate(zip(headings, zip(*found, strict=True), strict=True))
    }
    return make_figure("percentiles", "Times in percentiles", "", columns)


def _show_baskets(pair: Pair) -> Iterator[Figure]:
    brands = pair.brand_counts(1)
    codes, counts = pair.locate(brands)
    used = np.argwhere(counts.any(axis=0))
    location, brand = used.T
    columns = {
        "dataset": (DATASET, np.repeat(NAMES, len(used))),
        "location": (LOCATION, np.tile(np.array(codes, str)[location], 2)),
        "brand": (Column("brand"), np.tile(np.array(pair.brands[0], str)[brand], 2)),
        "orders": (
            Column("orders", "whose first line is the brand's"),
            counts[:, location, brand].ravel(),
        ),
        "share": (SHARE, _divide(counts)[:, location, brand].ravel()),
    }
    yield make_figure("brand_shares", "Brands", "", columns)
    sizes = {
        "brands_per_order": ("basket_brands", "brands", "Brands in an order", "orders"),
        "lines_per_order": ("basket_lines", "lines", "Lines of an order", "orders"),
        "quantities": ("quantities", "quantity", "Quantities", "lines"),
    }
    for name, (key, size, title, what) in sizes.items():
        counts = _cut(pair.counts(name), 0.0)
        # Nothing is smaller than the first that there is.
        least = int(np.argmax(counts.any(axis=(0, 1)))) if counts.any() else 0
        values = np.arange(least, counts.shape[2])
        yield _distribute(pair, key, title, size, Column(title.lower()), values, counts[:, :, least:], what)
    prices = _cut(pair.counts("price_usd"))
    width = next(one for one in PRICE_STEPS if prices.shape[2] <= one * PRICES_MAX)
    starts = np.arange(0, prices.shape[2], width)
    summed = np.add.reduceat(prices, starts, axis=2) if len(starts) else prices
    column = Column("price, from this on", "$")
    yield _distribute(pair, "prices", "Price of an order", "price_usd", column, starts, summed)


def _show_ways(pair: Pair) -> Iterator[Figure]:
    """Show how far customers are, where both datasets say so."""
    orders = np.zeros((2, len(pair.codes), STEPS_MAX), np.int64)
    for side, (tally, rows) in enumerate(zip(pair.tallies, pair.rows, strict=True)):
        for place, row in enumerate(rows):
            here = tally.customers[row]
            known = np.diff(here.routes.start) > 0
            step = (here.routes.length_m[known] / M_PER_KM / STEP_KM).astype(np.int64)
            orders[side, place] = np.bincount(np.minimum(step, STEPS_MAX - 1), here.orders[known], STEPS_MAX)
    if orders.any(axis=(1, 2)).all():
        counts = _cut(orders)
        column = Column("way to the customer, from this on", "km")
        kilometres = np.arange(counts.shape[2]) * STEP_KM
        yield _distribute(pair, "distances", "How far customers are", "km", column, kilometres, counts)


def _cut(counts: NDArray[np.int64], tail: float = TAIL) -> NDArray[np.int64]:
    """Cut counts (S, L, C) where almost nothing follows; the last place has what does."""
    ends = np.cumsum(counts.sum(axis=(0, 1)))
    n = int(np.searchsorted(ends, (1.0 - tail) * ends[-1])) + 1 if ends[-1] else 0
    shown = counts[:, :, :n].copy()
    if n:
        shown[:, :, -1] += counts[:, :, n:].sum(axis=2)
    return shown


def _divide(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    total = counts.sum(axis=2, keepdims=True)
    shares: NDArray[np.float64] = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
    return shares


def _distribute(
    pair: Pair,
    key: str,
    title: str,
    name: str,
    column: Column,
    values: NDArray[np.generic],
    counts: NDArray[np.int64],
    what: str = "orders",
) -> Figure:
    """Make the figure of counts (S, L, C) by C values of a column of that name."""
    codes, shown = pair.locate(counts)
    n = len(values)
    columns = {
        "dataset": (DATASET, np.repeat(NAMES, len(codes) * n)),
        "location": (LOCATION, np.tile(np.repeat(codes, n), 2)),
        name: (column, np.tile(values, 2 * len(codes))),
        what: (Column(what), shown.ravel()),
        "share": (Column(SHARE.words.replace("orders", what)), _divide(shown).ravel()),
    }
    return make_figure(key, title, "", columns)
