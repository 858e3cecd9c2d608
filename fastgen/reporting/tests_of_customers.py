"""Test where orders go against the roads: customers over nodes, orders of the same one, lengths of ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.reporting.fit import Fit, compare_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.reporting.customers import Customers
    from fastgen.reporting.expected import Reachable

# Orders that a cell of the map expects, and most cells.
_ORDERS_A_CELL = 20
_CELLS_MAX = 1024


def _count_nodes(customers: Customers, reachable: Reachable) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the orders and the nodes of every position, and the orders that go to no node: the last place."""
    key, nodes = np.unique(reachable.key, return_counts=True)
    at = np.minimum(np.searchsorted(key, customers.key), len(key) - 1)
    at = np.where(key[at] == customers.key, at, len(key))
    orders = np.bincount(at, customers.orders, minlength=len(key) + 1).astype(np.int64)
    return orders, np.append(nodes, 0)


def fit_areas(customers: Customers, reachable: Reachable) -> Fit:
    """Compare the orders of areas that have about as many nodes each; the effect is 1 - total variation."""
    orders, nodes = _count_nodes(customers, reachable)
    n = int(orders.sum())
    if orders[-1]:
        return Fit(n, np.inf, 0.0, 1.0 - float(orders[-1]) / n)
    side = int(np.sqrt(min(_CELLS_MAX, n / _ORDERS_A_CELL, len(nodes) / 2)))
    if side < 2:  # noqa: PLR2004  # there is one area then
        return Fit(n, 0.0, 0.0, 1.0)
    lat, lon = _positions(reachable)
    # Stripes of as many positions from south to north, each cut into as many from west to east.
    stripe = np.argsort(np.argsort(lat, kind="stable")) * side // len(lat)
    rank = np.lexsort((lon, stripe))
    place = np.empty(len(lat), np.int64)
    first = np.searchsorted(stripe[rank], np.arange(side + 1))
    for number in range(side):
        here = rank[first[number] : first[number + 1]]
        place[here] = number * side + np.arange(len(here)) * side // len(here)
    seen, wanted = np.bincount(place, orders[:-1]), np.bincount(place, nodes[:-1]).astype(float)
    fit = compare_counts(seen, wanted)
    apart = np.abs(seen / n - wanted / wanted.sum()).sum() / 2
    return Fit(n, fit.statistic, fit.freedom, 1.0 - float(apart))


def _positions(reachable: Reachable) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    from fastgen.reporting.customers import Customers, Routes  # noqa: PLC0415

    key = np.unique(reachable.key)
    places = Customers(key, np.zeros(len(key), np.int64), Routes.none(len(key)))
    return places.lat, places.lon


def fit_returns(customers: Customers, reachable: Reachable) -> Fit:
    """Compare how many pairs of orders go to the same position; the effect is seen / expected.

    Where most positions have no order, pairs are rare, and their number is stretched to a chi-square with the
    same mean and variance. Else the pairs decide Pearson's statistic over all positions.
    """
    orders, nodes = (counts[:-1] for counts in _count_nodes(customers, reachable))
    n, chance = int(orders.sum()), nodes / nodes.sum()
    # Two orders meet with the chance `same`, three with `all_three`.
    same, all_three = float((chance**2).sum()), float((chance**3).sum())
    pairs, mean = float((orders * (orders - 1) / 2).sum()), n * (n - 1) / 2 * same
    if mean == 0 or len(chance) == 1:
        return Fit(n, 0.0, 0.0, 1.0)
    if n >= len(chance):
        statistic = float(((orders - n * chance) ** 2 / (n * chance)).sum())
        return Fit(n, statistic, len(chance) - 1.0, pairs / mean)
    variance = n * (n - 1) / 2 * same * (1.0 - same) + n * (n - 1) * (n - 2) * (all_three - same**2)
    stretch = 2.0 * mean / variance
    return Fit(n, pairs * stretch, mean * stretch, pairs / mean)


def fit_lengths(customers: Customers, reachable: Reachable) -> Fit:
    """Compare the mean length of the ways with that to all nodes; the effect is seen / expected."""
    orders, nodes = (counts[:-1] for counts in _count_nodes(customers, reachable))
    # Of nodes at one position nobody knows which one has ordered.
    starts = np.cumsum(nodes) - nodes
    length, chance = np.add.reduceat(reachable.route_m, starts) / nodes, nodes / nodes.sum()
    n, mean = int(orders.sum()), float((chance * length).sum())
    variance = float((chance * (length - mean) ** 2).sum())
    if n == 0 or variance == 0:
        return Fit(n, 0.0, 0.0, 1.0)
    seen = float((orders * length).sum()) / n
    return Fit(n, (seen - mean) ** 2 * n / variance, 1.0, seen / mean)
