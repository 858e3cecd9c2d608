"""The command `fastgen slice`: write some hours of a dataset."""

from __future__ import annotations

import os
import sys
from typing import IO, TYPE_CHECKING

import click

from fastgen.cli import replay_options as options
from fastgen.cli.late_compiling import announced_late_compiling
from fastgen.errors import OutputError
from fastgen.loading import uncollected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STDOUT = "-"


@click.command("slice")
@options.dataset
@options.start
@options.end
@options.locations
@options.types
@options.slice_format
@options.raw
@options.output
def slice_command(
    *,
    dataset: Path,
    start: str,
    end: str,
    locations: tuple[str, ...] | None,
    types: tuple[str, ...] | None,
    file_format: str,
    raw: bool,
    output: Path,
) -> None:
    """Write the events of a window of DATASET, ordered by time.

    A time T is a day number or a date, with or without a time of day: 70, 70T18:30, 2024-03-11T18:30. Only
    the files and row groups that the window needs are read.

    \b
    Examples:
      fastgen slice dataset --from 70T18:00 --to 70T19:00 | head
      fastgen slice dataset --from 70 --to 71 --types delivered --format csv -o day70.csv
      fastgen slice dataset --from 2024-03-11 --to 2024-03-12 --locations sf --raw --format parquet -o
      day.parquet
    """  # noqa: D301  # \b keeps click from joining the lines
    with uncollected():
        from fastgen.replaying.slice_file import write_slice  # noqa: PLC0415  # heavy

    def write(stream: IO[bytes]) -> None:
        write_slice(
            dataset, start, end, stream, locations=locations, types=types, format=file_format, raw=raw
        )

    with announced_late_compiling():
        if str(output) == STDOUT:
            _to_stdout(write)
        else:
            _to_file(write, output)


def _to_stdout(write: Callable[[IO[bytes]], None]) -> None:
    try:
        write(sys.stdout.buffer)
    except BrokenPipeError:
        # The reader has seen enough. Nothing is left for the interpreter to flush into the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _to_file(write: Callable[[IO[bytes]], None], path: Path) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            write(file)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: expected to write the file, got {error.strerror or error}.") from None
    finally:
        temporary.unlink(missing_ok=True)
