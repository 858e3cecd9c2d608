"""Compute the figures by which people judge a site: orders a day, times, queues, utilisation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.model.stations import STATION_WORDS
from fastgen.units import US_PER_DAY, US_PER_H, US_PER_MIN

if TYPE_CHECKING:
    from fastgen.queueing.tally import Tally


class Figure(NamedTuple):
    """What a figure is called in data and in tables for people, and its unit."""

    name: str
    words: str
    unit: str


def compute_figures(tally: Tally) -> dict[Figure, float]:
    """Compute the figures of a period; NaN where there is no order or station that they are about."""
    days = tally.period_us / tally.n_sites / US_PER_DAY
    in_system_min = np.concatenate(tally.in_system_us) / US_PER_MIN
    p50 = p90 = math.nan
    if len(in_system_min):
        # Each is the time of an order, as in the tables of a run.
        p50, p90 = np.percentile(in_system_min, (50, 90), method="inverted_cdf")

    def mean_min(total_us: int) -> float:
        return _divide(total_us, tally.delivered * US_PER_MIN)

    figures = {
        Figure("orders_created", "orders created", "a day"): tally.created / days,
        Figure("orders_delivered", "orders delivered", "a day"): tally.delivered / days,
        Figure("orders_cancelled", "orders cancelled", "a day"): tally.cancelled / days,
        Figure("orders_open_at_end", "orders open at the end", ""): float(tally.open_at_end),
        Figure("revenue", "revenue", "a day"): tally.revenue / days,
        Figure("time_in_system", "time in system, mean", "min"): mean_min(
            sum(int(times.sum()) for times in tally.in_system_us)
        ),
        Figure("time_in_system_p50", "time in system, p50", "min"): float(p50),
        Figure("time_in_system_p90", "time in system, p90", "min"): float(p90),
        Figure("created_to_ready", "created to ready, mean", "min"): mean_min(tally.to_ready_us),
        Figure("ready_to_picked_up", "waiting for a courier, mean", "min"): mean_min(tally.for_courier_us),
    }
    for kind, word in enumerate(STATION_WORDS):
        # A mean number of lines: divided by the length of the days, however many stations there are.
        station_us, name = int(tally.station_us[kind]), word.replace(" ", "_")
        queue = int(tally.waiting_us[kind]) / (days * US_PER_DAY) if station_us else math.nan
        utilisation = _divide(int(tally.busy_us[kind]), station_us)
        figures[Figure(f"{name}_queue_length", f"{word}s: lines that wait, mean", "")] = queue
        figures[Figure(f"{name}_utilisation", f"{word}s: utilisation", "")] = utilisation
    figures[Figure("courier_utilisation", "couriers: utilisation", "")] = _divide(
        tally.courier_busy_us, tally.courier_us
    )
    figures[Figure("orders_per_courier_hour", "couriers: orders an hour each", "")] = _divide(
        tally.delivered, tally.courier_us / US_PER_H
    )
    return figures


def _divide(dividend: float, divisor: float) -> float:
    return dividend / divisor if divisor else math.nan
