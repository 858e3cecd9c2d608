"""Where orders go and when drivers come: uniform customers, Beta arrivals, and never after the pick-up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from fastgen.orders.kernels.delivery import draw_driver_arrivals
from fastgen.rng import Purpose, stream
from fastgen.units import MIN_PER_DAY
from tests.kernels import plain
from tests.kernels.arrays import CREATION, LOCATION, SEED, create_orders, empty_orders
from tests.kernels.sizes import sample_size
from tests.significance import check_counts, check_distribution, check_independent, check_share

if TYPE_CHECKING:
    from fastgen.model.day_orders import DayOrders

DRIVER = stream(SEED, LOCATION, Purpose.DRIVER)
READY, PICKED_UP = 10**12, 3 * 10**12  # so long that the rounding to microseconds doesn't show


def arrive(n: int, probability: float, alpha: float, beta: float, day: int = 4) -> DayOrders:
    orders = empty_orders(n)
    orders.times_us[:, 3], orders.times_us[:, 5] = READY, PICKED_UP
    draw_driver_arrivals(DRIVER, day, orders.draw, probability, alpha, beta, orders.times_us)
    return orders


def locate(n: int, n_customers: int, number_max: int) -> DayOrders:
    """Orders of a day that come in all minutes alike."""
    orders, counts = empty_orders(n), np.diff(np.arange(MIN_PER_DAY + 1) * n // MIN_PER_DAY)
    outputs = (orders.draw, orders.times_us, orders.customer, orders.house_number)
    create_orders(4, counts, 0, n, (n_customers, number_max), *outputs)
    return orders


def test_customers_and_numbers_are_uniform_and_independent() -> None:
    orders = locate(sample_size(500_000, 10_000), 500, 90)
    check_counts(np.bincount(orders.customer, minlength=500), np.ones(500))
    assert (orders.house_number.min(), orders.house_number.max()) == (1, 90)
    check_counts(np.bincount(orders.house_number, minlength=91)[1:], np.ones(90))
    table, *_ = np.histogram2d(orders.customer, orders.house_number, bins=10)
    check_independent(table)


def test_customer_and_number_are_words_of_their_own() -> None:
    """Words 1 and 2 of the block whose word 0 is the second of the minute."""
    orders = locate(300, 7919, 9999)
    for i, draw in enumerate(orders.draw.tolist()):
        _, customer, number, _ = plain.words(CREATION, 4, draw, 0)
        assert orders.customer[i] == customer * 7919 >> 32
        assert orders.house_number[i] == 1 + (number * 9999 >> 32)


def test_one_customer_and_one_number() -> None:
    orders = locate(100, 1, 1)
    assert orders.customer.tolist() == [0] * 100
    assert orders.house_number.tolist() == [1] * 100


@pytest.mark.parametrize("probability", [0.0, 0.25, 0.5, 1.0])
def test_share_of_late_drivers(probability: float) -> None:
    n = sample_size(100_000, 1000)
    late = int((arrive(n, probability, 3.0, 3.0).times_us[:, 4] >= READY).sum())
    check_share(late, n, probability)


# Drawn as order statistics of uniform numbers where whole and small, else by two gammas.
SHAPES = [(3.0, 3.0), (1.0, 1.0), (2.0, 5.0), (1.0, 15.0), (8.0, 8.0), (9.0, 8.0), (3.5, 3.0), (0.5, 0.5)]
SHAPES += [(0.3, 4.0), (1.0, 0.7), (40.0, 25.0), (100.0, 0.1), (0.1, 0.1)]


@pytest.mark.parametrize(("alpha", "beta"), SHAPES)
def test_position_is_beta(alpha: float, beta: float) -> None:
    arrival = arrive(sample_size(100_000, 1500), 0.5, alpha, beta).times_us[:, 4]
    late = arrival >= READY
    # At the very end the cut before the pick-up and the microsecond show.
    for share in (arrival[~late] / READY, (arrival[late] - READY) / (PICKED_UP - READY)):
        if beta >= 0.5 and alpha >= 0.5:
            check_distribution(share, "beta", alpha, beta)
        else:
            inner = share[(share > 1e-9) & (share < 1 - 1e-9)]
            cut = stats.beta.cdf([1e-9, 1 - 1e-9], alpha, beta)
            check_share(len(inner), len(share), cut[1] - cut[0])
            check_distribution((stats.beta.cdf(inner, alpha, beta) - cut[0]) / (cut[1] - cut[0]), "uniform")


def test_position_and_side_are_independent() -> None:
    arrival = arrive(sample_size(100_000, 2000), 0.5, 3.0, 3.0).times_us[:, 4]
    late = arrival >= READY
    share = np.where(late, (arrival - READY) / (PICKED_UP - READY), arrival / READY)
    check_independent(
        [
            np.histogram(share[late], np.linspace(0, 1, 11))[0],
            np.histogram(share[~late], np.linspace(0, 1, 11))[0],
        ]
    )
    assert abs(stats.spearmanr(share[:-1], share[1:]).statistic) < 4.5 / math.sqrt(len(share))


def test_arrival_is_strictly_before_the_pick_up() -> None:
    """Even where pick-up follows a microsecond after ready, and all weight is at the interval's end."""
    n = 500
    orders = empty_orders(n)
    orders.times_us[:, 3], orders.times_us[:, 5] = 1000, 1001
    draw_driver_arrivals(DRIVER, 0, orders.draw, 1.0, 100.0, 0.1, orders.times_us)
    assert orders.times_us[:, 4].tolist() == [1000] * n


def test_an_order_alone_is_the_same() -> None:
    together = arrive(1000, 0.5, 3.0, 3.0)
    for i in (0, 255, 256, 999):
        alone = empty_orders(1)
        alone.draw[0] = i
        alone.times_us[:, 3], alone.times_us[:, 5] = READY, PICKED_UP
        draw_driver_arrivals(DRIVER, 4, alone.draw, 0.5, 3.0, 3.0, alone.times_us)
        assert alone.times_us[0].tolist() == together.times_us[i].tolist()


PINNED = {
    "A": [1868656007805, 517080666148, 2389464741805, 385250569903],
    "B": [1450427069902, 170149922124, 1000353435144, 265441950842],
}


@pytest.mark.parametrize(("alpha", "beta", "pinned"), [(3.0, 3.0, "A"), (0.4, 0.9, "B")])
def test_values_are_pinned(alpha: float, beta: float, pinned: str) -> None:
    assert arrive(4, 0.5, alpha, beta).times_us[:, 4].tolist() == PINNED[pinned]
