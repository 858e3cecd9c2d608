"""Service times make the timeline of every order; each is a normal draw, cut off (docs/model.md, 4.5)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from fastgen.orders.kernels.kitchen import draw_service_times
from fastgen.rng import Purpose, stream
from tests.kernels import plain
from tests.kernels.arrays import LOCATION, SEED, empty_orders
from tests.kernels.sizes import sample_size
from tests.significance import check_distribution, check_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS = np.array([[2.0, 1.0], [10.0, 3.0], [2.0, 1.0], [6.0, 2.0]])
MINIMUM = 0.1
KITCHEN = stream(SEED, LOCATION, Purpose.KITCHEN)
MINUTE_US = 60_000_000
PINNED = [[143991192, 252419798, 6000000, 554322299], [106652364, 434847155, 44743975, 460677081]]


def draw_minutes(
    n: int, mean_sd_min: NDArray[np.float64] = STEPS, minimum_min: float = MINIMUM
) -> NDArray[np.int64]:
    """Microseconds of the four steps, (n, 4)."""
    orders = empty_orders(n)
    orders.times_us[:, 0] = np.arange(n) * MINUTE_US
    draw_service_times(KITCHEN, 5, orders.draw, mean_sd_min, minimum_min, orders.times_us)
    chain: NDArray[np.int64] = orders.times_us[:, [0, 1, 2, 3, 5]]
    return np.diff(chain)


def test_steps_are_normal_above_the_cut() -> None:
    steps = draw_minutes(sample_size(200_000, 3000)) / MINUTE_US
    for step, (mean, sd) in enumerate(STEPS):
        share = stats.norm.cdf(MINIMUM, mean, sd)
        at_cut = steps[:, step] <= MINIMUM
        check_share(int(at_cut.sum()), len(steps), share)
        quantile = (stats.norm.cdf(steps[~at_cut, step], mean, sd) - share) / (1 - share)
        check_distribution(quantile, "uniform")


def test_steps_do_not_correlate() -> None:
    steps = draw_minutes(sample_size(200_000, 3000))
    for a in range(4):
        assert abs(stats.spearmanr(steps[:-1, a], steps[1:, a]).statistic) < 4.5 / math.sqrt(len(steps))
        for b in range(a):
            assert abs(stats.spearmanr(steps[:, a], steps[:, b]).statistic) < 4.5 / math.sqrt(len(steps))


def test_each_step_is_a_word_of_its_own() -> None:
    """The plain generator's word, by scipy's quantile, to the microsecond's rounding."""
    steps = draw_minutes(50)
    for i in range(50):
        words = np.array(plain.words(KITCHEN, 5, i, 0))
        minutes = STEPS[:, 0] + STEPS[:, 1] * stats.norm.ppf((words + 0.5) / 2**32)
        np.testing.assert_allclose(steps[i], np.maximum(minutes, MINIMUM) * MINUTE_US, atol=0.5001)


def test_no_spread_no_chance() -> None:
    steps = draw_minutes(5, np.array([[2.0, 0.0], [0.0, 0.0], [1 / 3, 0.0], [1440.0, 0.0]]))
    assert steps.tolist() == [[120_000_000, 6_000_000, 20_000_000, 1440 * MINUTE_US]] * 5


def test_driver_column_is_left_alone() -> None:
    orders = empty_orders(3)
    orders.times_us[:, 4] = -7
    draw_service_times(KITCHEN, 0, orders.draw, STEPS, MINIMUM, orders.times_us)
    assert orders.times_us[:, 4].tolist() == [-7] * 3


def test_an_order_alone_is_the_same() -> None:
    together, alone = empty_orders(1000), empty_orders(1)
    draw_service_times(KITCHEN, 9, together.draw, STEPS, MINIMUM, together.times_us)
    for i in (0, 255, 256, 999):
        alone.draw[0] = i
        draw_service_times(KITCHEN, 9, alone.draw, STEPS, MINIMUM, alone.times_us)
        assert alone.times_us[0].tolist() == together.times_us[i].tolist()


def test_values_are_pinned() -> None:
    assert draw_minutes(2).tolist() == PINNED
