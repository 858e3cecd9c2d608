"""Compute when drivers come, before or after the food is ready (docs/model.md, 4.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.reporting.axes import N_BINS, bin_starts_s
from fastgen.reporting.durations import CELLS, RARE, list_steps, sum_steps
from fastgen.reporting.kernels.count_orders import ARRIVED_SHIFT_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fastgen.model.order_rules import Driver, ServiceTimes

# Cells of a time in which less than this is probable are left out.
_NEGLIGIBLE = 1e-15
_LENGTHS_MAX = 500
_BETA_POINTS = 4096
# Points of a second within so many seconds of ready.
_POINTS, _NEAR_S = 32, 16


def arrival_chances(times: ServiceTimes, driver: Driver) -> NDArray[np.float64]:
    """Compute the probabilities of the bins of the driver's arrival, from `ARRIVED_SHIFT_S` before ready on.

    The arrival divides the time from ready to the pick-up, or that from creation to ready, by a beta share.

    Returns
    -------
    float64 (N_BINS,)
        NaN where these times may be longer than `LONGEST_S`.
    """
    from scipy.special import betainc  # noqa: PLC0415

    alpha, beta, late = driver.arrival_alpha, driver.arrival_beta, driver.after_ready_probability
    before, shelf = sum_steps(times, 3), list_steps(times)[3].cells()
    if min(before.sum(), shelf.sum()) < 1.0 - RARE:
        # A small share of a time that is longer than all cells may be of any length.
        return np.full(N_BINS, np.nan)
    # Close together near 0, where the distribution function of a share rises steeply if alpha is below 1.
    grid = np.linspace(0.0, 1.0, _BETA_POINTS) ** 3

    def at_most(x: NDArray[np.float64]) -> NDArray[np.float64]:
        # What is left of the time before ready when the driver comes is beta with its parameters exchanged.
        early = 1.0 - _share_at_most(-x, before, grid, betainc(beta, alpha, grid))
        return (1.0 - late) * early + late * _share_at_most(x, shelf, grid, betainc(alpha, beta, grid))

    last = bin_starts_s()[1:] - 1 - ARRIVED_SHIFT_S
    near = ARRIVED_SHIFT_S - _NEAR_S, ARRIVED_SHIFT_S + _NEAR_S
    # Both ends are cut to whole seconds: a stored difference is at most s if the difference itself is at most
    # s + u, with u uniform between 0 and 1.
    means = [
        _mean_over_seconds(at_most, part, n)
        for part, n in zip(np.split(last, near), (1, _POINTS, 1), strict=True)
    ]
    return np.diff(np.concatenate(means), prepend=0.0, append=1.0)


def _mean_over_seconds(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]], seconds: NDArray[np.int64], n_points: int
) -> NDArray[np.float64]:
    """Compute the mean of a function from each second to the next, by trapezoids."""
    x = seconds[:, None] + np.arange(n_points + 1) / n_points
    values = function(x.ravel()).reshape(x.shape)
    means: NDArray[np.float64] = ((values[:, 1:] + values[:, :-1]) / 2).mean(axis=1)
    return means


def _share_at_most(
    x: NDArray[np.float64],
    cells: NDArray[np.float64],
    grid: NDArray[np.float64],
    cdf: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Compute the probability that a share of a time is at most x seconds, float64 (n,).

    Parameters
    ----------
    x
        float64 (n,), seconds.
    cells
        The time, as `ClippedNormal.cells` gives it.
    grid, cdf
        The distribution function of the share.
    """
    # Whole seconds are enough for a time that is multiplied by a share, or more where it varies much.
    some = np.flatnonzero(cells > _NEGLIGIBLE)
    width = CELLS * (1 + (some[-1] - some[0]) // (CELLS * _LENGTHS_MAX))
    chance = np.bincount(some // width, cells[some])
    length = (np.arange(len(chance)) + 0.5) * width / CELLS
    used = chance > 0
    chance, length = chance[used], length[used]
    found: NDArray[np.float64] = np.where(x > 0, 1.0, 0.0)
    inside = np.flatnonzero((x > 0) & (x < length[-1]))
    for rows in np.array_split(inside, 1 + len(inside) * len(chance) // 2_000_000):
        found[rows] = np.interp(np.minimum(x[rows, None] / length, 1.0), grid, cdf) @ chance
    return found
