"""Live kitchens sell the brands and baskets that docs/live.md says, by the momentum of their config.

Each comparison fails at p < 1e-4 (see `tests.significance`), with fixed seeds.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from scipy import stats

from fastgen.inputs.location_tables import make_dimensions
from fastgen.inputs.menus import load_built_in_menus
from fastgen.live_kitchens.places import find_place
from fastgen.live_kitchens.scenario import as_scenario
from tests.live_kitchens.runs import NOON, config_of
from tests.significance import ALPHA, check_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.live_kitchens.config import LiveConfig
    from tests.live_kitchens.streams import Stream

N_BRANDS = 24
N_ITEMS = np.array((15, 13, 12, 12, 10, 9, 9, 9, 7, 10, 8, 8, 9, 7, 6, 5, 5, 5, 4, 4, 4, 3, 3, 4))
DAYS = 90


def dealt_rates(config: LiveConfig) -> NDArray[np.float64]:
    """Read from the dimension tables by how much each brand grows in 30 days, from brand 1 on."""
    scenario = as_scenario(config, find_place(config), NOON.date())
    placed = make_dimensions(scenario, load_built_in_menus()).brand_locations
    assert np.sort(placed.brand_id).tolist() == list(range(1, N_BRANDS + 1))
    return placed.growth_rate_monthly[np.argsort(placed.brand_id)].astype(float)


@pytest.mark.parametrize(
    ("shares", "sizes"),
    [
        ((0.1, 0.2, 0.7), (2, 5, 17)),
        ((0.25, 0.35, 0.4), (6, 8, 10)),
        ((0, 0.5, 0.5), (0, 12, 12)),
    ],
)
def test_brands_are_dealt_by_the_shares(shares: tuple[float, ...], sizes: tuple[int, ...]) -> None:
    """The groups' sizes are exact, and over 80 seeds each brand is as often in a group as any other."""
    names = ("improving", "flat", "declining")
    momentum = dict(zip(names, shares, strict=True))
    dealt = np.array(
        [dealt_rates(config_of(brand_momentum=momentum, random_seed=seed)) for seed in range(80)]
    )
    groups = [(dealt == rate) for rate in (0.8, 0.0, -0.2)]
    for group, size in zip(groups, sizes, strict=True):
        assert (group.sum(axis=1) == size).all()
        if 0 < size < N_BRANDS:
            # Brands of one deal exclude each other, so counts scatter less than those of a chi-square.
            expected = 80 * size / N_BRANDS
            chi2 = float(((group.sum(axis=0) - expected) ** 2 / expected).sum())
            chi2 /= (1 - size / N_BRANDS) * N_BRANDS / (N_BRANDS - 1)
            assert ALPHA < stats.chi2.sf(chi2, N_BRANDS - 1) < 1 - ALPHA


def first_brands(stream: Stream) -> pl.DataFrame:
    """Find the brand of each order's first line, which is drawn by the weights alone."""
    return stream.lines.group_by("order_id", maintain_order=True).agg(pl.first("day"), pl.first("brand_id"))


def test_brands_gain_and_lose_by_the_rates(stream: Stream, figures: LiveConfig) -> None:
    """Each brand in six spans of days, and, sharper, score tests of the two rates."""
    rates = dealt_rates(figures)
    growth, decline = figures.momentum_rates.growth, figures.momentum_rates.decline
    assert set(rates) == {growth, 0.0, -decline}
    weights = (1 + rates) ** (np.arange(DAYS)[:, None] / 30)
    shares = weights / weights.sum(axis=1, keepdims=True)
    first = first_brands(stream)
    day, brand = first["day"].to_numpy(), first["brand_id"].to_numpy() - 1
    counts = np.zeros((DAYS, N_BRANDS))
    np.add.at(counts, (day, brand), 1)
    expected = shares * counts.sum(axis=1, keepdims=True)
    for begin in range(0, DAYS, 15):
        check_counts(counts[begin : begin + 15].sum(axis=0), expected[begin : begin + 15].sum(axis=0))
    for rate in (growth, -decline):
        t, group = np.arange(DAYS) / 30, rates == rate
        seen, p = counts[:, group].sum(axis=1), shares[:, group].sum(axis=1)
        n = counts.sum(axis=1)
        z = (t * (seen - n * p)).sum() / math.sqrt((t**2 * n * p * (1 - p)).sum())
        assert 2 * stats.norm.sf(abs(z)) > ALPHA, f"rate {rate}: z = {z:.1f}"


def test_baskets_have_their_sizes(stream: Stream) -> None:
    """One brand with probability 0.7, else 2 to 4; 1 to 4 items of each, as many as it has; 1 to 3 pieces."""
    baskets = stream.lines.group_by("order_id", "brand_id").len()
    n_brands = baskets.group_by("order_id").len()["len"]
    check_counts(np.bincount(n_brands, minlength=5), [0, 0.7, 0.1, 0.1, 0.1])
    check_counts(np.bincount(stream.lines["qty"], minlength=4), [0, 1, 1, 1])
    for n_items in np.unique(N_ITEMS[N_ITEMS <= 4]).tolist():  # all brands of longer menus together
        self_limited = [b + 1 for b in np.flatnonzero(np.minimum(N_ITEMS, 4) == n_items)]
        sizes = baskets.filter(pl.col("brand_id").is_in(self_limited))["len"]
        expected = [0, 1, 1, 1, 1] if n_items == 4 else [0, 1, 1, 2]
        check_counts(np.bincount(sizes, minlength=len(expected)), expected)


def test_items_are_different_and_uniform(stream: Stream) -> None:
    lines = stream.lines
    assert lines.select("order_id", "id").is_unique().all()
    # Different items of one order lean against each other, so take the first of each brand alone.
    first = lines.group_by("order_id", "brand_id", maintain_order=True).agg(pl.first("id"))
    for (brand,), ids in first.group_by("brand_id"):
        counts = ids["id"].value_counts()["count"]
        n_items = N_ITEMS[int(str(brand)) - 1]
        assert len(counts) == n_items
        check_counts(counts, np.ones(n_items))
