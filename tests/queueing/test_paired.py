"""Paired differences: intervals as SciPy computes them, and as often right as they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from fastgen.queueing.paired import CONFIDENCE, Verdict, compare_pairs, student_quantile
from tests.effort import repeats
from tests.significance import check_share

NAN = float("nan")


@pytest.mark.parametrize("confidence", [0.5, CONFIDENCE, 0.999])
@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 9, 10, 99, 1000])
def test_quantiles_are_those_of_scipy(freedom: int, confidence: float) -> None:
    expected = stats.t.ppf((1 + confidence) / 2, freedom)
    assert student_quantile(freedom, confidence) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("truth", [0, 0.5, -3, 40])
@pytest.mark.parametrize("n_pairs", [2, 3, 10, 50])
def test_intervals_are_those_of_scipy(n_pairs: int, truth: float) -> None:
    draws = np.random.default_rng(n_pairs)
    a = draws.normal(20, 5, n_pairs)
    b = a + draws.normal(truth, 1, n_pairs)
    found = compare_pairs(a, b)
    expected = stats.ttest_rel(b, a).confidence_interval(CONFIDENCE)
    assert (found.low, found.high) == pytest.approx(expected)
    assert found.n_pairs == n_pairs
    assert found.difference == pytest.approx(found.mean_b - found.mean_a)


def test_numbers_by_hand() -> None:
    found = compare_pairs(np.array([10.0, 20, 30]), np.array([11.0, 22, 33]))
    assert (found.n_pairs, found.mean_a, found.mean_b, found.difference) == (3, 20, 22, 2)
    # Differences 1, 2, 3 have a standard deviation of 1, and t is 4.3027 for two degrees of freedom.
    half = 4.3027 / 3**0.5
    assert (found.low, found.high) == pytest.approx((2 - half, 2 + half), abs=1e-4)
    assert found.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        ([1, 2, 3, 4], [11, 12.1, 13, 14], Verdict.HIGHER),
        ([1, 2, 3, 4], [-11, -12.1, -13, -14], Verdict.LOWER),
        ([1, 2, 3, 4], [2, 1, 4, 3], Verdict.UNDECIDED),
        ([1, 2, 3, 4], [2, 3, 4, 5], Verdict.HIGHER),  # all differences are one number
        ([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], Verdict.EQUAL),
        ([1, NAN, 3, NAN], [5, 6, NAN, NAN], Verdict.UNKNOWN),
        ([NAN, NAN], [1, 2], Verdict.UNKNOWN),
        ([], [], Verdict.UNKNOWN),
    ],
)
def test_verdicts(a: list[float], b: list[float], verdict: Verdict) -> None:
    found = compare_pairs(np.array(a, float), np.array(b, float))
    assert found.verdict is verdict
    assert np.isfinite([found.low, found.high]).all() == (verdict is not Verdict.UNKNOWN)
    outside_zero = found.low > 0 or found.high < 0
    assert outside_zero == (verdict in {Verdict.HIGHER, Verdict.LOWER})


def test_only_pairs_count_of_which_both_have_a_value() -> None:
    a, b = np.array([1, NAN, 3, 5]), np.array([2, 90, NAN, 8])
    found = compare_pairs(a, b)
    assert found == compare_pairs(a[[0, 3]], b[[0, 3]])
    assert (found.n_pairs, found.mean_a, found.mean_b) == (2, 3, 5)


@pytest.mark.parametrize("n_pairs", [2, 5, 10])
def test_intervals_cover_the_true_difference_as_often_as_they_say(n_pairs: int) -> None:
    """Runs that share most of their chance: a spread of 20 in common, of 1 in the difference."""
    draws, trials, truth = np.random.default_rng(7), repeats(2000, 20_000), 0.25
    shared = draws.normal(100, 20, (trials, n_pairs))
    a = shared + draws.normal(0, 0.7, (trials, n_pairs))
    b = shared + truth + draws.normal(0, 0.7, (trials, n_pairs))
    found = [compare_pairs(*pair) for pair in zip(a, b, strict=True)]
    check_share(sum(one.low <= truth <= one.high for one in found), trials, CONFIDENCE)


def test_one_in_twenty_equal_systems_is_called_different_by_chance() -> None:
    draws, trials = np.random.default_rng(11), repeats(2000, 20_000)
    a, b = draws.normal(100, 20, (2, trials, 10))
    verdicts = [compare_pairs(*pair).verdict for pair in zip(a, b, strict=True)]
    # Either way as often.
    for called in (Verdict.HIGHER, Verdict.LOWER):
        check_share(verdicts.count(called), trials, (1 - CONFIDENCE) / 2)
