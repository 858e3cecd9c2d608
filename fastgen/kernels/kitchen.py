"""Draw how long each step in the kitchen takes (SPEC 2.5)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fastgen.kernels.elementary import CENTRE, normal_quantile, normal_quantile_centre
from fastgen.kernels.jit import jit
from fastgen.kernels.philox import BATCH, draw_batch, unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.rng import Stream

US_PER_MIN = 60_000_000.0


@jit
def _draw_service_times(
    stream: Stream,
    day: int,
    draw: NDArray[np.int64],
    mean_sd_min: NDArray[np.float64],
    minimum_min: float,
    times_us: NDArray[np.int64],
    words: NDArray[np.uint64],
    normal: NDArray[np.float64],
) -> None:
    """Draw the chain; see `draw_service_times`. The last two are scratch."""
    for first in range(0, len(draw), BATCH):
        batch = draw[first : first + BATCH]
        times = times_us[first : first + BATCH]
        draw_batch(stream, day, batch, 0, words)
        for step in range(4):
            word = words[step]
            # The centre's formula for all, without a branch, and then again for those it doesn't hold for.
            for j in range(len(batch)):
                normal[j] = normal_quantile_centre(unit(word[j]) - 0.5)
            before, after = (3, 5) if step == 3 else (step, step + 1)
            for j in range(len(batch)):
                if abs(unit(word[j]) - 0.5) > CENTRE:
                    normal[j] = normal_quantile(unit(word[j]))
                minutes = mean_sd_min[step, 0] + mean_sd_min[step, 1] * normal[j]
                minutes = max(minimum_min, minutes)
                times[j, after] = times[j, before] + math.floor(minutes * US_PER_MIN + 0.5)


def draw_service_times(
    stream: Stream,
    day: int,
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
        Day number.
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
    words, normal = np.empty((4, BATCH), np.uint64), np.empty(BATCH)
    _draw_service_times(stream, day, draw, mean_sd_min, minimum_min, times_us, words, normal)
