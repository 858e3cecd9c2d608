"""Make one file of a plan, alone: the unit of parallelism, retry and resume."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from fastgen import __version__
from fastgen.building.plan import PART_EVENTS
from fastgen.dataset.layout import Layout
from fastgen.dataset.manifest import FileEntry
from fastgen.dataset.reader import file_schema
from fastgen.dataset.writer import write_frame, write_stream
from fastgen.events.buffer import EventBuffer, route_arrays
from fastgen.events.digest import DayDigest, DayDigester
from fastgen.model.day_orders import DayOrders
from fastgen.simulate.day import simulate_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastgen.building.plan import BuildPlan, OutputFile, Span

ORDER_OF_ROWS = "location_id, day, created, draw, sequence"
# A day up to this is made in one piece, a larger one in pieces of half a part: the writer holds two or three.
WHOLE_DAY_EVENTS = PART_EVENTS * 5 // 4
PIECE_EVENTS = PART_EVENTS // 2


class Stretch(NamedTuple):
    """Some orders of one day: the day, the rank of the first one, and how many."""

    day: int
    first_rank: int
    n_orders: int


class PartResult(NamedTuple):
    """What came of one file."""

    entry: FileEntry
    days: tuple[DayDigest, ...]


class PartBuilder:
    """Makes files of one plan, one after another, in the same buffers.

    Parameters
    ----------
    plan
        The plan.
    progress
        Called with (orders, rows) after every stretch; it may raise to end the build.
    """

    def __init__(self, plan: BuildPlan, progress: Callable[[int, int], None]) -> None:
        self._plan = plan
        self._progress = progress
        self._buffer = EventBuffer(plan.sequence_kind)
        self._digester = DayDigester()
        self._orders = DayOrders.empty(0, 1)
        self._routes = {key: route_arrays(table) for key, table in plan.tables.items()}

    def build(self, file: OutputFile, folder: Path) -> PartResult:
        """Write one file of the plan below `folder`.

        Raises
        ------
        OutputError
            If it can't be written; nothing is left behind.
        """
        plan, days = self._plan, list[DayDigest]()
        chunks = [(span, chunk) for span in file.spans for chunk in self._chunks(span)]
        path = folder / file.path
        metadata = {
            "fastgen.version": __version__,
            "fastgen.scenario": plan.scenario.content_hash(),
            "fastgen.sorted_by": ORDER_OF_ROWS,
        }
        if len(chunks) == 1 and plan.layout is Layout.HIVE:
            frame = self._frame(*chunks[0], days)
            sha256 = write_frame(path, frame, plan.compression, metadata)
            rows = frame.height
        else:
            rows = 0

            def frames() -> Iterator[pl.DataFrame]:
                nonlocal rows
                for chunk in chunks:
                    # The writer may still hold the frame before: every one has buffers of its own.
                    self._buffer = EventBuffer(plan.sequence_kind)
                    frame = self._frame(*chunk, days)
                    rows += frame.height
                    yield frame

            schema = file_schema(plan.layout, plan.sequence_kind)
            sha256 = write_stream(path, schema, frames(), plan.compression, metadata)
        if any(d.digest == "" for d in days):
            self._buffer = EventBuffer(plan.sequence_kind)  # room for the columns read back
            # Only here: its Arrow functions take a tenth of a small build's time to load.
            from fastgen.dataset.digest_file import digest_file_days  # noqa: PLC0415

            days = digest_file_days(path, _merge_stretches(days))
        return PartResult(FileEntry(file.path, rows, path.stat().st_size, sha256), tuple(days))

    def _chunks(self, span: Span) -> list[list[Stretch]]:
        """Cut a span into pieces that are made at once: all of it, or stretches of one large day."""
        n_orders = self._plan.n_orders[span.location_id]
        days = range(span.first_day, span.last_day + 1)
        events_per_order = self._plan.tables[span.location_id].events_per_order
        if len(days) > 1 or n_orders[span.first_day] * events_per_order <= WHOLE_DAY_EVENTS:
            return [[Stretch(day, 0, int(n_orders[day])) for day in days]]
        day, total = span.first_day, int(n_orders[span.first_day])
        piece = max(1, int(PIECE_EVENTS / events_per_order))
        return [[Stretch(day, rank, min(piece, total - rank))] for rank in range(0, total, piece)]

    def _simulate(self, location_id: int, stretches: list[Stretch]) -> DayOrders:
        plan, model = self._plan, self._plan.models[location_id]
        total = sum(stretch.n_orders for stretch in stretches)
        if len(self._orders.draw) < total or self._orders.line_item.size < total * model.lines_max:
            self._orders = DayOrders.empty(total * 5 // 4, model.lines_max)
        n_customers, at = plan.tables[location_id].n_customers, 0
        for day, first_rank, n in stretches:
            first_index = int(plan.first_index[location_id][day]) + first_rank
            orders = self._orders.section(at, at + n)
            simulate_day(model, n_customers, day, first_rank, first_index, orders)
            at += n
        return self._orders.section(0, total)

    def _frame(self, span: Span, stretches: list[Stretch], days: list[DayDigest]) -> pl.DataFrame:
        """Make the rows of some stretches, and append the digests of their days."""
        plan, location_id = self._plan, span.location_id
        orders = self._simulate(location_id, stretches)
        epoch = dt.datetime.combine(plan.scenario.start, dt.time(), dt.UTC)
        interval_s = plan.scenario.driver.ping_interval_s
        routes = self._routes[location_id]
        events = self._buffer.expand(orders, routes, plan.items, int(epoch.timestamp()), interval_s)
        at = 0
        for day, _, n in stretches:
            if n == plan.n_orders[location_id][day]:
                digest = self._digester.digest(location_id, day, orders, routes, events, at, at + n)
            else:
                rows = int(events.row_start[at + n] - events.row_start[at])
                digest = DayDigest(location_id, day, n, rows, 0, "")
            days.append(digest)
            at += n
        self._progress(len(orders.draw), self._buffer.n_rows)
        written_id = location_id if plan.layout is Layout.SINGLE else None
        frame = pl.from_arrow(self._buffer.to_arrow(written_id), rechunk=False)
        if not isinstance(frame, pl.DataFrame):
            raise TypeError("Expected a frame of a table.")
        return frame


def _merge_stretches(days: list[DayDigest]) -> list[DayDigest]:
    """Add up the stretches of a day that was too large for one piece."""
    merged: dict[tuple[int, int], DayDigest] = {}
    for d in days:
        known = merged.get((d.location_id, d.day))
        merged[d.location_id, d.day] = (
            d if known is None else known._replace(orders=known.orders + d.orders, rows=known.rows + d.rows)
        )
    return list(merged.values())
