"""Sites and demands of tests, drawn at random."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fastgen.queueing.site import Capacity, Demand

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
N_TYPES = 3


class Case(NamedTuple):
    """A site, what it is asked for, and what changes."""

    capacity: Capacity
    demand: Demand
    changes: list[tuple[int, int, int]]
    weather: list[tuple[int, int]]


def draw_demand(seed: int, n_orders: int, days: int, n_customers: int, unit_us: int) -> Demand:
    """Draw orders whose times and durations are whole multiples of a unit."""
    draws = np.random.default_rng(seed)
    n_lines = draws.integers(1, 6, n_orders)
    line_start = np.concatenate(([0], np.cumsum(n_lines)))
    n_steps = draws.integers(1, 5, line_start[-1])
    step_start = np.concatenate(([0], np.cumsum(n_steps)))
    expected_us = draws.integers(1, 11, step_start[-1]) * MINUTE
    stretch = (0.7 + draws.random(len(expected_us))) ** 2 / 1.523
    customer = draws.integers(0, n_customers, n_orders)
    ways = draws.integers(0, 4 * MINUTE // unit_us, (2, n_customers)) * unit_us // 240
    ways[0, draws.random(n_customers) < 0.01] = -1
    return Demand(
        created_us=np.sort(draws.integers(0, days * DAY // unit_us, n_orders)) * unit_us,
        number=np.arange(n_orders) + draws.integers(0, 100),
        customer=customer,
        packing_us=draws.integers(0, 3, n_orders) * unit_us,
        ride_out=ways[0, customer],
        ride_back=np.abs(ways[1, customer]),
        line_start=line_start,
        step_start=step_start,
        step_type=draws.integers(0, N_TYPES, step_start[-1]),
        duration_us=np.maximum((expected_us * stretch).astype(np.int64) // unit_us, 1) * unit_us,
        expected_us=expected_us,
        draw=np.arange(n_orders) * 3,
        line_item=(np.arange(line_start[-1]) % 50).astype(np.int32),
    )


def draw_case(seed: int, n_orders: int = 2000, days: int = 7, unit_us: int = 1) -> Case:
    """Draw a site under pressure, with broken stations, couriers off duty, closed kitchens and rain."""
    draws = np.random.default_rng([seed, 1])
    n_kitchens, n_couriers, n_customers = int(draws.integers(1, 5)), int(draws.integers(1, 25)), 300
    stations = draws.integers(1, 7, (n_kitchens, N_TYPES))
    capacity = Capacity(
        stations=stations,
        paces=draws.choice([60, 240, 720], n_couriers),
        lead_us=int(draws.integers(0, 12)) * MINUTE,
        eating_us=int(draws.integers(0, 31)) * MINUTE,
        n_customers=n_customers if draws.random() < 0.5 else 0,
        nearest_first=bool(draws.random() < 0.5),
    )
    times = draws.integers(0, days * DAY // unit_us, 24) * unit_us
    changes = [(int(t), *_draw_change(draws, stations.ravel(), n_kitchens, n_couriers)) for t in times]
    rain = np.sort(draws.integers(0, days * DAY // unit_us, 4)) * unit_us
    weather = [(int(t), int(draws.integers(800, 2000))) for t in rain]
    return Case(capacity, draw_demand(seed, n_orders, days, n_customers, unit_us), changes, weather)


def _draw_change(
    draws: np.random.Generator, sizes: np.ndarray, n_kitchens: int, n_couriers: int
) -> tuple[int, int]:
    target = int(draws.integers(0, len(sizes) + 1 + n_kitchens))
    if target < len(sizes):
        return target, int(draws.integers(0, 1 << sizes[target]))
    if target == len(sizes):
        return target, int(draws.integers(0, n_couriers + 1))
    return target, int(draws.integers(0, 2))
