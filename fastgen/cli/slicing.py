"""The command `fastgen slice`: write some hours of a dataset."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from fastgen.cli import datasets
from fastgen.cli import replay_options as options
from fastgen.cli.late_compiling import announced_late_compiling
from fastgen.cli.streams import STDOUT, stdout_bytes
from fastgen.errors import OutputError, ScenarioError
from fastgen.loading import uncollected

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastgen.dataset.opened import OpenDataset
    from fastgen.faults.plan import FaultPlan


@click.command("slice")
@datasets.dataset
@options.start
@options.end
@options.locations
@options.types
@options.slice_format
@options.raw
@options.output
@options.faults
@options.ledger
@datasets.of_scenario
def slice_command(
    *,
    dataset: Path | str,
    start: str,
    end: str,
    locations: tuple[str, ...] | None,
    types: tuple[str, ...] | None,
    file_format: str,
    raw: bool,
    output: Path,
    faults: Path | None,
    ledger: Path | None,
    **of_scenario: Any,
) -> None:
    """Write the events of a window of DATASET, ordered by time.

    A time T is a day number or a date, with or without a time of day: 70, 70T18:30, 2024-03-11T18:30. Only
    the files and row groups that the window needs are read. DATASET is a folder, or scenario:canonical or
    scenario:FILE for a dataset that was never written: what the window needs is made. --faults breaks the
    stream on purpose.

    \b
    Examples:
      fastgen slice dataset --from 70T18:00 --to 70T19:00 | head
      fastgen slice dataset --from 70 --to 71 --types delivered --format csv -o day70.csv
      fastgen slice dataset --from 2024-03-11 --to 2024-03-12 --raw --format parquet -o day.parquet
      fastgen slice scenario:canonical --days 7 --from 3T18:00 --to 3T19:00
      fastgen slice dataset --from 70 --to 71 -o day70.jsonl --faults faults.toml --ledger ledger.parquet
    """  # noqa: D301  # \b keeps click from joining the lines
    with uncollected():
        from fastgen.faults.slice_file import check_slice, write_slice  # noqa: PLC0415  # heavy

    settings: dict[str, Any] = {
        "locations": locations,
        "types": types,
        "format": file_format,
        "raw": raw,
        # The faults of a scenario file are for the wire: the stored columns are as a build writes them.
        "faults": faults or (None if raw else datasets.faults_of_named(dataset)),
        "ledger": ledger,
    }

    def check(undigested: OpenDataset) -> None:
        check_slice(undigested.index, start, end, **settings)

    if str(output) != STDOUT:
        _check_output(output, dataset, settings["faults"], ledger)
    opened = datasets.open_named(dataset, of_scenario, check, has_ids=not raw)

    def write(stream: IO[bytes]) -> None:
        # The ledger has the file's name without its folder, so that both can be moved together.
        write_slice(opened, start, end, stream, **settings, name=output.name)

    with announced_late_compiling():
        if str(output) == STDOUT:
            _to_stdout(write)
        else:
            _to_file(write, output)


def _check_output(
    output: Path, dataset: Path | str, faults: Path | FaultPlan | None, ledger: Path | None
) -> None:
    """Refuse a file that a slice can't be written to, before the events are made or read."""
    from fastgen.dataset.layout import check_no_part, is_part  # noqa: PLC0415  # --help does without
    from fastgen.files import check_file, check_place  # noqa: PLC0415  # --help does without

    if isinstance(dataset, Path) and is_part(output, dataset):
        raise ScenarioError(f"output: expected a file that is none of the dataset, got {output}.")
    check_no_part(output, "output")
    faults_file = faults if faults is None or isinstance(faults, Path) else Path(faults.source)
    if faults_file is not None and os.path.realpath(output) == os.path.realpath(faults_file):
        raise ScenarioError(f"output: expected a file other than that of the faults, got {output}.")
    if ledger is not None:
        from fastgen.faults.plan import check_ledger_path  # noqa: PLC0415  # only with faults

        check_ledger_path(ledger, output)
    if not _is_device(output):
        check_place(check_file(output, "output"))


def _is_device(path: Path) -> bool:
    """Whether a path is a device or a pipe, which is written to and not replaced by a file."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _to_stdout(write: Callable[[IO[bytes]], None]) -> None:
    # A reader such as `head` closes the pipe when it has enough: that is no error.
    with suppress(BrokenPipeError), stdout_bytes() as stream:
        write(stream)


def _to_file(write: Callable[[IO[bytes]], None], path: Path) -> None:
    """Write a file that appears whole; the bytes go to it as they are made, so memory stays bounded."""
    if _is_device(path):
        _to_device(write, path)
        return
    from fastgen.files import sync_folder  # noqa: PLC0415  # --help does without

    # In the same folder, so that the rename is atomic.
    temporary = path.with_name(f".{os.getpid()}.fastgen.tmp")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise OutputError(f"{path}: expected to write the file, got {error.strerror or error}.") from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _to_device(write: Callable[[IO[bytes]], None], path: Path) -> None:
    """Write to a device or a pipe, without replacing it by a file."""
    try:
        # Without O_NONBLOCK, opening a named pipe waits for a reader.
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        os.set_blocking(descriptor, True)
        with os.fdopen(descriptor, "wb") as file:
            write(file)
    except BrokenPipeError:
        pass
    except OSError as error:
        reason = "a pipe without a reader" if error.errno == errno.ENXIO else error.strerror or error
        raise OutputError(f"{path}: expected to write to it, got {reason}.") from None
