"""Define the interface of the two writers, which turn the rows of a build into files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from fastgen.dataset.layout import Writer
from fastgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastgen.building.plan import BuildPlan
    from fastgen.generating.maker import EventMaker
    from fastgen.parquet.file import Written

# Stated in every file's footer, for readers that can use the order (docs/model.md, 6.2).
ORDER_OF_ROWS = "location_id, day, created, draw, sequence"


class EventWriter(Protocol):
    """Writes event files of one plan, one after another."""

    def write(self, path: Path, chunks: Iterator[int], *, make_folder: bool) -> Written:
        """Write a file, whole or not at all.

        Parameters
        ----------
        path
            Final path of the file.
        chunks
            Each step puts the next chunk of the file's rows into the event maker's buffers, and yields the id
            of their location.
        make_folder
            Whether to create missing folders.

        Raises
        ------
        OutputError
            If it can't be written; nothing is left behind.
        """


def make_writer(plan: BuildPlan, maker: EventMaker) -> EventWriter:
    """Make the writer that a plan states; the other one isn't imported.

    Parameters
    ----------
    plan
        The plan.
    maker
        Makes the rows.
    """
    if plan.writer is Writer.POLARS:
        from fastgen.building.polars_writer import PolarsWriter  # noqa: PLC0415  # loads Polars and PyArrow

        return PolarsWriter(plan, maker)
    from fastgen.building.fastgen_writer import FastgenWriter  # noqa: PLC0415

    return FastgenWriter(plan, maker)


def file_metadata(plan: BuildPlan) -> dict[str, str]:
    """Make the key-value metadata of a file's footer: what it was made from, and how its rows are sorted."""
    return {
        "fastgen.version": __version__,
        "fastgen.scenario": plan.scenario.content_hash(),
        "fastgen.sorted_by": ORDER_OF_ROWS,
    }
