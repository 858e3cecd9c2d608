"""Measure how well counts fit what a model expects: chi-square, and effect sizes that people know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

# Cells that expect fewer are put together: below, the statistic is no longer distributed as chi-square.
MIN_EXPECTED = 5.0
# With fewer degrees of freedom a perfect fit is nothing special: counts are whole numbers.
FREEDOM_OF_TOO_GOOD = 10.0
# A mean so much below 1 is rounding: chance has nothing to decide.
_NO_FREEDOM = 1e-6


@dataclass(frozen=True)
class Fit:
    """Result of one comparison with a model.

    Attributes
    ----------
    n
        Number of things that were counted.
    statistic
        Distributed as chi-square if the model is right; infinite where something impossible was seen.
    freedom
        Degrees of freedom: the mean of the statistic. 0: chance has nothing to decide.
    effect
        Size of the difference, by the measure that the test names.
    tries
        Of how many comparisons this is the one that fits worst.
    may_depend
        Whether what is compared may depend on each other, as two datasets of one seed do: then a close fit is
        nothing special.
    """

    n: int
    statistic: float
    freedom: float
    effect: float
    tries: int = 1
    may_depend: bool = False

    @property
    def is_possible(self) -> bool:
        """Whether nothing was seen that the model rules out."""
        return bool(np.isfinite(self.statistic))

    @property
    def is_decided(self) -> bool:
        """Whether there is enough to decide by chance, or something impossible."""
        return self.freedom > _NO_FREEDOM or not self.is_possible

    @property
    def p_above(self) -> float:
        """Probability of a statistic at least as large, if the model is right."""
        from scipy.special import chdtrc  # noqa: PLC0415  # of the extra

        if not self.is_possible:
            return 0.0
        p = float(chdtrc(self.freedom, self.statistic)) if self.is_decided else 1.0
        # The worst of several is this bad by chance if any of them is.
        return 1.0 if p == 1.0 else -float(np.expm1(self.tries * np.log1p(-p)))

    @property
    def p_below(self) -> float:
        """Probability of a statistic at most as large; 1 where a close fit is nothing special."""
        from scipy.special import chdtr  # noqa: PLC0415

        if not self._may_be_too_good:
            return 1.0
        return float(chdtr(self.freedom, self.statistic))

    @property
    def p(self) -> float:
        """Probability of a statistic as far out on its side, both sides counted."""
        if not self._may_be_too_good:
            return self.p_above
        return min(1.0, 2.0 * min(self.p_above, self.p_below))

    @property
    def _may_be_too_good(self) -> bool:
        is_special = self.freedom >= FREEDOM_OF_TOO_GOOD and self.is_possible
        return is_special and self.tries == 1 and not self.may_depend

    @property
    def is_too_good(self) -> bool:
        """Whether it is on the side of the close fits."""
        return self.p_below < self.p_above


def group_small(wanted: NDArray[np.float64], at_least: float = MIN_EXPECTED) -> NDArray[np.int64]:
    """Put neighbouring cells together until each expects enough.

    Parameters
    ----------
    wanted
        float64 (n,), what is expected of each cell.
    at_least
        What is enough.

    Returns
    -------
    int64 (n,)
        Group of each cell, from 0 on, without gaps.
    """
    group = np.zeros(len(wanted), np.int64)
    number, filled = 0, 0.0
    for i, expected in enumerate(wanted[:-1].tolist()):
        filled += expected
        if filled >= at_least:
            number, filled = number + 1, 0.0
        group[i + 1] = number
    if number and wanted[group == number].sum() < at_least:
        group[group == number] = number - 1
    return group


def group_evenly(wanted: NDArray[np.float64], n_groups: int) -> NDArray[np.int64]:
    """Put neighbouring cells together in at most `n_groups` groups that expect about as much, int64 (n,)."""
    total = wanted.sum()
    before = np.cumsum(wanted) - wanted
    even = np.minimum(((before + wanted / 2) * (n_groups / total)).astype(np.int64), n_groups - 1)
    _, even = np.unique(even, return_inverse=True)
    small = group_small(np.bincount(even, wanted).astype(np.float64))
    return small[even]


def compare_counts(
    seen: ArrayLike, wanted: ArrayLike, *, n_groups: int | None = None, at_least: float = MIN_EXPECTED
) -> Fit:
    """Compare counts with the expected ones by chi-square, and by the Kolmogorov-Smirnov distance.

    Parameters
    ----------
    seen, wanted
        (C,) or (L, C), counts of C cells in their order, and what is expected of them, scaled to the same
        sums. The rows are independent samples, and are added.
    n_groups
        At most so many cells are compared, of about the same expected counts; None: as many as expect enough.
    at_least
        What is enough.

    Returns
    -------
    Fit
        Its effect is 1 - KS.
    """
    counts = np.atleast_2d(np.asarray(seen, np.float64))
    means = _scale(counts, np.atleast_2d(np.asarray(wanted, np.float64)))
    total, mean = counts.sum(axis=0), means.sum(axis=0)
    n = int(total.sum())
    if n == 0:
        return Fit(0, 0.0, 0.0, 1.0)
    effect = 1.0 - float(np.abs(np.cumsum(total - mean)).max()) / n
    if np.any((counts > 0) & (means <= 0)):
        return Fit(n, np.inf, 0.0, effect)
    group = group_small(mean, at_least) if n_groups is None else group_evenly(mean, n_groups)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    seen_of, of_rows = np.add.reduceat(total, starts), np.add.reduceat(means, starts, axis=1)
    statistic, freedom = _chi_square(seen_of, of_rows)
    return Fit(n, statistic, freedom, effect)


def compare_kinds(seen: ArrayLike, wanted: ArrayLike) -> Fit:
    """Compare counts of kinds without an order, as `compare_counts`; the effect is 1 - total variation.

    Rare kinds are put together.
    """
    counts = np.atleast_2d(np.asarray(seen, np.float64))
    means = _scale(counts, np.atleast_2d(np.asarray(wanted, np.float64)))
    rank = np.argsort(means.sum(axis=0), kind="stable")
    fit = compare_counts(counts[:, rank], means[:, rank])
    apart = np.abs(counts.sum(axis=0) - means.sum(axis=0)).sum()
    return Fit(fit.n, fit.statistic, fit.freedom, 1.0 - float(apart) / (2 * fit.n) if fit.n else 1.0)


def compare_worst_cell(seen: NDArray[np.int64], wanted: NDArray[np.float64]) -> Fit:
    """Compare the cell that fits worst, by the binomial distribution; its effect is seen / expected."""
    from scipy.special import bdtr, bdtrc, chdtri  # noqa: PLC0415

    n, some = int(seen.sum()), wanted > 0
    counts, chance = seen[some].astype(np.float64), wanted[some] / wanted.sum() if n else wanted[some]
    if n == 0 or len(chance) < 2:  # noqa: PLR2004  # one cell has all
        return Fit(n, 0.0, 0.0, 1.0)
    # At most as many, and at least as many.
    few, many = bdtr(counts, n, chance), bdtrc(counts - 1.0, n, chance)
    p = np.minimum(1.0, 2.0 * np.minimum(few, many))
    worst = int(np.argmin(p))
    ratio = counts[worst] / (n * chance[worst])
    # As a chi-square with one degree of freedom, like all others.
    return Fit(n, float(chdtri(1, p[worst])), 1.0, float(ratio), tries=len(chance))


def find_worst(fits: Sequence[Fit]) -> tuple[int, Fit]:
    """Find the comparison that fits worst, and its number."""
    worst = min(range(len(fits)), key=lambda i: fits[i].p_above)
    return worst, replace(fits[worst], tries=len(fits))


def add_fits(fits: Sequence[Fit]) -> Fit:
    """Add the statistics of independent comparisons; the effect is the mean, weighted by what was counted."""
    n = sum(fit.n for fit in fits)
    effect = sum(fit.n * fit.effect for fit in fits) / n if n else 1.0
    return Fit(n, sum(fit.statistic for fit in fits), sum(fit.freedom for fit in fits), effect)


def control_false_discoveries(p: Sequence[float]) -> list[float]:
    """Adjust the p-values of several tests by the procedure of Benjamini and Hochberg (1995).

    As `scipy.stats.false_discovery_control`, whose import takes 0.4 s and 60 MB.
    """
    rank = np.argsort(p)[::-1]
    q = np.empty(len(rank))
    # The largest p-value stays. Each smaller one is multiplied by the tests for each test that is no larger,
    # and never ends above a larger one.
    scaled = np.asarray(p, float)[rank] * len(rank) / np.arange(len(rank), 0, -1)
    q[rank] = np.minimum.accumulate(scaled)
    adjusted: list[float] = q.tolist()
    return adjusted


def _scale(counts: NDArray[np.float64], means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale each row of means to the sum of its counts."""
    total = means.sum(axis=1, keepdims=True)
    factor = np.divide(counts.sum(axis=1, keepdims=True), total, out=np.zeros_like(total), where=total > 0)
    scaled: NDArray[np.float64] = means * factor
    return scaled


def _chi_square(seen: NDArray[np.float64], means: NDArray[np.float64]) -> tuple[float, float]:
    """Compute the statistic of a sum of rows with fixed sums, and its mean.

    For one row the mean is the number of cells less 1; several unlike rows leave less to chance.
    """
    mean, of_row = means.sum(axis=0), means.sum(axis=1, keepdims=True)
    some, rows = mean > 0, of_row[:, 0] > 0
    fixed = (means[np.ix_(rows, some)] ** 2 / of_row[rows]).sum(axis=0)
    statistic = ((seen[some] - mean[some]) ** 2 / mean[some]).sum()
    return float(statistic), float(max(0.0, np.count_nonzero(some) - (fixed / mean[some]).sum()))
