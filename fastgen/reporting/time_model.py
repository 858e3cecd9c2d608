"""Compute the distributions of the times between an order's events, as they are stored in whole seconds.

A service step is a normal time that is no shorter than the scenario's minimum (docs/model.md, 4.5). Both of
its ends are cut to whole seconds, so the stored difference also depends on the fraction of the second at
which it begins: none for the first step, since orders are created in whole seconds, and a uniform one after a
step of random length (see `Fraction`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.reporting.arrival_model import arrival_chances
from fastgen.reporting.axes import INTERVALS, LONGEST_S, N_BINS
from fastgen.reporting.durations import CELLS, MICRO, RARE, convolve, list_steps, sum_steps, to_bins

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.order_rules import Driver, ServiceTimes
    from fastgen.reporting.durations import ClippedNormal

# After a random time with at least this standard deviation, the fraction of a second is uniform to 1e-30.
SMOOTH_S = 2.0


class Fraction(NamedTuple):
    """The fraction of a second at which a time begins.

    Attributes
    ----------
    known
        Probability that no random time went before: the fraction is `at` then, and else uniform.
    at
        That fraction.
    """

    known: float
    at: float

    def after(self, step: ClippedNormal) -> Fraction:
        """Return the fraction after a step; its probability is NaN where the step is random, but hardly."""
        time, chance = step.atom
        known = np.nan if 0 < step.sd_s < SMOOTH_S else self.known * chance
        return Fraction(known, round(self.at + time, MICRO) % 1.0)


# Locations mostly share their times.
@lru_cache(maxsize=8)
def interval_chances(times: ServiceTimes, driver: Driver) -> NDArray[np.float64]:
    """Compute the probabilities of the bins of each time, but for those with a drive.

    Returns
    -------
    float64 (7, N_BINS)
        By `axes.INTERVALS`, in the bins of a tally; NaN for the drive and for the time to the delivery, and
        where times before are random by less than `SMOOTH_S`; for the driver's arrival also where no time
        before ready is random, and where times may be longer than `LONGEST_S`.
    """
    steps, found = list_steps(times), np.full((len(INTERVALS), N_BINS), np.nan)
    seconds = np.arange(LONGEST_S + 1, dtype=float)
    begins = Fraction(1.0, 0.0)
    for row, step in enumerate(steps):
        if row == len(steps) - 1 and begins.known < RARE:
            found[list(INTERVALS).index("ready_to_arrived")] = arrival_chances(times, driver)
        known = step.cdf(np.nextafter(seconds + 1.0 - begins.at, -1.0))
        uniform = step.integral(seconds + 1.0) - step.integral(seconds)
        found[row] = to_bins(np.diff(begins.known * known + (1.0 - begins.known) * uniform, prepend=0.0))
        begins = begins.after(step)
    return found


def drive_chances(times: ServiceTimes, drive_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the probabilities of the bins of stored drives, all equally likely, float64 (N_BINS,)."""
    begins = Fraction(1.0, 0.0)
    for step in list_steps(times):
        begins = begins.after(step)
    # From a random fraction of a second on, a drive of 7.3 s is stored as 8 s three times of ten.
    low, at = np.floor(drive_s), np.floor(begins.at + drive_s)
    more = (1.0 - begins.known) * (drive_s - low)
    place = np.minimum(np.concatenate([at, low, low + 1]), LONGEST_S).astype(np.int64)
    chance = np.concatenate([np.full(len(low), begins.known), 1.0 - begins.known - more, more]) / len(low)
    return to_bins(np.bincount(place, chance, minlength=LONGEST_S + 1).astype(np.float64))


def delivery_chances(times: ServiceTimes, drive_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the probabilities of the bins of the time from creation to delivery, float64 (N_BINS,)."""
    cells = np.minimum((drive_s * CELLS).astype(np.int64), LONGEST_S * CELLS - 1)
    drives = np.bincount(cells) / len(cells)
    # Each of the five times lies in the middle of its cell, in the mean.
    return to_bins(_by_second(convolve(sum_steps(times, 4), drives), 5))


def _by_second(cells: NDArray[np.float64], n_times: int) -> NDArray[np.float64]:
    """Sum the cells of each second of a sum of times; the last second has all that is longer."""
    second = np.minimum((np.arange(len(cells)) + n_times / 2) // CELLS, LONGEST_S).astype(np.int64)
    chances = np.bincount(second, cells, minlength=LONGEST_S + 1).astype(np.float64)
    chances[-1] += max(0.0, 1.0 - chances.sum())
    return chances
