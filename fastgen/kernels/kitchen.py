"""Draw how long each step in the kitchen takes (SPEC 2.5)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fastgen.kernels.elementary import normal_quantile
from fastgen.kernels.jit import inline, jit
from fastgen.kernels.philox import draw_words, unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fastgen.rng import Stream

US_PER_MIN = 60_000_000.0


@inline
def draw_duration_us(word: np.uint64, mean_min: float, sd_min: float, minimum_min: float) -> int:
    """Draw a normal time, cut off below, in whole microseconds."""
    minutes = max(minimum_min, mean_min + sd_min * normal_quantile(unit(word)))
    return int(math.floor(minutes * US_PER_MIN + 0.5))


@jit
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
        int64 (n, 6), microseconds: column 0, created, is given; started, finished, ready and picked up are output
        in columns 1, 2, 3 and 5.
    """
    for i in range(len(draw)):
        words = draw_words(stream, day, draw[i], 0)
        time_us = times_us[i, 0]
        for step in range(4):
            time_us += draw_duration_us(words[step], mean_sd_min[step, 0], mean_sd_min[step, 1], minimum_min)
            times_us[i, 5 if step == 3 else step + 1] = time_us
