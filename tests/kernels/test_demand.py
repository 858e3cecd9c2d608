"""How many orders come, and when: the counts and times that every later figure hangs on."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from fastgen.orders.kernels.demand import DemandArrays, count_orders, draw_minute_counts
from fastgen.units import MIN_PER_DAY, US_PER_S
from tests.kernels import plain
from tests.kernels.arrays import CREATION, create_orders, make_demand
from tests.kernels.sizes import COMPILED, sample_size
from tests.significance import check_counts, check_distribution

if TYPE_CHECKING:
    from numpy.typing import NDArray

PEAK = np.eye(1, MIN_PER_DAY)[0]  # all demand in minute 0
PINNED_COUNTS = [36, 277, 29516]
PINNED_DRAWS = [1021, 1000, 1001, 1004, 1012]
PINNED_SECONDS = [175627, 175629, 175633, 175634, 175634]


def count(demand: DemandArrays) -> NDArray[np.int64]:
    counts = np.full(len(demand.expected), -1, np.int64)
    count_orders(demand, counts)
    return counts


def create(
    demand: DemandArrays, day: int, first_rank: int, n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    draw, times = np.full(n, -1, np.int64), np.full((n, 6), -1, np.int64)
    counts = np.zeros(MIN_PER_DAY, np.int64)
    draw_minute_counts(demand, day, counts)
    places = np.empty((2, n), np.int32)
    create_orders(day, counts, first_rank, n, (9, 9), draw, times, *places)
    return draw, times[:, 0]


def create_day(demand: DemandArrays, day: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return create(demand, day, 0, int(count(demand)[day]))


def check_poisson(counts: NDArray[np.int64], mean: float) -> None:
    low, high = stats.poisson.ppf([1e-4, 1 - 1e-4], mean).astype(int)
    values = np.arange(low, high + 1)
    expected = stats.poisson.pmf(values, mean)
    expected[0], expected[-1] = stats.poisson.cdf(low, mean), stats.poisson.sf(high - 1, mean)
    seen = np.bincount(np.clip(counts, low, high) - low, minlength=len(values))
    check_counts(seen, expected)


@pytest.mark.parametrize("mean", [0.05, 0.5, 1.0, 3.7, 9.99, 10.0, 10.01, 14.0, 33.3, 200.0, 5000.0])
def test_counts_are_poisson(mean: float) -> None:
    """Below 10 they are drawn by inversion, from there on by rejection."""
    days = sample_size(40_000, 300)
    counts = count(make_demand([1.0] * days, weight=PEAK * mean))
    if mean >= 1 or COMPILED:
        check_poisson(counts, mean)


def test_large_counts_are_poisson() -> None:
    """Too many values for cells: their quantiles are uniform, blurred by a uniform draw within each step."""
    mean = 3e6
    counts = count(make_demand([1.0] * sample_size(5000, 200), weight=PEAK * mean))
    blur = np.random.default_rng(2).uniform(size=len(counts))
    check_distribution(
        stats.poisson.cdf(counts - 1, mean) + blur * stats.poisson.pmf(counts, mean), "uniform"
    )


def test_counts_of_several_minutes_do_not_correlate() -> None:
    weight = np.zeros(MIN_PER_DAY)
    weight[[3, 4, 700]] = 8.0
    demand = make_demand([1.0] * sample_size(3000, 60), weight=weight)
    totals = count(demand).tolist()
    created = [create(demand, day, 0, n)[1] for day, n in enumerate(totals)]
    minutes = [times // (60 * US_PER_S) % MIN_PER_DAY for times in created]
    counts = np.array([[(m == wanted).sum() for wanted in (3, 4, 700)] for m in minutes])
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert stats.pearsonr(counts[:, a], counts[:, b]).pvalue > 1e-4
    check_poisson(counts.sum(axis=1), 24.0)


def test_minutes_add_up_to_the_day() -> None:
    demand = make_demand([0.0, 300.0, 0.0, 7.0], weight=np.linspace(0, 2, MIN_PER_DAY) / MIN_PER_DAY)
    counts = np.full(MIN_PER_DAY, 9, np.int64)
    for day, total in enumerate(count(demand).tolist()):
        assert draw_minute_counts(demand, day, counts) == counts.sum() == total
        assert counts[0] == 0
        _, times = create(demand, day, 0, total)
        assert (
            np.bincount(times // (60 * US_PER_S) - 1440 * day, minlength=MIN_PER_DAY).tolist()
            == counts.tolist()
        )


def test_no_demand_no_orders() -> None:
    assert count(make_demand([0.0, 0.5, 0.999, 5.0], weight=PEAK)).tolist()[:3] == [0, 0, 0]


def test_target_is_cut_to_a_whole_number() -> None:
    """A day of 1.9 orders aims at 1: the counts are those of a day of 1.0."""
    days = sample_size(200, 12)
    one, nearly_two = (count(make_demand([e] * days)) for e in (1.0, 1.9999))
    assert one.tolist() == nearly_two.tolist()
    assert one.tolist() != count(make_demand([2.0] * days)).tolist()


def test_noise_is_the_plain_generators() -> None:
    """One draw a day, of 53 bits: (high 27 bits of word 0, high 26 of word 1)."""
    demand = make_demand([1e8] * 20, noise_low=0.5, noise_high=1.5, weight=PEAK * 1e-3)
    for day, seen in enumerate(count(demand).tolist()):
        a, b, *_ = plain.words(demand.noise, day, 0, 0)
        noise = 0.5 + ((a >> 5) * 2**26 + (b >> 6)) / 2**53
        mean = math.floor(1e8 * noise) * 1e-3
        assert abs(seen - mean) < 6 * math.sqrt(mean)


def test_noise_is_uniform() -> None:
    """The noise is read off the counts, whose own spread is a thousandth of its range."""
    demand = make_demand([1e9] * sample_size(5000, 200), noise_low=0.9, noise_high=1.1, weight=PEAK)
    check_distribution((count(demand) / 1e9 - 0.9) / 0.2, "uniform")


def test_events_multiply_the_demand_of_their_minutes() -> None:
    days, spans = np.array([[2, 4, 0, 720], [4, 9, 600, 1440]], np.int64), np.array([3.0, 0.0])
    orders = sample_size(1_000_000, 2_000)
    demand = make_demand([float(orders)] * 11, event_days=days, event_factor=spans)
    totals = count(demand)
    wanted = {0: (1, 1, 1), 1: (1, 1, 1), 2: (3, 3, 1), 4: (3, 0, 0), 9: (1, 0, 0), 10: (1, 1, 1)}
    for day, factors in wanted.items():
        _, times = create(demand, day, 0, int(totals[day]))
        minute = times // (60 * US_PER_S) % MIN_PER_DAY
        counts, _ = np.histogram(minute, [0, 600, 720, 1440])
        expected = orders * np.array([600, 120, 720]) * factors / 1440
        np.testing.assert_allclose(counts, expected, atol=5 * math.sqrt(expected.max()))
        assert (counts[expected == 0] == 0).all()


DAY_DEMAND = make_demand([300.0, 2000.0, 0.0], weight=np.linspace(0, 2, MIN_PER_DAY) / MIN_PER_DAY)


def test_orders_come_in_order_of_time_then_draw() -> None:
    for day in (0, 1):
        draw, times = create_day(DAY_DEMAND, day)
        assert sorted(draw.tolist()) == list(range(len(draw)))
        pairs = list(zip(times.tolist(), draw.tolist(), strict=True))
        assert pairs == sorted(pairs)
        assert (times % US_PER_S == 0).all()
        assert (times // US_PER_S // 86_400 == day).all()


def test_draw_numbers_count_through_the_minutes() -> None:
    draw, times = create_day(DAY_DEMAND, 1)
    by_draw = np.argsort(draw)
    assert (np.diff(times[by_draw] // (60 * US_PER_S)) >= 0).all()


def test_second_of_the_minute_is_the_first_word() -> None:
    draw, times = create_day(DAY_DEMAND, 0)
    for number, time_us in zip(draw.tolist(), times.tolist(), strict=True):
        word = plain.words(CREATION, 0, number, 0)[0]
        assert time_us // US_PER_S % 60 == word * 60 >> 32


@pytest.mark.parametrize("n_pieces", [1, 2, 7, 100])
def test_any_stretch_of_ranks_is_that_part_of_the_whole(n_pieces: int) -> None:
    draw, times = create_day(DAY_DEMAND, 1)
    cuts = np.linspace(0, len(draw), n_pieces + 1).astype(int)
    pieces = [create(DAY_DEMAND, 1, int(a), int(b - a)) for a, b in itertools.pairwise(cuts)]
    assert np.concatenate([p[0] for p in pieces]).tolist() == draw.tolist()
    assert np.concatenate([p[1] for p in pieces]).tolist() == times.tolist()


def test_single_ranks_are_that_part_of_the_whole() -> None:
    draw, times = create_day(DAY_DEMAND, 0)
    for rank in range(0, len(draw), 1 + len(draw) // 40):
        one, at = create(DAY_DEMAND, 0, rank, 1)
        assert (one[0], at[0]) == (draw[rank], times[rank])


def test_seconds_are_uniform() -> None:
    demand = make_demand([float(sample_size(400_000, 5000))])
    _, times = create_day(demand, 0)
    check_counts(np.bincount(times // US_PER_S % 60, minlength=60), np.ones(60))


def test_minutes_follow_the_weights() -> None:
    weight = 1 + np.sin(np.linspace(0, math.pi, MIN_PER_DAY)) ** 2
    demand = make_demand([float(sample_size(400_000, 20_000))], weight=weight / weight.sum())
    _, times = create_day(demand, 0)
    check_counts(np.bincount(times // (60 * US_PER_S), minlength=MIN_PER_DAY), weight)


def test_day_of_more_orders_than_a_count_of_32_bits() -> None:
    n = count(make_demand([2.1e9]))
    assert abs(n[0] - 2.1e9) < 6 * math.sqrt(2.1e9)


def test_stretch_of_a_huge_day_needs_no_whole_day() -> None:
    """Twenty orders from the middle of a day of two hundred million."""
    total = sample_size(200_000_000, 2_000_000)
    _, times = create(make_demand([float(total)]), 0, total // 2, 20)
    assert abs(times[0] / US_PER_S - 43_200) < 60


def test_values_are_pinned() -> None:
    demand = make_demand([30.0, 300.0, 30_000.0], noise_low=0.9, noise_high=1.1)
    assert count(demand).tolist() == PINNED_COUNTS
    draw, times = create(demand, 2, 1000, 5)
    assert draw.tolist() == PINNED_DRAWS
    assert (times // US_PER_S).tolist() == PINNED_SECONDS
