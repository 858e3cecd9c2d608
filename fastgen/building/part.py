"""Make a single file of a plan: the unit of parallelism, retry and resume."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fastgen.building.writing import make_writer
from fastgen.dataset.manifest_entries import FileEntry
from fastgen.events.digest import DayDigest, digest_day
from fastgen.generating.maker import EventMaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastgen.building.plan import BuildPlan, OutputFile
    from fastgen.generating.maker import DayPart


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
    """

    def __init__(self, plan: BuildPlan) -> None:
        self._maker = EventMaker(plan)
        self._writer = make_writer(plan, self._maker)

    def build(
        self,
        file: OutputFile,
        folder: Path,
        advance: Callable[[int, int], None] = lambda _orders, _events: None,
        *,
        name: str | None = None,
    ) -> PartResult:
        """Write one file of the plan below `folder`.

        Parameters
        ----------
        file
            The file.
        folder
            Folder in which the file gets its path: the work folder, or the folder of a run. Missing folders
            are created.
        advance
            Called with (orders, events) after every chunk; it may raise an error to end the build.
        name
            Name to use instead of the file's path; `folder` must exist then.

        Raises
        ------
        OutputError
            If it can't be written; nothing is left behind.
        """
        days, place = list[DayDigest](), name or file.path
        chunks = self._make_chunks(file, days, advance)
        written = self._writer.write(folder / place, chunks, make_folder=name is None)
        # A day made in several chunks was never in memory as a whole, so it is digested from the file.
        if any(d.digest == "" for d in days):
            self._maker.free()  # makes room for the columns that are read back
            # Only here: its Arrow functions take a tenth of a small build's time to load.
            from fastgen.dataset.reading.digest_file import digest_file_days  # noqa: PLC0415
            from fastgen.dataset.reading.event_file import EventFile  # noqa: PLC0415

            with EventFile(folder, FileEntry(place, *written)) as made:
                days = digest_file_days(made, _merge_parts(days))
        return PartResult(FileEntry(file.path, *written), tuple(days))

    def _make_chunks(
        self, file: OutputFile, days: list[DayDigest], advance: Callable[[int, int], None]
    ) -> Iterator[int]:
        """Make the rows of a file, chunk by chunk, and append the digests of their days to `days`."""
        for span in file.spans:
            for parts in self._maker.chunks(span):
                days += self._expand(span.location_id, parts)
                advance(parts[-1].last, self._maker.buffers.count_rows(parts[-1].last))
                yield span.location_id

    def _expand(self, location_id: int, parts: list[DayPart]) -> list[DayDigest]:
        """Make the rows of a chunk, and digest its days while the cache still has them."""
        buffers, days = self._maker.buffers, list[DayDigest]()
        for day, first, last, is_whole in parts:
            buffers.expand(first, last)
            if is_whole:
                days.append(digest_day(location_id, day, buffers, first, last))
            else:  # an empty digest marks a part of a day
                rows = buffers.count_rows(last) - buffers.count_rows(first)
                days.append(DayDigest(location_id, day, last - first, rows, 0, ""))
        return days


def _merge_parts(days: list[DayDigest]) -> list[DayDigest]:
    """Add up the parts of each day that was made in several chunks."""
    merged: dict[tuple[int, int], DayDigest] = {}
    for d in days:
        known = merged.get((d.location_id, d.day))
        merged[d.location_id, d.day] = (
            d if known is None else known._replace(orders=known.orders + d.orders, rows=known.rows + d.rows)
        )
    return list(merged.values())
