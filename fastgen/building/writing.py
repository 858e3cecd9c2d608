"""The seam between the rows of a build and their files: one class for each writer."""

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
            Each step expands the next chunk of the file's rows in the event maker's buffers, and gives the
            id of their location.
        make_folder
            Whether to make missing folders.

        Raises
        ------
        OutputError
            If it can't be written; nothing is left behind.
        """


def make_writer(plan: BuildPlan, maker: EventMaker) -> EventWriter:
    """Make the writer that a plan asks for; a build loads no other.

    Parameters
    ----------
    plan
        The plan.
    maker
        What makes the rows.
    """
    if plan.writer is Writer.POLARS:
        from fastgen.building.polars_writer import PolarsWriter  # noqa: PLC0415  # loads Polars and PyArrow

        return PolarsWriter(plan, maker)
    from fastgen.building.fastgen_writer import FastgenWriter  # noqa: PLC0415

    return FastgenWriter(plan, maker)


def file_metadata(plan: BuildPlan) -> dict[str, str]:
    """Say in a file's footer what it was made from, and how its rows are sorted."""
    return {
        "fastgen.version": __version__,
        "fastgen.scenario": plan.scenario.content_hash(),
        "fastgen.sorted_by": ORDER_OF_ROWS,
    }
