"""Decide whether a sample fits a distribution: chi-square and Kolmogorov-Smirnov at one stated level.

Seeds are fixed, so a test here fails always or never. There are some hundreds of comparisons; at 1e-4 each, a
right generator has a chance of a few percent to have failed when its seed was chosen, and a wrong one, by the
sample sizes used, practically none to pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from fastgen.reporting.fit import MIN_EXPECTED, group_small

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

ALPHA = 1e-4


def check_counts(observed: ArrayLike, expected: ArrayLike) -> None:
    """Check counts against the expected ones (scaled to the same total) by chi-square.

    Too good a fit fails as well: counts that hardly vary are not independent draws.
    """
    seen, wanted = np.asarray(observed, float).ravel(), np.asarray(expected, float).ravel()
    assert seen.shape == wanted.shape
    assert seen[wanted == 0].sum() == 0
    wanted = wanted * (seen.sum() / wanted.sum())
    group = group_small(wanted, MIN_EXPECTED)
    seen, wanted = np.bincount(group, seen), np.bincount(group, wanted)
    assert len(seen) > 1
    chi2 = float(((seen - wanted) ** 2 / wanted).sum())
    freedom = len(seen) - 1
    p = float(stats.chi2.sf(chi2, freedom))
    assert ALPHA < p < 1 - ALPHA, f"chi-square {chi2:.1f} at {freedom} degrees of freedom: p = {p:.2g}"


def check_independent(table: ArrayLike) -> None:
    """Check that rows and columns of a table of counts are independent: its rows share a distribution."""
    counts = np.asarray(table, float)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    rare = counts.sum(axis=0) * counts.sum(axis=1).min() / counts.sum() < MIN_EXPECTED
    if rare.any():
        counts = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)])
    wanted = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    chi2 = float(((counts - wanted) ** 2 / wanted).sum())
    freedom = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    assert freedom > 0
    p = float(stats.chi2.sf(chi2, freedom))
    assert p > ALPHA, f"chi-square {chi2:.1f} at {freedom} degrees of freedom: p = {p:.2g}"


def check_distribution(sample: ArrayLike, cdf: str | Callable[..., Any], *args: float) -> None:
    """Check a sample of a continuous distribution by Kolmogorov-Smirnov."""
    p = float(stats.kstest(np.asarray(sample, float), cdf, args).pvalue)
    assert p > ALPHA, f"Kolmogorov-Smirnov: p = {p:.2g}"


def check_same_distribution(one: ArrayLike, other: ArrayLike) -> None:
    """Check that two samples have one distribution by the two-sample Kolmogorov-Smirnov test."""
    p = float(stats.ks_2samp(np.asarray(one, float), np.asarray(other, float), method="asymp").pvalue)
    assert p > ALPHA, f"two-sample Kolmogorov-Smirnov: p = {p:.2g}"


def check_share(successes: int, trials: int, probability: float) -> None:
    """Check a share against a probability by the exact binomial test."""
    p = float(stats.binomtest(successes, trials, probability).pvalue)
    assert p > ALPHA, f"{successes} of {trials} at {probability:.4f}: p = {p:.2g}"
