"""Make one file of a plan, alone: the unit of parallelism, retry and resume."""

from __future__ import annotations

import datetime as dt
import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from fastgen.dataset.layout import ROW_GROUP_ROWS, Layout
from fastgen.dataset.manifest import FileEntry
from fastgen.events.buffers import EventBuffers, route_arrays
from fastgen.events.digest import DayDigest, digest_day
from fastgen.events.row_group import GroupEncoder, file_fields
from fastgen.model.day_orders import DayOrders
from fastgen.orders.draws import OrderRange, simulate
from fastgen.parquet.codecs import make_codec
from fastgen.parquet.file import FileWriter
from fastgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastgen.building.plan import BuildPlan, OutputFile, Span

ORDER_OF_ROWS = "location_id, day, created, draw, sequence"
# Days are made together up to so many events, a larger day alone, and one much larger in pieces: that is what
# a worker holds in memory, at any scale.
CHUNK_EVENTS = 350_000
WHOLE_DAY_EVENTS = 700_000
# Days with few orders are simulated together up to so many: their minutes take 30 KB a day.
DAYS_AT_ONCE = 128
# Groups of equal numbers of orders differ a little in rows.
ROW_GROUP_MEAN = ROW_GROUP_ROWS * 31 // 32


class PartResult(NamedTuple):
    """What came of one file."""

    entry: FileEntry
    days: tuple[DayDigest, ...]


class PartBuilder:
    """Makes files of one plan, one after another, in the same memory.

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
        self._expansion = EventBuffers()
        self._orders = DayOrders.empty(0, 1)
        self._codec = make_codec(plan.compression)
        self._routes = {key: route_arrays(table) for key, table in plan.tables.items()}
        epoch = dt.datetime.combine(plan.scenario.start, dt.time(), dt.UTC)
        self._epoch_s = int(epoch.timestamp())

    def build(self, file: OutputFile, folder: Path, *, name: str | None = None) -> PartResult:
        """Write one file of the plan below `folder`.

        Parameters
        ----------
        file
            The file.
        folder
            Folder of the dataset, or what stands for it meanwhile; missing folders are made.
        name
            Instead of the file's path, a name in `folder`, which must be there.

        Raises
        ------
        OutputError
            If it can't be written; nothing is left behind.
        """
        plan, days = self._plan, list[DayDigest]()
        place, with_location = name or file.path, plan.layout is Layout.SINGLE
        metadata = {
            "fastgen.version": __version__,
            "fastgen.scenario": plan.scenario.content_hash(),
            "fastgen.sorted_by": ORDER_OF_ROWS,
        }
        fields = file_fields(plan.sequence_kind, with_location=with_location)
        with FileWriter(folder / place, fields, self._codec, metadata, make_folder=name is None) as writer:
            for span in file.spans:
                written_id = span.location_id if with_location else None
                encoder = GroupEncoder(plan.tables[span.location_id], written_id)
                for chunk in self._chunks(span):
                    self._expand(span.location_id, chunk, days)
                    self._write_groups(encoder, writer)
            written = writer.finish()
        if any(d.digest == "" for d in days):
            self._expansion = EventBuffers()  # room for the columns read back
            # Only here: its Arrow functions take a tenth of a small build's time to load.
            from fastgen.dataset.reading.digest_file import digest_file_days  # noqa: PLC0415
            from fastgen.dataset.reading.event_file import EventFile  # noqa: PLC0415

            with EventFile(folder, FileEntry(place, *written)) as made:
                days = digest_file_days(made, _merge_stretches(days))
        return PartResult(FileEntry(file.path, *written), tuple(days))

    def _chunks(self, span: Span) -> Iterator[list[OrderRange]]:
        """Cut a span into what is made at once: some days, or a part of one large day."""
        n_orders = self._plan.n_orders[span.location_id]
        first_index = self._plan.first_index[span.location_id]
        events_per_order = self._plan.tables[span.location_id].events_per_order
        at_once = max(1, int(CHUNK_EVENTS / events_per_order))
        chunk, filled = list[OrderRange](), 0
        for day in range(span.first_day, span.last_day + 1):
            n, index = int(n_orders[day]), int(first_index[day])
            if chunk and filled + n > at_once:
                yield chunk
                chunk, filled = [], 0
            if n * events_per_order > WHOLE_DAY_EVENTS:
                for rank in range(0, n, at_once):
                    yield [OrderRange(day, rank, min(at_once, n - rank), index + rank)]
            else:
                chunk.append(OrderRange(day, 0, n, index))
                filled += n
        if chunk:
            yield chunk

    def _simulate(self, location_id: int, stretches: list[OrderRange]) -> DayOrders:
        plan, model = self._plan, self._plan.models[location_id]
        total = sum(stretch.n_orders for stretch in stretches)
        if len(self._orders.draw) < total or self._orders.line_item.size < total * model.lines_max:
            self._orders = DayOrders.empty(total * 5 // 4, model.lines_max)
        at, n_customers = 0, plan.tables[location_id].n_customers
        for first in range(0, len(stretches), DAYS_AT_ONCE):
            some = stretches[first : first + DAYS_AT_ONCE]
            n = sum(stretch.n_orders for stretch in some)
            simulate(model, n_customers, some, self._orders.section(at, at + n))
            at += n
        return self._orders.section(0, total)

    def _expand(self, location_id: int, stretches: list[OrderRange], days: list[DayDigest]) -> None:
        """Make the rows of some stretches, and append the digests of their days."""
        plan, expansion, at = self._plan, self._expansion, 0
        orders, routes = self._simulate(location_id, stretches), self._routes[location_id]
        expansion.begin(orders, routes, plan.items, self._epoch_s, plan.scenario.driver.ping_interval_s)
        for day, _, n, _ in stretches:
            expansion.expand(at, at + n)
            if n == plan.n_orders[location_id][day]:
                digest = digest_day(location_id, day, expansion, at, at + n)
            else:
                rows = expansion.count_rows(at + n) - expansion.count_rows(at)
                digest = DayDigest(location_id, day, n, rows, 0, "")
            days.append(digest)
            at += n
        self._progress(at, expansion.count_rows(at))

    def _write_groups(self, encoder: GroupEncoder, writer: FileWriter) -> None:
        """Write what is expanded as row groups of equal numbers of orders."""
        expansion, n_orders = self._expansion, len(self._expansion.orders.draw)
        n_groups = math.ceil(expansion.count_rows(n_orders) / ROW_GROUP_MEAN) or 1
        edges = [n_orders * group // n_groups for group in range(n_groups + 1)]
        for first, last in pairwise(edges):
            if last > first:
                n_rows = expansion.count_rows(last) - expansion.count_rows(first)
                writer.add_group(n_rows, encoder.encode(expansion, first, last))


def _merge_stretches(days: list[DayDigest]) -> list[DayDigest]:
    """Add up the stretches of a day that was too large for one piece."""
    merged: dict[tuple[int, int], DayDigest] = {}
    for d in days:
        known = merged.get((d.location_id, d.day))
        merged[d.location_id, d.day] = (
            d if known is None else known._replace(orders=known.orders + d.orders, rows=known.rows + d.rows)
        )
    return list(merged.values())
