"""Compute what orders are expected to be made of: brands by popularity, and numbers of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.model.dimensions import end_days

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.dimensions import Dimensions
    from fastgen.model.order_rules import Baskets

# Nodes of the quadrature in `in_first`: 1e-10 where no brand has more than nine tenths of the popularity.
_NODES = 48


class Menu(NamedTuple):
    """The brands of a location.

    Attributes
    ----------
    popularity
        float64 (D, B), 0 where a brand is closed.
    menu_size
        int64 (B,), items of each brand.
    """

    popularity: NDArray[np.float64]
    menu_size: NDArray[np.int64]


def make_menu(dims: Dimensions, rules: Baskets, location_id: int, n_days: int) -> Menu:
    """Compute the popularity of the brands of a location on each day (docs/model.md, 4.4)."""
    placed, ids = dims.brand_locations, dims.brands.brand_id
    rank = np.argsort(ids, kind="stable")
    here = np.flatnonzero(placed.location_id == location_id)
    row = rank[np.searchsorted(ids[rank], placed.brand_id[here])]
    day, start, end = np.arange(n_days)[:, None], placed.start_day[here], end_days(placed.end_day[here])
    with np.errstate(over="ignore"):  # on days when a brand isn't open
        grown = (1.0 + placed.growth_rate_monthly[here]) ** ((day - start) / rules.popularity_period_days)
    is_open = (day >= start) & (day < end)
    popularity = np.zeros((n_days, len(ids)))
    # A brand may have several placements, which don't overlap.
    np.add.at(popularity.T, row, np.where(is_open, np.maximum(grown, rules.popularity_floor), 0.0).T)
    item_row = rank[np.searchsorted(ids[rank], dims.items.brand_id)]
    return Menu(popularity, np.bincount(item_row, minlength=len(ids)).astype(np.int64))


def brand_numbers(rules: Baskets, n_open: int) -> NDArray[np.float64]:
    """Compute the probabilities of 0, 1, 2, ... brands in an order where `n_open` brands are open."""
    chances = np.zeros(max(1, min(rules.brands_max, n_open)) + 1)
    chances[min(1, n_open)] += rules.single_brand_probability
    several = np.minimum(np.arange(rules.brands_min, rules.brands_max + 1), n_open)
    np.add.at(chances, several, (1.0 - rules.single_brand_probability) / len(several))
    return chances


def line_numbers(rules: Baskets, menu_size: int) -> NDArray[np.float64]:
    """Compute the probabilities of 0, 1, 2, ... lines of a brand that an order has."""
    chances = np.zeros(rules.items_max + 1)
    several = np.minimum(np.arange(rules.items_min, rules.items_max + 1), menu_size)
    np.add.at(chances, several, 1.0 / len(several))
    return chances


def in_first(share: NDArray[np.float64], n_drawn: int) -> NDArray[np.float64]:
    """Compute the probability that a brand is among the first 1, 2, ... of those drawn.

    Drawing one after another, without putting back, gives the order in which clocks ring that ring at
    exponential times with the shares as rates. So a brand is among the first k if fewer than k others ring
    before it; the integral over the time of its ring is Gauss and Laguerre's.

    Parameters
    ----------
    share
        float64 (n, B), shares of the popularity; each row sums to 1.
    n_drawn
        Number of brands drawn, K.

    Returns
    -------
    float64 (K, n, B)
    """
    time, weight = np.polynomial.laguerre.laggauss(_NODES)
    rung = -np.expm1(-share[:, :, None] * time)  # (n, B, nodes)
    n, n_brands = share.shape
    # others[k, i, b]: the probability that exactly k brands other than b have rung.
    others = np.zeros((n_drawn, n, n_brands, len(time)))
    others[0] = 1.0
    for other in range(n_brands):
        chance = np.repeat(rung[:, None, other, :], n_brands, axis=1)
        chance[:, other] = 0.0
        others[1:] = others[1:] * (1.0 - chance) + others[:-1] * chance
        others[0] *= 1.0 - chance
    # The weights have e^-t of all rates together, and the density only that of the brand's own.
    density = share[:, :, None] * np.exp((1.0 - share[:, :, None]) * time) * weight
    found: NDArray[np.float64] = (np.cumsum(others, axis=0) * density).sum(axis=-1)
    return found
