"""Give the recorded orders of a universe to a build: a source of orders that reads them back."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.universes.recorded_orders import read_recorded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders
    from fastgen.model.order_source import OrderRange
    from fastgen.model.route_table import RouteTable
    from fastgen.universes.recorded_orders import RecordedOrders

# Days are asked for one after the other, so the file of the last one is mostly that of the next one too.
_FILES_KEPT = 8


class RecordedSource:
    """An `OrderSource` whose orders are in files; attributes are those of the protocol.

    Parameters
    ----------
    name
        Name and version of the engine with the hash of the templates.
    files
        By location_id: by the first day of each file, its path.
    n_orders
        By location_id, int64 (n_days,).
    lines_max, longest_preparation_s
        Those of all orders.
    """

    may_end_early = True

    def __init__(
        self,
        name: str,
        files: Mapping[int, Mapping[int, Path]],
        n_orders: Mapping[int, NDArray[np.int64]],
        lines_max: int,
        longest_preparation_s: int,
    ) -> None:
        self.name: str | None = name
        self.n_orders = dict(n_orders)
        self.lines_max, self.longest_preparation_s = lines_max, longest_preparation_s
        self._files = files
        self._read = lru_cache(_FILES_KEPT)(read_recorded)
        counts = np.stack([*self.n_orders.values()], axis=1)
        # Counted day by day, so that a longer run keeps the ids of a shorter one.
        first = np.cumsum(counts.ravel()).reshape(counts.shape) - counts
        self.first_index = {key: first[:, row].copy() for row, key in enumerate(self.n_orders)}
        self.expected_orders = {key: n.astype(np.float64) for key, n in self.n_orders.items()}

    def fill(
        self, location_id: int, ranges: Sequence[OrderRange], routes: RouteTable, orders: DayOrders
    ) -> None:
        """Read the orders of the given ranges; see `OrderSource.fill`."""
        del routes
        at, line = 0, int(orders.line_start[0])
        for day, first_rank, n, _ in ranges:
            found = self._read(self._find_file(location_id, day))
            # The orders of a file are sorted by day, then as they are ranked within it.
            first = int(np.searchsorted(found.day, day)) + first_rank
            line = _copy(found, first, orders, at, n, line)
            at += n

    def _find_file(self, location_id: int, day: int) -> Path:
        files = self._files[location_id]
        return files[max(first for first in files if first <= day)]

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the files that are in memory."""
        return {key: value for key, value in vars(self).items() if key != "_read"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Begin without files in memory."""
        vars(self).update(state, _read=lru_cache(_FILES_KEPT)(read_recorded))


def _copy(found: RecordedOrders, first: int, orders: DayOrders, at: int, n: int, line: int) -> int:
    """Copy n orders and their lines; return where the next order's lines begin."""
    mine, theirs = slice(at, at + n), slice(first, first + n)
    for name in ("draw", "times_us", "customer", "house_number"):
        getattr(orders, name)[mine] = getattr(found, name)[theirs]
    if orders.endings is not None:
        for name in orders.endings._fields:
            getattr(orders.endings, name)[mine] = getattr(found, name)[theirs]
    begins, ends = found.line_start[first], found.line_start[first + n]
    orders.line_start[at : at + n + 1] = found.line_start[first : first + n + 1] + line - begins
    lines = slice(line, line + int(ends - begins))
    orders.line_item[lines] = found.line_item[begins:ends]
    # Every line is one piece of its item.
    orders.line_qty[lines] = 1
    return lines.stop
