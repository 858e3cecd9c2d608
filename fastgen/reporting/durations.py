"""Define the times of the steps in the kitchen as distributions, and add them up."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.reporting.axes import LONGEST_S
from fastgen.reporting.kernels.count_orders import COARSE_S, FINE_S
from fastgen.units import S_PER_MIN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.order_rules import ServiceTime, ServiceTimes

# Cells of a second for sums of times.
CELLS = 8
MICRO = 6  # decimals of a second
# What is less likely than this decides nothing.
RARE = 1e-4


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
    def atom(self) -> tuple[float, float]:
        """The one time that has a probability of its own, and that probability."""
        if self.sd_s == 0:
            return max(self.mean_s, self.minimum_s), 1.0
        return self.minimum_s, float(self.cdf(np.array(self.minimum_s)))

    def cells(self) -> NDArray[np.float64]:
        """Return the probabilities of cells of 1/CELLS s, up to LONGEST_S; what is longer is left out."""
        # At nine deviations from the mean a double can't tell a probability from 1.
        ends_s = min(LONGEST_S, max(self.mean_s + 9 * self.sd_s, self.minimum_s) + 1.0)
        edges = np.arange(math.ceil(ends_s * CELLS) + 1) / CELLS
        at_most = self.cdf(edges)
        # The first cell is closed on both sides, for a minimum of 0.
        at_most[0] = 0.0
        return np.diff(at_most)


def list_steps(times: ServiceTimes) -> list[ClippedNormal]:
    """List the steps in the kitchen, in their order."""

    def one(step: ServiceTime) -> ClippedNormal:
        # Whole microseconds, as orders have them.
        in_s = (step.mean_min, step.sd_min, float(times.minimum_min))
        return ClippedNormal(*(round(minutes * S_PER_MIN, MICRO) for minutes in in_s))

    return [
        one(times.created_to_started),
        one(times.started_to_finished),
        one(times.finished_to_ready),
        one(times.ready_to_picked_up),
    ]


# Locations mostly share their times.
@lru_cache(maxsize=8)
def sum_steps(times: ServiceTimes, n_steps: int) -> NDArray[np.float64]:
    """Compute the probabilities of the cells of the first steps together."""
    first, *others = (step.cells() for step in list_steps(times)[:n_steps])
    for other in others:
        first = convolve(first, other)
    first.flags.writeable = False
    return first


def convolve(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add two times in cells; what is longer than LONGEST_S is left out."""
    n_cells = len(one) + len(other) - 1
    # By Fourier transforms, which are quick where the length is a power of two.
    size = 1 << n_cells.bit_length()
    product = np.fft.rfft(one, size) * np.fft.rfft(other, size)
    # Rounding leaves tiny negative numbers.
    found: NDArray[np.float64] = np.maximum(
        np.fft.irfft(product, size)[: min(n_cells, LONGEST_S * CELLS)], 0.0
    )
    return found


def to_bins(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum the chances of the seconds 0 to LONGEST_S, the last with all that is longer, in bins of a tally."""
    coarse = chances[FINE_S:-1].reshape(-1, COARSE_S).sum(axis=1)
    last = chances[-1] + max(0.0, 1.0 - chances.sum())
    return np.concatenate([chances[:FINE_S], coarse, [last]])
