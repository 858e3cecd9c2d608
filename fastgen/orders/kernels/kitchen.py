"""Draw how long each step in the kitchen takes (docs/model.md, 4.5)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fastgen.kernels.elementary import CENTRE, normal_quantile, normal_quantile_centre
from fastgen.kernels.jit import jit
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
    """Draw the chain from a block of words; `normal`, (n,), is scratch."""
    for step in range(4):
        # The centre's formula for all, without a branch, and then again for those it doesn't hold for.
        for j in range(len(normal)):
            normal[j] = normal_quantile_centre(unit(words[step, j]) - 0.5)
        before, after = (3, 5) if step == 3 else (step, step + 1)
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
    """Draw the chain created, started, finished, ready, picked up.

    Parameters
    ----------
    stream
        Stream of the kitchen.
    day
        Day number of each order, int64 (n,), or of all.
    draw
        int64 (n,), draw number of each order.
    mean_sd_min
        float64 (4, 2), mean and standard deviation of each step, minutes.
    minimum_min
        No step is shorter, minutes.
    times_us
        int64 (n, 6), microseconds: column 0, created, is given; started, finished, ready and picked up are
        output in columns 1, 2, 3 and 5.
    """
    words = draw_blocks(stream, day, draw, range(1))
    _draw_service_times(words, mean_sd_min, minimum_min, times_us, np.empty(len(draw)))
