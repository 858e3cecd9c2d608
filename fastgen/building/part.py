"""Make one file of a plan, alone: the unit of parallelism, retry and resume."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from fastgen.dataset.layout import ROW_GROUP_ROWS, Layout
from fastgen.dataset.manifest_entries import FileEntry
from fastgen.events.digest import DayDigest, digest_day
from fastgen.events.row_group import GroupEncoder, file_fields
from fastgen.generating.maker import EventMaker
from fastgen.parquet.codecs import make_codec
from fastgen.parquet.file import FileWriter
from fastgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.building.plan import BuildPlan, OutputFile
    from fastgen.events.buffers import EventBuffers
    from fastgen.generating.maker import DayPart

ORDER_OF_ROWS = "location_id, day, created, draw, sequence"
# Row groups have equal numbers of orders, so their rows differ a little: aim below the limit.
ROW_GROUP_MEAN = ROW_GROUP_ROWS * 31 // 32


class PartResult(NamedTuple):
    """Result of one file: its entry in the manifest, and the digests of its location-days."""

    entry: FileEntry
    days: tuple[DayDigest, ...]


class PartBuilder:
    """Makes files of one plan, one after another, in the same memory.

    Parameters
    ----------
    plan
        The plan.
    progress
        Called with (orders, rows) after every chunk; it may raise to end the build.
    """

    def __init__(self, plan: BuildPlan, progress: Callable[[int, int], None]) -> None:
        self._plan = plan
        self._progress = progress
        self._maker = EventMaker(plan)
        self._codec = make_codec(plan.compression)

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
                for parts in self._maker.chunks(span):
                    days += self._expand(span.location_id, parts)
                    _write_groups(self._maker.buffers, encoder, writer)
            written = writer.finish()
        if any(d.digest == "" for d in days):
            self._maker.free()  # room for the columns read back
            # Only here: its Arrow functions take a tenth of a small build's time to load.
            from fastgen.dataset.reading.digest_file import digest_file_days  # noqa: PLC0415
            from fastgen.dataset.reading.event_file import EventFile  # noqa: PLC0415

            with EventFile(folder, FileEntry(place, *written)) as made:
                days = digest_file_days(made, _merge_parts(days))
        return PartResult(FileEntry(file.path, *written), tuple(days))

    def _expand(self, location_id: int, parts: list[DayPart]) -> list[DayDigest]:
        """Make the rows of a chunk, and digest its days while the cache still has them."""
        buffers, days, at = self._maker.buffers, list[DayDigest](), 0
        for day, first, at, is_whole in parts:
            buffers.expand(first, at)
            if is_whole:
                days.append(digest_day(location_id, day, buffers, first, at))
            else:
                rows = buffers.count_rows(at) - buffers.count_rows(first)
                days.append(DayDigest(location_id, day, at - first, rows, 0, ""))
        self._progress(at, buffers.count_rows(at))
        return days


def _write_groups(buffers: EventBuffers, encoder: GroupEncoder, writer: FileWriter) -> None:
    """Write what is expanded as row groups of equal numbers of orders."""
    n_orders = len(buffers.orders.draw)
    n_groups = math.ceil(buffers.count_rows(n_orders) / ROW_GROUP_MEAN) or 1
    edges = [n_orders * group // n_groups for group in range(n_groups + 1)]
    for first, last in pairwise(edges):
        if last > first:
            n_rows = buffers.count_rows(last) - buffers.count_rows(first)
            writer.add_group(n_rows, encoder.encode(buffers, first, last))


def _merge_parts(days: list[DayDigest]) -> list[DayDigest]:
    """Add up the parts of a day that was too large to be made at once."""
    merged: dict[tuple[int, int], DayDigest] = {}
    for d in days:
        known = merged.get((d.location_id, d.day))
        merged[d.location_id, d.day] = (
            d if known is None else known._replace(orders=known.orders + d.orders, rows=known.rows + d.rows)
        )
    return list(merged.values())
