"""Test the numbers of orders of location-days against the model: level, noise, weekdays and trend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.reporting.fit import MIN_EXPECTED, Fit, group_small

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.reporting.expected import Expected
    from fastgen.reporting.tally import Tally

N_WEEKDAYS = 7
# Excess of a uniform distribution's fourth cumulant over its squared variance.
_UNIFORM_EXCESS = -1.2


def _apart(tally: Tally, expected: Expected) -> NDArray[np.float64]:
    return tally.orders - expected.orders_mean


def _as_normal(n: int, apart: float, variance: float, effect: float) -> Fit:
    """Compare a sum over many days with 0: its square over its variance is a chi-square."""
    return Fit(n, apart**2 / variance, 1.0, effect) if variance > 0 else _where_fixed(n, apart, effect)


def _where_fixed(n: int, apart: float, effect: float) -> Fit:
    """Compare a number that chance has no part in."""
    return Fit(n, np.inf if apart else 0.0, 0.0, effect)


def fit_level(tally: Tally, expected: Expected, rows: slice) -> Fit:
    """Compare all orders of some locations with their mean; the effect is seen / expected."""
    orders, mean = int(tally.orders[rows].sum()), float(expected.orders_mean[rows].sum())
    variance = float((expected.orders_sd[rows] ** 2).sum())
    return _as_normal(orders, orders - mean, variance, orders / mean if mean else 1.0)


def fit_noise(tally: Tally, expected: Expected, rows: slice) -> Fit:
    """Compare how far days are from their means with how far noise and chance take them.

    The sum of squares, each over its variance, is stretched so that its variance is a chi-square's too. The
    effect is the ratio of the standard deviations.
    """
    squares, of_square, n = [], [], 0
    apart, mean, sd = _apart(tally, expected)[rows], expected.orders_mean[rows], expected.orders_sd[rows]
    for gap, means, variance in zip(apart, mean, sd**2, strict=True):
        group = group_small(means, MIN_EXPECTED)
        orders, of_poisson, total = (np.bincount(group, x) for x in (gap, means, variance))
        # Cumulants of a Poisson number whose mean is uniform: those of the mean, by Stirling's numbers.
        of_mean = np.maximum(total - of_poisson, 0.0)
        fourth = np.bincount(group, _UNIFORM_EXCESS * np.maximum(variance - means, 0.0) ** 2)
        fourth += 7.0 * of_mean + of_poisson
        some = total > 0
        squares.append(orders[some] ** 2 / total[some])
        of_square.append(2.0 + fourth[some] / total[some] ** 2)
        n += int(np.count_nonzero(means))
        if orders[~some].any():
            return _where_fixed(n, 1.0, 1.0)
    sums = np.concatenate(squares)
    if not len(sums):
        return Fit(n, 0.0, 0.0, 1.0)
    stretch = 2.0 * len(sums) / float(np.concatenate(of_square).sum())
    return Fit(n, float(sums.sum()) * stretch, len(sums) * stretch, float(np.sqrt(sums.mean())))


def fit_weekdays(tally: Tally, expected: Expected, rows: slice) -> Fit:
    """Compare the orders of each weekday with their mean; the effect is 1 - total variation."""
    weekday = tally.axes.weekday

    def of_weekday(of_days: NDArray[np.float64]) -> NDArray[np.float64]:
        found = np.bincount(weekday, of_days[rows].sum(axis=0), minlength=N_WEEKDAYS)
        return found.astype(np.float64)

    apart, variance = of_weekday(_apart(tally, expected)), of_weekday(expected.orders_sd**2)
    orders, mean = of_weekday(tally.orders.astype(np.float64)), of_weekday(expected.orders_mean)
    some, n = variance > 0, int(orders.sum())
    if n == 0 or mean.sum() == 0:
        return _where_fixed(n, float(n), 1.0)
    effect = 1.0 - float(np.abs(orders / orders.sum() - mean / mean.sum()).sum()) / 2
    if apart[~some].any():
        return _where_fixed(n, 1.0, effect)
    statistic = float((apart[some] ** 2 / variance[some]).sum())
    return Fit(n, statistic, float(np.count_nonzero(some)), effect)


def fit_trend(tally: Tally, expected: Expected, rows: slice) -> Fit:
    """Compare the trend of the orders with the model's growth.

    The effect is how much more has come to the orders from the first day to the last, as a share of the mean.
    """
    mean, variance = expected.orders_mean[rows], expected.orders_sd[rows] ** 2
    day, n = np.arange(mean.shape[1]), int(tally.orders[rows].sum())
    weight = variance.sum(axis=0)
    if mean.shape[1] == 1 or not weight.any():
        return Fit(n, 0.0, 0.0, 0.0)
    apart = _apart(tally, expected)[rows].sum(axis=0)
    centre = day - (day * weight).sum() / weight.sum()
    slope = float((centre * apart).sum()) / float((centre**2).sum())
    drift = slope * (mean.shape[1] - 1) / float(mean.sum(axis=0).mean())
    return _as_normal(n, float((centre * apart).sum()), float((centre**2 * weight).sum()), drift)
