"""Tasks that go wrong, by order of a test; they run in Spark's Python workers."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from fastgen.building import shared
from fastgen.errors import OutputError
from fastgen.parquet.file import FileWriter
from fastgen.roads import cache
from fastgen.spark.tasks import make_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


def make_and_die_once(
    batches: Iterator[pa.RecordBatch], *, marker: str, moment: str, **options: Any
) -> Iterator[pa.RecordBatch]:
    """Make files; the first process that gets to the moment is killed."""

    def die_once(*args: Any, **named: Any) -> Any:
        try:
            os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return real(*args, **named)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    place, name = {"file half-written": (FileWriter, "finish"), "no receipt yet": (shared, "write_whole")}[
        moment
    ]
    real = getattr(place, name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, name, die_once)
        yield from make_files(batches, **options)


def make_but_one(
    batches: Iterator[pa.RecordBatch], *, numbers: tuple[int, ...], **options: Any
) -> Iterator[pa.RecordBatch]:
    """Make files; some of them can't be written."""
    real = shared.build_part

    def refuse(ticket: shared.Ticket, number: int) -> shared.Attempt:
        if number in numbers:
            raise OutputError(f"file {number}: expected to write the file, got: No space left on device.")
        return real(ticket, number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared, "build_part", refuse)
        yield from make_files(batches, **options)


def make_and_log(batches: Iterator[pa.RecordBatch], *, log: str, **options: Any) -> Iterator[pa.RecordBatch]:
    """Make files; write down which process maps which route table."""
    real = cache.map_route_table

    def map_and_log(path: Path) -> Any:
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()} {path.name}\n")
        return real(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared, "map_route_table", map_and_log)
        yield from make_files(batches, **options)


def lose_one(batches: Iterator[pa.RecordBatch], **options: Any) -> Iterator[pa.RecordBatch]:
    """Make files, and keep one to itself."""
    for made in make_files(batches, **options):
        if made.column(0).to_pylist() != [2]:
            yield made


def fail(*_: object, **__: object) -> NoReturn:
    """Fail as no task of ours would."""
    raise ZeroDivisionError("no reason")
