"""Compare two systems by pairs of runs that share their random numbers: mean differences with intervals.

What both runs of a pair have in common, such as a busy evening, cancels in their difference. So few pairs
show what a change does (Law, Simulation Modeling and Analysis, 2015, 10.2 and 11.2).
"""

from __future__ import annotations

import math
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIDENCE = 0.95
# A spread needs two differences at least.
PAIRS_MIN = 2


class Verdict(StrEnum):
    """Whether B differs from A by more than chance, in words."""

    HIGHER = "higher"
    LOWER = "lower"
    EQUAL = "equal in every run"
    UNDECIDED = "no difference found"
    UNKNOWN = "too few runs to tell"


class PairedDifference(NamedTuple):
    """What distinguishes a figure of system B from that of system A.

    Attributes
    ----------
    n_pairs
        Pairs of which both runs have a value.
    mean_a, mean_b
        Means over these pairs; NaN without a pair.
    difference
        Mean of B less A.
    low, high
        Bounds of its confidence interval; NaN with fewer than `PAIRS_MIN` pairs.
    verdict
        Whether the interval leaves out zero, and to which side.
    """

    n_pairs: int
    mean_a: float
    mean_b: float
    difference: float
    low: float
    high: float
    verdict: Verdict


def compare_pairs(a: NDArray[np.float64], b: NDArray[np.float64]) -> PairedDifference:
    """Compare a figure of two systems by Student's paired t interval.

    Parameters
    ----------
    a, b
        float64 (n_runs,), its values in the runs of each system; run i of both has the same random numbers.
        NaN where a run has no value, such as the mean time of no order.
    """
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = a[both], b[both]
    n, differences = len(a), b - a
    if n == 0:
        return PairedDifference(0, *(math.nan,) * 5, Verdict.UNKNOWN)
    means = (float(a.mean()), float(b.mean()), float(differences.mean()))
    if n < PAIRS_MIN:
        return PairedDifference(n, *means, math.nan, math.nan, Verdict.UNKNOWN)
    if not differences.any():
        return PairedDifference(n, *means, 0.0, 0.0, Verdict.EQUAL)
    half = student_quantile(n - 1, CONFIDENCE) * float(differences.std(ddof=1)) / math.sqrt(n)
    low, high = means[2] - half, means[2] + half
    verdict = Verdict.HIGHER if low > 0 else Verdict.LOWER if high < 0 else Verdict.UNDECIDED
    return PairedDifference(n, *means, low, high, verdict)


@cache
def student_quantile(freedom: int, confidence: float) -> float:
    """Compute the t within which Student's distribution lies with a probability, to both sides of zero.

    Parameters
    ----------
    freedom
        Degrees of freedom, at least 1.
    confidence
        The probability, 0 < confidence < 1.
    """
    # By halving: of the angle atan(t / sqrt(freedom)), which has bounds. 60 halves are a double's precision.
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        if _probability_within(middle, freedom) < confidence:
            low = middle
        else:
            high = middle
    return math.sqrt(freedom) * math.tan((low + high) / 2)


def _probability_within(angle: float, freedom: int) -> float:
    """Compute Student's probability of -t to t (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    sine, cosine = math.sin(angle), math.cos(angle)
    # The sum over odd or even powers of the cosine, each term a fraction of the one before it.
    first = 1 if freedom % 2 == 0 else 2
    term, total = (1.0 if freedom % 2 == 0 else cosine), 0.0
    for k in range(first, freedom, 2):
        total += term
        term *= k / (k + 1) * cosine**2
    return sine * total if freedom % 2 == 0 else 2 / math.pi * (angle + sine * total)
