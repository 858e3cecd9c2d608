"""Split a large event file into spans of days, which threads check at the same time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.dataset.layout import ROW_GROUP_ROWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastgen.events.day_digest import DayDigest

# Fewest rows of a span: the row groups at its ends are decoded for its neighbours, too.
SPAN_ROWS_MIN = 4 * ROW_GROUP_ROWS


class Span(NamedTuple):
    """Location-days of a file that follow each other, and their rows in it."""

    days: Sequence[DayDigest]
    rows: range


def split_days(days: Sequence[DayDigest], n_rows: int, n_spans: int) -> list[Span]:
    """Split the days of a file into spans of about as many rows.

    Parameters
    ----------
    days
        The location-days of the file, in the order of its rows.
    n_rows
        Rows that the file has; more or fewer than those of its days, if it is damaged.
    n_spans
        Most spans; a file without `SPAN_ROWS_MIN` rows for each of them gets fewer.
    """
    ends = np.cumsum([0, *(d.rows for d in days)])
    n = max(1, min(n_spans, int(ends[-1]) // SPAN_ROWS_MIN))
    # A day is never split: its digest runs over its columns, one after the other.
    inner = np.unique(np.searchsorted(ends, ends[-1] * np.arange(1, n) // n))
    edges = [0, *inner[(inner > 0) & (inner < len(days))].tolist(), len(days)]
    # The last span also has the rows beyond the last day.
    bounds = [*ends[edges[:-1]].tolist(), n_rows]
    return [
        Span(days[low:high], range(start, stop))
        for (low, high), (start, stop) in zip(pairwise(edges), pairwise(bounds), strict=True)
    ]
