"""Brands and their items follow docs/model.md, 4 in distribution: the canonical scenario, ten times.

Each comparison fails at p < 1e-4 (see `tests.significance`), with the canonical seed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.canonical_sample import CODES, DAYS, Sample, draw_samples
from tests.significance import check_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Canonical placements: brand -> (start, end, growth a month).
PLACED: dict[str, dict[int, tuple[int, float, float]]] = {
    "sf": {
        b: (0, math.inf, g)
        for b, g in ((15, 0.20), (4, 0.18), (10, 0.15), (16, 0.22), (17, 0.17), (18, 0.25))
    },
    "sv": {
        **{
            b: (0, math.inf, g)
            for b, g in ((2, 0.30), (8, 0.35), (10, 0.28), (12, 0.05), (14, 0.20), (1, 0.02))
        },
        19: (45, math.inf, 0.50),
    },
    "bellevue": dict.fromkeys((13, 14, 1, 5, 12, 20), (0, math.inf, 0.0)),
    "chicago": {
        **{b: (0, math.inf, g) for b, g in ((21, -0.20), (22, -0.10), (23, -0.08), (24, -0.12))},
        14: (0, 60, -0.25),
    },
}
N_ITEMS = (15, 13, 12, 12, 10, 9, 9, 9, 7, 10, 8, 8, 9, 7, 6, 5, 5, 5, 4, 4, 4, 3, 3, 4)


@pytest.fixture(scope="module")
def samples() -> dict[str, Sample]:
    return draw_samples()


def popularity(code: str) -> NDArray[np.float64]:
    """Popularity by brand of `PLACED` and day, 0 where closed."""
    weights = np.zeros((len(PLACED[code]), DAYS))
    for row, (start, end, growth) in enumerate(PLACED[code].values()):
        for day in range(DAYS):
            if start <= day < end:
                weights[row, day] = max(0.1, (1 + growth) ** ((day - start) / 30))
    return weights


@pytest.mark.parametrize("code", CODES)
def test_first_brand_follows_popularity_through_time(samples: dict[str, Sample], code: str) -> None:
    sample, weights = samples[code], popularity(code)
    first = np.append(True, np.diff(sample.line_order) != 0)
    brand = sample.line_brand[first]
    assert set(brand.tolist()) == set(PLACED[code])
    shares = weights / weights.sum(axis=0)
    orders = np.bincount(sample.day, minlength=DAYS)
    for first_day in range(0, DAYS, 15):
        days = slice(first_day, first_day + 15)
        here = brand[(sample.day >= days.start) & (sample.day < days.stop)]
        check_counts([(here == b).sum() for b in PLACED[code]], (shares[:, days] * orders[days]).sum(axis=1))


@pytest.mark.parametrize(("code", "brand", "first", "last"), [("sv", 19, 45, 89), ("chicago", 14, 0, 59)])
def test_launch_and_exit_are_on_their_days(
    samples: dict[str, Sample], code: str, brand: int, first: int, last: int
) -> None:
    sample = samples[code]
    days = sample.day[sample.line_order[sample.line_brand == brand]]
    assert (days.min(), days.max()) == (first, last)


@pytest.mark.parametrize("code", CODES)
def test_number_of_brands_items_and_pieces(samples: dict[str, Sample], code: str) -> None:
    sample = samples[code]
    first = sample.first_line
    n_brands = np.bincount(sample.line_order[first])
    check_counts(np.bincount(n_brands, minlength=4), [0, 0.7, 0.15, 0.15])
    check_counts(np.bincount(sample.line_qty, minlength=3), [0, 1, 1])
    n_items = np.diff(np.append(np.flatnonzero(first), len(first)))
    for brand in PLACED[code]:
        assert N_ITEMS[brand - 1] >= 3
        check_counts(np.bincount(n_items[sample.line_brand[first] == brand], minlength=4), [0, 1, 1, 1])


@pytest.mark.parametrize("code", CODES)
def test_pairs_of_brands_follow_the_draw_without_replacement(samples: dict[str, Sample], code: str) -> None:
    """Orders of two brands: each ordered pair against w_a / W · w_b / (W - w_a), summed over the days."""
    sample, weights = samples[code], popularity(code)
    first = sample.first_line
    order, brand = sample.line_order[first], sample.line_brand[first]
    of_two = np.flatnonzero(np.bincount(order) == 2)
    start = np.searchsorted(order, of_two)
    days = np.bincount(sample.day[of_two], minlength=DAYS)
    brands, seen, wanted = list(PLACED[code]), [], []
    total = weights.sum(axis=0)
    for a, one in enumerate(brands):
        for b, other in enumerate(brands):
            if a != b:
                seen.append(int(((brand[start] == one) & (brand[start + 1] == other)).sum()))
                wanted.append(float((days * weights[a] / total * weights[b] / (total - weights[a])).sum()))
    check_counts(seen, wanted)


@pytest.mark.parametrize("code", CODES)
def test_items_of_a_brand_are_uniform_and_different(samples: dict[str, Sample], code: str) -> None:
    sample = samples[code]
    pairs = sample.line_order * 1000 + sample.line_item
    assert len(np.unique(pairs)) == len(pairs)
    for brand in PLACED[code]:
        counts = np.bincount(sample.line_item[sample.line_brand == brand])
        items = counts[counts > 0]
        assert len(items) == N_ITEMS[brand - 1]
        # Different items in one order lean against each other, so take the first of each order alone.
        first = sample.first_line & (sample.line_brand == brand)
        check_counts(np.bincount(sample.line_item[first])[counts > 0], np.ones(len(items)))
