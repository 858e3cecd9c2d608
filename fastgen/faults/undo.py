"""Undo the faults of a stream: from what it has and the ledger, make the clean stream so far.

Each entry of the ledger says which part of a line took the place of which other part. They are undone in the
reverse order. Copies are left out; rows that are lost or not emitted yet are taken from the ledger. The rows
are then ordered as the wire orders them.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from fastgen.errors import DataError
from fastgen.faults.kinds import DELAYING, DROPPING
from fastgen.faults.ledger import SCHEMA
from fastgen.faults.plan import LINE_FORMATS
from fastgen.files import open_regular
from fastgen.paths import check_input

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# Kinds whose entry has the whole line as `before`, while the row itself is not in the stream.
_WITH_LINE = DROPPING | DELAYING
_SUFFIXES = tuple(f".{name}" for name in LINE_FORMATS)


class Entry(NamedTuple):
    """An entry of the ledger; attributes as its columns."""

    event_id: str
    file: str | None
    line: int | None
    kind: str
    before: bytes | None
    after: bytes | None
    fault: int
    copy: int
    at: int | None


def undo_faults(stream: str | Path, ledger: str | Path) -> list[bytes]:
    """Make the clean stream.

    Parameters
    ----------
    stream
        Folder of a replay, or the file of a slice, as JSON lines; files that end in .gz are unpacked.
    ledger
        The ledger that belongs to it.

    Returns
    -------
    list of bytes
        The lines, in the order of the wire; all of them are in memory.

    Raises
    ------
    DataError
        If one can't be read, or they don't belong together.
    """
    entries = read_ledger(check_input(ledger, "ledger"))
    placed: dict[tuple[str, int], list[Entry]] = defaultdict(list)
    absent: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.file is not None and entry.line is not None:
            placed[entry.file, entry.line].append(entry)
        elif entry.copy == 0:  # a copy that never came leaves nothing to undo
            absent[entry.event_id].append(entry)
    clean = []
    for path, name in _files(check_input(stream, "stream"), {name for name, _ in placed}):
        for number, line in enumerate(_lines(path), start=1):
            own = placed.pop((name, number), [])
            if not any(entry.copy for entry in own):
                clean.append(_undone(line, own, f"{path}: line {number}") if own else line)
    if placed:
        name, number = min(placed)
        raise DataError(f"{stream}: expected line {number} of {name}, which the ledger names, got none.")
    clean += [_restored(own, str(ledger)) for own in absent.values()]
    return _in_order(clean, str(stream))


def read_ledger(path: Path) -> list[Entry]:
    """Read the entries of a ledger.

    Raises
    ------
    DataError
        If it can't be read, or isn't a ledger.
    """
    try:
        # Arrow takes a relative path such as run:1 for a URL, so it gets the open file.
        with open_regular(path) as file:
            table = pq.ParquetFile(file, pre_buffer=False, page_checksum_verification=True).read()
    except OSError as error:
        raise DataError(f"{path}: expected a ledger of faults, got: {error.strerror or error}.") from None
    except pa.ArrowException as error:
        raise DataError(f"{path}: expected a ledger of faults, got: {error}.") from None
    if table.schema.remove_metadata() != SCHEMA:
        raise DataError(
            f"{path}: expected a ledger of faults, got the columns {', '.join(table.column_names)}."
        )
    table = table.select(list(Entry._fields))
    return [Entry(*row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]


def _files(stream: Path, named: set[str]) -> Iterator[tuple[Path, str]]:
    """List the files of a stream, and what the ledger calls each.

    Parameters
    ----------
    stream
        A folder, or the one file of a slice, which may have been renamed.
    named
        The names in the ledger.
    """
    if not stream.is_dir():
        yield stream, min(named) if len(named) == 1 else stream.name
        return
    for path in sorted(stream.glob("events-*")):
        if not path.name.endswith(_SUFFIXES):
            raise DataError(f"{path}: expected JSON lines, {' or '.join(_SUFFIXES)}, got another format.")
        yield path, path.name


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as file:
            yield from file
    except (OSError, EOFError) as error:
        raise DataError(f"{path}: expected readable JSON lines, got: {error}.") from None


def _undone(line: bytes, entries: Sequence[Entry], where: str) -> bytes:
    """Undo the changes of a line, the last one first."""
    # Positions of a change are those after the faults before it.
    for entry in sorted(entries, key=lambda entry: -entry.fault):
        if entry.kind in _WITH_LINE or entry.before is None or entry.after is None:
            continue
        first = entry.at or 0
        if line[first : first + len(entry.after)] != entry.after:
            raise DataError(f"{where}: expected what fault {entry.fault} made of it, got another line.")
        line = line[:first] + entry.before + line[first + len(entry.after) :]
    return line


def _restored(entries: list[Entry], ledger: str) -> bytes:
    """Make the clean line of a row that is lost, or not emitted yet."""
    held = [entry for entry in entries if entry.kind in _WITH_LINE and entry.before is not None]
    if not held:
        raise DataError(f"{ledger}: expected the line of event {entries[0].event_id}, got none.")
    # The entry with the line as it was before most of the faults; a later one has it with more of them.
    first = min(held, key=lambda entry: entry.fault)
    earlier = [entry for entry in entries if entry.fault < first.fault]
    return _undone(first.before or b"", earlier, ledger)


def _in_order(lines: list[bytes], stream: str) -> list[bytes]:
    """Sort lines by time, order id as text, and sequence."""
    try:
        texts = pl.Series(lines, dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        raise DataError(f"{stream}: expected clean lines once the faults are undone, got no UTF-8.") from None
    keys = pl.DataFrame({"line": texts}).select(
        pl.col("line").str.extract(r'"ts":"([^"]*)"').alias("ts"),
        pl.col("line").str.extract(r'"order_id":"([^"]*)"').alias("order_id"),
        pl.col("line").str.extract(r'"sequence":(\d+)').cast(pl.Int64).alias("sequence"),
    )
    if any(keys.null_count().row(0)):
        raise DataError(f"{stream}: expected clean lines once the faults are undone, got others.")
    return [lines[i] for i in keys.select(pl.arg_sort_by(*keys.columns)).to_series()]
