"""Ask what differs between two datasets, and whether it is more than chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.reporting import measures
from fastgen.reporting.axes import INTERVALS
from fastgen.reporting.sides import Drawn
from fastgen.reporting.tests_of_fit import KS, N_GROUPS_OF_DAY, N_GROUPS_OF_TIME, TV
from fastgen.reporting.two_samples import compare_days, compare_samples
from fastgen.units import S_PER_MIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fastgen.reporting.fit import Fit
    from fastgen.reporting.measures import Measure
    from fastgen.reporting.pairing import Pair
    from fastgen.reporting.tally import Tally

SECOND_TO_FIRST = "second / first"
# What is so if the days of two datasets are alike, and what is measured; in the order of `_of_days`.
DAYS = {
    "orders_by_day": ("days have as many orders", "orders a day", ""),
    "price_by_day": ("orders of a day have the same mean price", "price of an order, mean of the days", "$"),
    "events_by_day": (
        "orders of a day have as many events in the mean",
        "events of an order, mean of the days",
        "",
    ),
    "delivered_by_day": ("as many of a day's orders are delivered", "orders delivered", "share"),
    "preparation_by_day": (
        "orders of a day are picked up as soon in the mean",
        "from the order to the pick-up, mean of the days",
        "min",
    ),
    "delivery_by_day": (
        "orders of a day end as soon in the mean",
        "from the order to its end, mean of the days",
        "min",
    ),
}
SIZES = {
    "brands_per_order": ("orders have as many brands", "brands of an order, mean"),
    "lines_per_order": ("orders have as many lines", "lines of an order, mean"),
    "quantities": ("quantities are as frequent", "quantity of a line, mean"),
}


class Compared(NamedTuple):
    """One thing that was compared.

    Attributes
    ----------
    name, what
        Its key, and what is so if the datasets are alike.
    effect_name
        What the effect of the fit measures.
    fit
        The comparison.
    measure
        By how much they differ.
    is_drawn
        Whether chance can be judged order by order; if not, the size of the difference is all that is said.
    """

    name: str
    what: str
    effect_name: str
    fit: Fit
    measure: Measure
    is_drawn: bool


def compare_all(pair: Pair) -> Iterator[Compared]:
    """Compare all that both sides have."""
    drawn = {side.drawn for side in pair.sides}
    of_baskets, of_times = Drawn.NOTHING not in drawn, drawn == {Drawn.ALL}
    yield from _compare_days(pair)

    minutes = pair.counts("by_minute").sum(axis=1)
    yield Compared(
        "by_minute",
        "orders come at the same time of the day",
        KS,
        compare_samples(minutes[0], minutes[1], N_GROUPS_OF_DAY),
        measures.measure_middle("half of the day's orders have come by", "clock", minutes),
        of_baskets,
    )
    for name, (what, measured) in SIZES.items():
        counts = pair.counts(name).sum(axis=1)
        mean = measures.measure_mean(measured, "", counts, np.arange(counts.shape[1], dtype=np.float64))
        yield Compared(name, what, KS, compare_samples(counts[0], counts[1]), mean, of_baskets)
    prices = pair.counts("price_usd").sum(axis=1)
    yield Compared(
        "price_usd",
        "prices are as frequent",
        KS,
        compare_samples(prices[0], prices[1], N_GROUPS_OF_DAY),
        measures.measure_middle("price of the order in the middle, in whole dollars", "$", prices),
        of_baskets,
    )
    first_lines = pair.brand_counts(1).reshape(2, -1)
    yield Compared(
        "brands",
        "brands have the same shares of the orders",
        TV,
        compare_samples(first_lines[0], first_lines[1], ordered=False),
        measures.measure_brands(pair),
        of_baskets,
    )
    yield Compared(
        "customers",
        "orders go to the same places",
        KS,
        compare_samples(*_count_customers(pair)),
        measures.measure_ways(pair),
        of_baskets,
    )
    seconds = pair.counts("seconds").sum(axis=1)
    for at, name in enumerate(INTERVALS):
        counts = seconds[:, at]
        fit = compare_samples(counts[0], counts[1], N_GROUPS_OF_TIME)
        yield Compared(
            name, "this time is distributed alike", KS, fit, measures.measure_time(name, counts), of_times
        )


def _compare_days(pair: Pair) -> Iterator[Compared]:
    """Compare numbers of days; each day of the first with one of the same weekday."""
    first, second = (
        _of_days(tally, rows)[:, days]
        for tally, rows, days in zip(pair.tallies, pair.rows, pair.days, strict=True)
    )
    for (name, (what, measured, unit)), one, other in zip(DAYS.items(), first, second, strict=True):
        measure = measures.measure_days(measured, unit, one, other)
        yield Compared(name, what, SECOND_TO_FIRST, compare_days(one, other), measure, is_drawn=True)


def _of_days(tally: Tally, rows: list[int]) -> NDArray[np.float64]:
    """Compute the numbers of each day, float64 (6, D): orders, and means of their orders; NaN without any."""
    if not rows:
        return np.full((len(DAYS), tally.axes.n_days), np.nan)
    orders, events, cents, delivered, _ = tally.by_day[rows].sum(axis=0).T.astype(np.float64)
    trips, n_days = tally.trips, tally.axes.n_days
    here = np.isin(trips.location, rows)

    def mean_min(seconds: NDArray[np.int32]) -> NDArray[np.float64]:
        known = here & (seconds >= 0)
        total = np.bincount(trips.day[known], seconds[known] / S_PER_MIN, minlength=n_days).astype(np.float64)
        return _divide(total, np.bincount(trips.day[known], minlength=n_days).astype(np.float64))

    of_orders = [_divide(total, orders) for total in (cents / measures.CENT, events, delivered)]
    return np.stack([orders, *of_orders, mean_min(trips.picked_up_s), mean_min(trips.ended_s)])


def _divide(total: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)
    return mean


def _count_customers(pair: Pair) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count where orders go: positions from south to north, each location after the other."""
    none = np.zeros(0, np.int64)
    ones, others = [none], [none]
    first, second = pair.tallies
    for row, other in zip(*pair.rows, strict=True):
        here, there = first.customers[row], second.customers[other]
        key = np.union1d(here.key, there.key)
        for counts, customers in ((ones, here), (others, there)):
            of_key = np.zeros(len(key), np.int64)
            of_key[np.searchsorted(key, customers.key)] = customers.orders
            counts.append(of_key)
    return np.concatenate(ones), np.concatenate(others)
