"""Turn the fine bins of a tally into those of a chart, and into percentiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.reporting.axes import bin_starts_s
from fastgen.reporting.kernels.count_orders import FINE_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Widths of the bins of a chart, seconds, and the most of them.
WIDTHS_S = (5, 10, 15, 30, 60, 120, 300, 600, 1800)
BINS_MAX = 120
# A chart leaves less than this share of the orders to its last bin, which is open.
TAIL = 0.001
# A model is compared with its own percentiles in these.
PERCENTILES = (50, 75, 99)


class Curve(NamedTuple):
    """Orders by a time, in bins of one width.

    Attributes
    ----------
    seconds
        int64 (n,), where the bins begin; the last one is open.
    width_s
        Width of a bin.
    place
        int64 (N_BINS,), the bin here of each bin of a tally.
    orders, expected
        int64 and float64 (n,), orders that there are, and that the model expects (NaN: not known).
    """

    seconds: NDArray[np.int64]
    width_s: int
    place: NDArray[np.int64]
    orders: NDArray[np.int64]
    expected: NDArray[np.float64]

    def rebin(self, values: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum values in the bins of a tally, (N_BINS,), to those of this curve, float64 (n,)."""
        n_bins = len(self.seconds)
        return np.bincount(self.place, values, minlength=n_bins)[:n_bins].astype(np.float64)


def make_curve(counts: NDArray[np.int64], expected: NDArray[np.float64], shift_s: int = 0) -> Curve:
    """Make the curve of a time.

    Parameters
    ----------
    counts, expected
        (N_BINS,), orders in the bins of a tally.
    shift_s
        How much longer the times are in the tally.
    """
    starts = bin_starts_s()
    if not counts.any():
        none = np.zeros(0, np.int64)
        return Curve(none, WIDTHS_S[0], np.zeros(len(starts), np.int64), none, np.zeros(0))
    first, last = (int(starts[_find_rank(counts, share)]) for share in (TAIL, 1.0 - TAIL))
    # Without a shift a time begins at 0; bins of a chart begin at multiples of their width, as 0 does.
    low = first if shift_s else 0
    width = next(
        (w for w in WIDTHS_S if (last - low) // w < BINS_MAX and (last < FINE_S or w >= 60)),  # noqa: PLR2004
        WIDTHS_S[-1],
    )
    origin = (low - shift_s) // width
    place = np.clip((starts - shift_s) // width - origin, 0, (last - shift_s) // width - origin)
    orders, mean = np.bincount(place, counts), np.bincount(place, expected)
    begins = (np.arange(len(orders)) + origin) * width
    return Curve(begins, width, place, orders.astype(np.int64), mean.astype(np.float64))


def find_percentiles(
    counts: NDArray[np.int64] | NDArray[np.float64], shift_s: int = 0, shares: Sequence[int] = PERCENTILES
) -> list[int | None]:
    """Find percentiles of a time, whole seconds; those above two hours are rounded down to minutes.

    A percentile is the least time that as many per cent of the orders don't exceed: one of their own times,
    as quantile_disc of SQL gives it.

    Parameters
    ----------
    counts
        (N_BINS,), orders, or their probabilities; NaN: not known.
    shift_s
        How much longer the times are in the tally.
    shares
        The percentiles, per cent.

    Returns
    -------
    list of int or None
        None where there are no orders.
    """
    if np.isnan(counts).any() or not counts.any():
        return [None] * len(shares)
    starts = bin_starts_s()
    return [int(starts[_find_rank(counts, share / 100)]) - shift_s for share in shares]


def _find_rank(counts: NDArray[np.int64] | NDArray[np.float64], share: float) -> int:
    """Find the first bin up to which there are at least a share of the counts."""
    ends = np.cumsum(counts)
    # Rounding must not ask for more than there are.
    wanted = share * ends[-1] * (1.0 - 1e-12)
    return int(np.searchsorted(ends, wanted))
