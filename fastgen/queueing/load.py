"""Compute beforehand how busy the stations and couriers of a site will be, and how long orders will take.

Loads are exact means of what customers would like to order; customers who wait for an order place none, so
the real ones are a little lower. Times are approximations. A wait at c stations is that of M/G/c by Allen and
Cunneen (Allen, Probability, Statistics, and Queueing Theory, 1990): the wait of M/M/c by Erlang's formula C,
times E[S^2] / (2 E[S]^2). The lines of an order come together, which makes real waits somewhat longer.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.queueing.kernels.population import LOWEST_ROOT, MEAN_FACTOR
from fastgen.units import MIN_PER_DAY, MIN_PER_H, US_PER_MIN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.recipes import Recipes
    from fastgen.queueing.population import Population
    from fastgen.queueing.site import Capacity

MEAN, PEAK = range(2)
# Loads of the busiest hour. Above MOST queues grow all through it, and above WARN a small accident makes them
# long. COMFORTABLE is what presets have at most, and what advice leads to.
MOST, WARN, COMFORTABLE = 1.0, 0.9, 0.85
# The mean square of a step's duration over that of its expected one: (r + u)**4 over the square of its mean.
SQUARE_FACTOR = ((LOWEST_ROOT + 1) ** 5 - LOWEST_ROOT**5) / 5 / MEAN_FACTOR**2


class SiteLoad(NamedTuple):
    """How busy a site is in a mean hour and in the busiest hour; first axes of 2 are [MEAN, PEAK].

    Attributes
    ----------
    orders_per_h
        float64 (2,).
    peak_minute
        First minute of the day of the busiest hour, which may pass midnight.
    stations
        float64 (2, n_kitchens, n_types), work over capacity; infinite where work meets no station.
    station_wait_min
        float64 (2, n_kitchens, n_types), mean minutes that a step waits; infinite from load 1 on.
    couriers
        float64 (2,), minutes of riding over minutes of couriers.
    courier_wait_min
        float64 (2,), mean minutes that an order waits for a courier from its call on.
    ready_min, delivered_min
        float64 (2,), expected minutes from created to ready, and to delivered.
    """

    orders_per_h: NDArray[np.float64]
    peak_minute: int
    stations: NDArray[np.float64]
    station_wait_min: NDArray[np.float64]
    couriers: NDArray[np.float64]
    courier_wait_min: NDArray[np.float64]
    ready_min: NDArray[np.float64]
    delivered_min: NDArray[np.float64]


class Work(NamedTuple):
    """What one line asks of each type of station, all float64 (n_types,).

    Attributes
    ----------
    steps
        Mean number of steps.
    work_min
        Mean minutes.
    square_min2
        Mean sum of the squares of the steps' minutes.
    """

    steps: NDArray[np.float64]
    work_min: NDArray[np.float64]
    square_min2: NDArray[np.float64]


def mean_pace(paces: NDArray[np.int64]) -> float:
    """Compute the pace of a mean order's courier from those of all, int64 (n_couriers,), one at least."""
    # The harmonic mean: who is twice as fast rides twice as often.
    return float(len(paces) / (1 / paces).sum())


def compute_load(
    population: Population,
    capacity: Capacity,
    out_us: NDArray[np.float64],
    back_us: NDArray[np.float64],
) -> SiteLoad:
    """Compute the load of a site.

    Parameters
    ----------
    population
        Who orders, and what.
    capacity
        What the site has.
    out_us, back_us
        float64 (n,), rides from the kitchen to each of some equally likely customers and back, microseconds,
        at the mean pace of the couriers.
    """
    orders_per_h, peak_minute = _count_orders(population)
    n_kitchens, n_types = capacity.stations.shape
    work = measure_work(population.recipes, population.items, n_types)
    # Lines are dealt evenly over the kitchens.
    lines_per_min = orders_per_h * (1 + population.lines_max) / 2 / n_kitchens / MIN_PER_H
    loads, waits = np.zeros((2, n_kitchens, n_types)), np.zeros((2, n_kitchens, n_types))
    for hour, kitchen, kind in np.ndindex(loads.shape):
        loads[hour, kitchen, kind], waits[hour, kitchen, kind] = queue_load(
            int(capacity.stations[kitchen, kind]),
            lines_per_min[hour] * work.work_min[kind],
            lines_per_min[hour] * work.square_min2[kind],
        )
    # In minutes; a courier is busy until back at the kitchen.
    trips = (out_us + back_us) / US_PER_MIN
    couriers = np.array(
        [
            queue_load(len(capacity.paces), rate * trips.mean(), rate * (trips**2).mean())
            for rate in orders_per_h / MIN_PER_H
        ]
    )
    # A type that no line needs has no waits; 0 steps times an infinite wait would be NaN.
    needed = work.steps > 0
    line_waits = (waits.mean(axis=1)[:, needed] * work.steps[needed]).sum(axis=1)
    ready = line_waits + _longest_line_min(population) + population.packing_us / US_PER_MIN
    late = np.maximum(couriers[:, 1] - (capacity.lead_us + population.packing_us) / US_PER_MIN, 0)
    return SiteLoad(
        orders_per_h=orders_per_h,
        peak_minute=peak_minute,
        stations=loads,
        station_wait_min=waits,
        couriers=couriers[:, 0],
        courier_wait_min=couriers[:, 1],
        ready_min=ready,
        delivered_min=ready + late + out_us.mean() / US_PER_MIN,
    )


def _count_orders(population: Population) -> tuple[NDArray[np.float64], int]:
    """Count the orders of a mean hour and of the busiest one, and find the minute in which that begins."""
    orders = population.n_customers * population.orders_per_day * population.minute_weight
    busiest, minute = find_busiest_hour(orders)
    return np.array([orders.sum() / 24, busiest]), minute


def find_busiest_hour(orders: NDArray[np.float64]) -> tuple[float, int]:
    """Find the hour of a day with the most orders.

    Parameters
    ----------
    orders
        float64 (1440,), orders, or their weights, in each minute.

    Returns
    -------
    tuple of (float, int)
        Sum over the hour, and its first minute.
    """
    # Days follow each other, so an hour may begin before midnight.
    sums = np.concatenate(([0.0], np.cumsum(np.concatenate((orders, orders[:MIN_PER_H])))))
    hours = sums[MIN_PER_H : MIN_PER_H + MIN_PER_DAY] - sums[:MIN_PER_DAY]
    minute = int(np.argmax(hours))
    return float(hours[minute]), minute


def measure_work(recipes: Recipes, items: NDArray[np.int32], n_types: int) -> Work:
    """Measure what a line asks of each type of station, for equally likely items.

    Parameters
    ----------
    recipes
        How items are made.
    items
        int32 (n,), rows of the items.
    n_types
        Number of types of stations.
    """
    steps = np.concatenate([np.arange(*recipes.step_start[[i, i + 1]]) for i in items])
    kind, minutes = recipes.step_type[steps], recipes.expected_us[steps] / US_PER_MIN
    sums = [np.bincount(kind, weights, n_types) for weights in (None, minutes, minutes**2 * SQUARE_FACTOR)]
    return Work(*(one / len(items) for one in sums))


def queue_load(servers: int, work: float, square: float) -> tuple[float, float]:
    """Compute the load of a queue, and the mean wait in it.

    Parameters
    ----------
    servers
        Number of stations or couriers.
    work, square
        Minutes, and squared minutes, of service that arrive in a minute.

    Returns
    -------
    tuple of (float, float)
        Load, and wait in minutes. The wait is infinite where the load is 1 or more.
    """
    if work == 0:
        return 0.0, 0.0
    if work >= servers:
        return work / servers if servers else math.inf, math.inf
    wait_if_all_busy = square / (2 * work * (servers - work))
    return work / servers, erlang_c(servers, work) * wait_if_all_busy


def erlang_c(servers: int, offered: float) -> float:
    """Compute the probability that an arrival finds all servers of M/M/c busy, for offered < servers."""
    # By the recursion of Erlang's formula B, which no power or factorial overflows.
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = offered * blocked / (n + offered * blocked)
    return blocked / (1 - offered / servers * (1 - blocked))


def _longest_line_min(population: Population) -> float:
    """Compute the expected minutes of the line of an order that takes longest, if none has to wait."""
    recipes = population.recipes
    of_item = np.add.reduceat(recipes.expected_us, recipes.step_start[:-1])[population.items] / US_PER_MIN
    # The largest of n is at most the i-th smallest value with probability (i / number)**n.
    below = np.arange(len(of_item) + 1) / len(of_item)
    largest = [np.diff(below**n) @ np.sort(of_item) for n in range(1, population.lines_max + 1)]
    return float(np.mean(largest))
