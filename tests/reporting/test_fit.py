"""Chi-squares have the level that they state, also of sums of unlike samples, and say what can't be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fastgen.reporting.customers import Customers, Routes, make_keys
from fastgen.reporting.expected import Reachable
from fastgen.reporting.fit import (
    MIN_EXPECTED,
    Fit,
    add_fits,
    compare_counts,
    compare_kinds,
    compare_worst_cell,
    control_false_discoveries,
    find_worst,
    group_evenly,
    group_small,
)
from fastgen.reporting.tests_of_customers import fit_areas, fit_lengths, fit_returns

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

N_SAMPLES = 400
MEANS = np.array([[40.0, 30.0, 20.0, 10.0, 5.0, 3.0, 1.0, 0.5], [1.0, 2.0, 3.0, 4.0, 10.0, 40.0, 80.0, 60.0]])


def is_uniform(p: list[float]) -> bool:
    return bool(stats.kstest(p, "uniform").pvalue > 1e-4)


def draw(rng: np.random.Generator, means: NDArray[np.float64]) -> NDArray[np.int64]:
    """Draw a sample of each row of means."""
    return np.stack([rng.multinomial(round(row.sum()), row / row.sum()) for row in means])


@given(st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.01, 0.5, 1.0]), max_size=60))
def test_q_is_that_of_scipy(p: list[float]) -> None:
    """With ties, certainties and no test at all too."""
    expected = stats.false_discovery_control(p).tolist() if p else []
    assert control_false_discoveries(p) == pytest.approx(expected, rel=1e-12)


@given(st.lists(st.floats(0, 30), min_size=1, max_size=60), st.integers(1, 20))
def test_groups_are_neighbours_and_expect_enough(expected: list[float], n_groups: int) -> None:
    wanted = np.array(expected)
    groups = [group_small(wanted)]
    if wanted.sum() > 1e-6:
        groups.append(group_evenly(wanted, n_groups))
        assert groups[1][-1] < n_groups
    for group in groups:
        assert set(np.diff(group, prepend=0)) <= {0, 1}
        sums = np.bincount(group, wanted)
        assert len(sums) == 1 or sums.min() >= MIN_EXPECTED


@pytest.mark.parametrize(
    "compare", [compare_counts, compare_kinds, lambda *x: compare_counts(*x, n_groups=3)]
)
def test_p_of_right_samples_is_uniform(compare: Callable[..., Fit]) -> None:
    rng, means = np.random.default_rng(1), 3.0 * MEANS[:1]
    assert is_uniform([compare(draw(rng, means), means).p_above for _ in range(N_SAMPLES)])


@pytest.mark.parametrize("compare", [compare_counts, compare_kinds])
def test_sums_of_unlike_rows_are_on_the_safe_side(compare: Callable[..., Fit]) -> None:
    rng = np.random.default_rng(1)
    fits = [compare(draw(rng, MEANS), MEANS) for _ in range(N_SAMPLES)]
    assert np.mean([fit.p_above < 0.05 for fit in fits]) <= 0.08
    means = np.array([fit.statistic for fit in fits])
    assert abs(means.mean() - fits[0].freedom) < 4 * means.std() / N_SAMPLES**0.5


def test_a_sum_of_rows_without_chance_is_no_close_fit() -> None:
    """Of each row one value alone is possible: their sum fits exactly, which is nothing to wonder at."""
    means = 50.0 * np.eye(12)
    fit = compare_counts(means, means)
    assert fit.statistic == 0
    assert not fit.is_decided
    assert fit.p == 1.0


def test_one_row_is_the_usual_chi_square() -> None:
    seen, wanted = np.array([12, 30, 18]), np.array([20.0, 20.0, 20.0])
    usual = stats.chisquare(seen, wanted)
    fit = compare_counts(seen, wanted)
    assert fit.n == 60
    assert fit.statistic == pytest.approx(usual.statistic)
    assert fit.freedom == pytest.approx(2)
    assert fit.p == pytest.approx(usual.pvalue)
    assert fit.effect == pytest.approx(1 - 8 / 60)
    assert compare_kinds(seen, wanted).effect == pytest.approx(1 - 10 / 60)


@pytest.mark.parametrize("compare", [compare_counts, compare_kinds])
def test_the_impossible_fails_whatever_else_fits(compare: Callable[..., Fit]) -> None:
    fit = compare([50, 50, 1], [50, 50, 0])
    assert math.isinf(fit.statistic)
    assert not fit.is_possible
    assert fit.p == 0.0


def test_too_good_a_fit_is_as_far_out_as_too_bad_a_one() -> None:
    wanted = np.full(40, 25.0)
    close = compare_counts(wanted.astype(int), wanted)
    assert close.is_too_good
    assert close.p < 1e-10
    # With few cells, counts are whole numbers that may well be the expected ones.
    few = compare_counts([25, 25, 25], [25, 25, 25])
    assert few.p == 1.0


def test_the_worst_of_several_counts_as_the_worst_of_several() -> None:
    rng = np.random.default_rng(2)
    of_worst = []
    for _ in range(N_SAMPLES):
        fits = [compare_counts(draw(rng, MEANS[:1]), MEANS[:1]) for _ in range(5)]
        row, fit = find_worst(fits)
        assert fit.statistic == fits[row].statistic
        of_worst.append(fit.p)
    assert is_uniform(of_worst)


def test_the_minute_that_stands_out_is_found_and_no_other() -> None:
    rng, mean = np.random.default_rng(3), np.full(1440, 7.0)
    p = [compare_worst_cell(rng.multinomial(10_080, mean / mean.sum()), mean).p for _ in range(N_SAMPLES)]
    # Counts are whole numbers, so p is on the safe side.
    assert np.mean(np.array(p) < 0.05) <= 0.08
    seen = mean.astype(np.int64)
    seen[700] += 30
    assert compare_worst_cell(seen, mean).p < 1e-6


@pytest.mark.parametrize("compare", [compare_counts, compare_kinds])
@pytest.mark.parametrize("seen", [[], [0, 0], [3], [1, 0]], ids=str)
def test_too_few_decide_nothing(compare: Callable[..., Fit], seen: list[int]) -> None:
    if not seen:
        assert add_fits([]).p == 1.0
        return
    fit = compare(seen, [0.5] * len(seen))
    assert not fit.is_decided
    assert fit.p == 1.0


def town(rng: np.random.Generator, n: int) -> Reachable:
    """Invent n nodes, two of them at one place."""
    lat, lon = (low + rng.random(n).astype(np.float32) for low in (np.float32(37), np.float32(-122)))
    lat[1], lon[1] = lat[0], lon[0]
    return Reachable(np.sort(make_keys(lat, lon)), rng.uniform(100, 5000, n), rng.uniform(10, 500, n))


def order_from(reachable: Reachable, orders: NDArray[np.int64]) -> Customers:
    """Make the customers of orders by node."""
    key, place = np.unique(reachable.key, return_inverse=True)
    counts = np.bincount(place, orders).astype(np.int64)
    some = counts > 0
    return Customers(key[some], counts[some], Routes.none(int(some.sum())))


@pytest.mark.parametrize(("n_nodes", "n_orders"), [(50, 2000), (400, 3000), (3000, 700)])
def test_customers_who_are_all_alike_pass(n_nodes: int, n_orders: int) -> None:
    rng = np.random.default_rng(4)
    reachable = town(rng, n_nodes)
    p: dict[str, list[float]] = {"areas": [], "returns": [], "lengths": []}
    for _ in range(N_SAMPLES):
        customers = order_from(reachable, np.bincount(rng.integers(0, n_nodes, n_orders), minlength=n_nodes))
        p["areas"].append(fit_areas(customers, reachable).p)
        p["returns"].append(fit_returns(customers, reachable).p_above)
        p["lengths"].append(fit_lengths(customers, reachable).p)
    assert all(is_uniform(values) for values in p.values())


def test_customers_away_from_the_nodes_are_impossible() -> None:
    rng = np.random.default_rng(5)
    reachable = town(rng, 60)
    customers = order_from(reachable, np.full(60, 10))
    moved = customers._replace(key=customers.key + np.uint64(1))
    assert not fit_areas(moved, reachable).is_possible


@pytest.mark.parametrize(("n_nodes", "n_orders"), [(50, 2000), (3000, 700)])
def test_regular_customers_are_found(n_nodes: int, n_orders: int) -> None:
    """A quarter of the orders come from a tenth of the customers, wherever they are."""
    rng = np.random.default_rng(6)
    reachable = town(rng, n_nodes)
    regulars = rng.choice(n_nodes, n_nodes // 10, replace=False)
    orders = np.concatenate([rng.integers(0, n_nodes, n_orders), rng.choice(regulars, n_orders // 3)])
    customers = order_from(reachable, np.bincount(orders, minlength=n_nodes))
    assert fit_returns(customers, reachable).p < 1e-5
