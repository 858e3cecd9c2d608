"""Compare two samples: counts by chi-square, and numbers of each day, pair by pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.reporting.fit import MIN_EXPECTED, Fit, group_evenly, group_small

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Pairs of days without which a mean says little about chance.
_PAIRS_MIN = 3


def compare_samples(
    first: NDArray[np.int64], second: NDArray[np.int64], n_groups: int | None = None, *, ordered: bool = True
) -> Fit:
    """Compare the shares of C cells in two samples, (C,) each.

    The statistic is that of homogeneity; of samples that depend on each other it is too small, which is on
    the safe side. The effect is 1 - KS, or 1 - total variation of cells without an
    order.

    Parameters
    ----------
    first, second
        int64 (C,), counts; their sums may differ.
    n_groups
        At most so many groups of cells are compared; None: as many as have enough in both samples.
    ordered
        Whether neighbouring cells belong together.
    """
    n_first, n_second = int(first.sum()), int(second.sum())
    n = n_first + n_second
    if n_first == 0 or n_second == 0:
        return Fit(n, 0.0, 0.0, 1.0)
    apart = first / n_first - second / n_second
    effect = 1.0 - (np.abs(np.cumsum(apart)).max() if ordered else np.abs(apart).sum() / 2)
    both = (first + second).astype(np.float64)
    if not ordered:
        rank = np.argsort(both, kind="stable")
        first, second, both = first[rank], second[rank], both[rank]
    # What the smaller sample expects of each group decides what is enough.
    smaller = both * (min(n_first, n_second) / n)
    group = group_small(smaller, MIN_EXPECTED) if n_groups is None else group_evenly(smaller, n_groups)
    of_first, of_second = np.bincount(group, first), np.bincount(group, second)
    some = of_first + of_second > 0
    difference = of_first[some] * np.sqrt(n_second / n_first) - of_second[some] * np.sqrt(n_first / n_second)
    statistic = float((difference**2 / (of_first + of_second)[some]).sum())
    return Fit(n, statistic, float(np.count_nonzero(some) - 1), float(effect), may_depend=True)


def compare_days(first: NDArray[np.float64], second: NDArray[np.float64]) -> Fit:
    """Compare two numbers of each day, pair by pair; NaN: a day has none.

    It is the t test of their differences, so that orders of a day may depend on each other; the statistic
    is the chi-square with one degree of freedom that has the same p. The effect is second / first.
    """
    from scipy.special import chdtri, stdtr  # noqa: PLC0415  # of the extra

    known = ~(np.isnan(first) | np.isnan(second))
    first, second = first[known], second[known]
    n, difference = len(first), second - first
    ratio = float(second.sum() / first.sum()) if first.sum() else 1.0
    if n < _PAIRS_MIN or not difference.any():
        return Fit(n, 0.0, 1.0 if n >= _PAIRS_MIN else 0.0, ratio)
    spread = float(difference.std(ddof=1))
    if spread == 0:
        return Fit(n, np.inf, 0.0, ratio)
    t = abs(float(difference.mean())) / spread * np.sqrt(n)
    p = max(2.0 * float(stdtr(n - 1, -t)), np.finfo(float).tiny)
    return Fit(n, float(chdtri(1, p)), 1.0, ratio)
