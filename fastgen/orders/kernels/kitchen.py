"""Draw how long each step in the kitchen takes (docs/model.md, 4.5)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fastgen.jit import jit
from fastgen.kernels.elementary import CENTRE, normal_quantile, normal_quantile_centre
from fastgen.kernels.philox import draw_blocks, unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.rng import Stream

US_PER_MIN = 60_000_000.0


@jit
def _draw_service_times(
    words: NDArray[np.uint32],
    mean_sd_min: NDArray[np.float64],
    minimum_min: float,
    times_us: NDArray[np.int64],
    normal: NDArray[np.float64],
) -> None:
    """Compute the times of an order from one block of words; `normal`, float64 (n,), is scratch."""
    for step in range(4):
        # First the central formula for all orders: a loop without a branch is vectorised. Then the full
        # formula for the 15 % in the tails.
        for j in range(len(normal)):
            normal[j] = normal_quantile_centre(unit(words[step, j]) - 0.5)
        before, after = (3, 5) if step == 3 else (step, step + 1)  # column 4 is the driver's arrival
        for j in range(len(normal)):
            if abs(unit(words[step, j]) - 0.5) > CENTRE:
                normal[j] = normal_quantile(unit(words[step, j]))
            minutes = mean_sd_min[step, 0] + mean_sd_min[step, 1] * normal[j]
            minutes = minutes if minutes > minimum_min else minimum_min
            times_us[j, after] = times_us[j, before] + math.floor(minutes * US_PER_MIN + 0.5)


def draw_service_times(
    stream: Stream,
    day: NDArray[np.int64] | int,
    draw: NDArray[np.int64],
    mean_sd_min: NDArray[np.float64],
    minimum_min: float,
    times_us: NDArray[np.int64],
) -> None:
    """Draw the times at which each order is started, finished, ready and picked up.

    Parameters
    ----------
    stream
        Random stream of the service times.
    day
        Day number of each order, int64 (n,), or one day for all.
    draw
        int64 (n,), draw number of each order.
    mean_sd_min
        float64 (4, 2), mean and standard deviation of each step, minutes.
    minimum_min
        Lower bound of each step, minutes.
    times_us
        int64 (n, 6), microseconds. Given: created (column 0). Output: started, finished, ready (1 to 3) and
        picked up (5).
    """
    words = draw_blocks(stream, day, draw, range(1))
    _draw_service_times(words, mean_sd_min, minimum_min, times_us, np.empty(len(draw)))
