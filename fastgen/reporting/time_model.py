"""Compute the distributions of the times between an order's events, as they are stored in whole seconds.

A service step is a normal time that is no shorter than the scenario's minimum (docs/model.md, 4.5). Both of
its ends are cut to whole seconds, so the stored difference also depends on the fraction of the second at
which it begins: none for the first step, since orders are created in whole seconds, and a uniform one after a
step of random length.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.reporting.axes import INTERVALS, LONGEST_S, N_BINS
from fastgen.reporting.kernels.count_orders import ARRIVED_SHIFT_S, COARSE_S, FINE_S
from fastgen.units import S_PER_MIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fastgen.model.order_rules import Driver, ServiceTime, ServiceTimes

# Cells of a second for sums of times.
CELLS = 8
# Cells in which less than this is probable are left out.
_NEGLIGIBLE = 1e-15
_BETA_POINTS = 4096


class ClippedNormal(NamedTuple):
    """A normal time that is no shorter than a minimum; all in seconds."""

    mean_s: float
    sd_s: float
    minimum_s: float

    def cdf(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of at most x seconds."""
        from scipy.special import ndtr  # noqa: PLC0415  # of the extra

        if self.sd_s == 0:
            return np.where(x >= max(self.mean_s, self.minimum_s), 1.0, 0.0)
        found: NDArray[np.float64] = np.where(x >= self.minimum_s, ndtr((x - self.mean_s) / self.sd_s), 0.0)
        return found

    def integral(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the integral of `cdf` up to x."""
        from scipy.special import ndtr  # noqa: PLC0415

        if self.sd_s == 0:
            return np.maximum(x - max(self.mean_s, self.minimum_s), 0.0)

        def of_normal(z: NDArray[np.float64]) -> NDArray[np.float64]:
            found: NDArray[np.float64] = z * ndtr(z) + np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
            return found

        z = (np.maximum(x, self.minimum_s) - self.mean_s) / self.sd_s
        least = np.array((self.minimum_s - self.mean_s) / self.sd_s)
        found: NDArray[np.float64] = self.sd_s * (of_normal(z) - of_normal(least))
        return found

    @property
    def at_minimum(self) -> float:
        """Probability of the minimum itself."""
        return float(self.cdf(np.array(self.minimum_s)))

    def cells(self) -> NDArray[np.float64]:
        """Return the probabilities of cells of 1/CELLS s, up to LONGEST_S."""
        edges = np.arange(LONGEST_S * CELLS + 1) / CELLS
        at_most = self.cdf(edges)
        # The first cell is closed on both sides, for a minimum of 0.
        at_most[0] = 0.0
        return np.diff(at_most)


def _steps(times: ServiceTimes) -> list[ClippedNormal]:
    def one(step: ServiceTime) -> ClippedNormal:
        return ClippedNormal(
            step.mean_min * S_PER_MIN, step.sd_min * S_PER_MIN, float(times.minimum_min) * S_PER_MIN
        )

    return [
        one(times.created_to_started),
        one(times.started_to_finished),
        one(times.finished_to_ready),
        one(times.ready_to_picked_up),
    ]


# Locations mostly share their times.
@lru_cache(maxsize=8)
def interval_chances(times: ServiceTimes, driver: Driver) -> NDArray[np.float64]:
    """Compute the probabilities of the bins of each time, but for those with a drive.

    Returns
    -------
    float64 (7, N_BINS)
        By `axes.INTERVALS`, in the bins of a tally; NaN for the drive and for the time to the delivery.
    """
    steps, found = _steps(times), np.full((len(INTERVALS), N_BINS), np.nan)
    whole, fraction = 1.0, 0.0
    seconds = np.arange(LONGEST_S + 1, dtype=float)
    for row, step in enumerate(steps):
        # With the probability `whole` no step before took a random time: the fraction is known then.
        known = step.cdf(np.nextafter(seconds + 1.0 - fraction, -1.0))
        uniform = step.integral(seconds + 1.0) - step.integral(seconds)
        found[row] = _to_bins(np.diff(whole * known + (1.0 - whole) * uniform, prepend=0.0))
        whole *= step.at_minimum
        fraction = (fraction + step.minimum_s) % 1.0
    found[list(INTERVALS).index("ready_to_arrived")] = _arrival_chances(steps, driver)
    return found


def drive_chances(drive_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the probabilities of the bins of stored drives, all equally likely, float64 (N_BINS,)."""
    # From a random fraction of a second on, a drive of 7.3 s is stored as 8 s three times of ten.
    low = np.floor(drive_s)
    at = np.minimum(np.concatenate([low, low + 1]), LONGEST_S).astype(np.int64)
    chance = np.concatenate([1.0 - (drive_s - low), drive_s - low]) / len(drive_s)
    return _to_bins(np.bincount(at, chance, minlength=LONGEST_S + 1).astype(np.float64))


def delivery_chances(times: ServiceTimes, drive_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the probabilities of the bins of the time from creation to delivery, float64 (N_BINS,)."""
    total = _preparation(times, 4)
    cells = np.minimum((drive_s * CELLS).astype(np.int64), len(total) - 1)
    drives = np.bincount(cells, minlength=len(total)) / len(cells)
    # Each of the five times lies in the middle of its cell, in the mean.
    return _to_bins(_by_second(_convolve(total, drives), 5))


@lru_cache(maxsize=8)
def _preparation(times: ServiceTimes, n_steps: int) -> NDArray[np.float64]:
    """Compute the probabilities of the cells of the first steps together."""
    first, *others = (step.cells() for step in _steps(times)[:n_steps])
    for other in others:
        first = _convolve(first, other)
    first.flags.writeable = False
    return first


def _convolve(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add two times; what is longer than the last cell is left out."""
    size = 2 * len(one)
    product = np.fft.rfft(one, size) * np.fft.rfft(other, size)
    found: NDArray[np.float64] = np.maximum(np.fft.irfft(product, size)[: len(one)], 0.0)
    return found


def _by_second(cells: NDArray[np.float64], n_times: int) -> NDArray[np.float64]:
    """Sum the cells of each second of a sum of times; the last second has all that is longer."""
    second = np.minimum((np.arange(len(cells)) + n_times / 2) // CELLS, LONGEST_S).astype(np.int64)
    chances = np.bincount(second, cells, minlength=LONGEST_S + 1).astype(np.float64)
    chances[-1] += max(0.0, 1.0 - chances.sum())
    return chances


def _arrival_chances(steps: list[ClippedNormal], driver: Driver) -> NDArray[np.float64]:
    """Compute the probabilities of the bins of the driver's arrival, from `ARRIVED_SHIFT_S` before ready on.

    The arrival divides the time from ready to the pick-up, or that from creation to ready, by a beta share.
    """
    from scipy.special import betainc  # noqa: PLC0415

    alpha, beta, late = driver.arrival_alpha, driver.arrival_beta, driver.after_ready_probability
    grid = np.linspace(0.0, 1.0, _BETA_POINTS)
    before = steps[0].cells()
    for step in steps[1:3]:
        before = _convolve(before, step.cells())
    shelf = steps[3].cells()

    def shares(cdf: NDArray[np.float64]) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        return lambda x: np.interp(x, grid, cdf)

    edges = np.arange(-ARRIVED_SHIFT_S, LONGEST_S - ARRIVED_SHIFT_S + 2, dtype=float)
    # What is left of the time before ready when the driver comes is beta with its parameters exchanged.
    at_most = (1.0 - late) * (1.0 - _part(shares(betainc(beta, alpha, grid)), before, -edges))
    at_most += late * _part(shares(betainc(alpha, beta, grid)), shelf, edges)
    # Both ends are cut to whole seconds: the mean of the distribution function over a second.
    smooth = (at_most[1:] + at_most[:-1]) / 2
    chances = np.diff(smooth, prepend=0.0)
    chances[-1] += 1.0 - smooth[-1]
    return _to_bins(chances)


def _part(
    shares: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    cells: NDArray[np.float64],
    x: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Compute the probability that a share of a time is at most x seconds, float64 (n,)."""
    # A quarter of the resolution is enough for a time that is multiplied by a share.
    by_second = cells.reshape(-1, CELLS).sum(axis=1)
    some = np.flatnonzero(by_second > _NEGLIGIBLE)
    chance = by_second[some] / by_second.sum()
    length = some + 0.5
    inside = np.flatnonzero((x > 0) & (x < length[-1] + 1))
    found = np.where(x > 0, 1.0, 0.0)
    for rows in np.array_split(inside, 1 + len(inside) * len(some) // 2_000_000):
        found[rows] = shares(np.minimum(x[rows, None] / length, 1.0)) @ chance
    return found


def _to_bins(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum the chances of the seconds 0 to LONGEST_S, the last with all that is longer, in bins of a tally."""
    coarse = chances[FINE_S:-1].reshape(-1, COARSE_S).sum(axis=1)
    last = chances[-1] + max(0.0, 1.0 - chances.sum())
    return np.concatenate([chances[:FINE_S], coarse, [last]])
