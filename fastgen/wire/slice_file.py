"""Write the events of a window of dataset time to a stream, in the wire format or as stored columns."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from fastgen.dataset.index import select_ids, select_types
from fastgen.dataset.instants import Instant, parse_instant
from fastgen.dataset.opened import OpenDataset, index_of
from fastgen.errors import ScenarioError
from fastgen.wire.form import WireForm
from fastgen.wire.formats import WRITERS, Encoders, open_parquet
from fastgen.wire.slicer import Slicer, read_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import polars as pl

    from fastgen.dataset.index import DatasetIndex

FORMATS = ("jsonl", "csv", "parquet")


def write_slice(
    dataset: str | Path | OpenDataset,
    start: Instant,
    end: Instant,
    stream: IO[bytes],
    *,
    locations: Sequence[str] | None = None,
    types: Sequence[str] | None = None,
    format: str = "jsonl",  # noqa: A002  # the option's name
    raw: bool = False,
) -> int:
    """Write the events of a window, ordered by time, order id and sequence.

    Parameters
    ----------
    dataset
        Folder that `fastgen build` made, or a dataset that is open.
    start, end
        The window; the end is excluded. See `parse_instant`.
    stream
        Binary stream; flushed at the end and left open.
    locations, types
        Codes or ids; event type names; None: all.
    format
        "jsonl", "csv" or "parquet".
    raw
        Whether to write the stored columns instead of the wire format.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    ScenarioError
        If an option is impossible.
    DataError
        If there is no dataset.
    DamageError
        If the dataset is damaged, or built anew meanwhile.
    """
    index = index_of(dataset)
    start_s, end_s = parse_window(index, start, end, format)
    ids, type_ids = select_ids(index, locations), select_types(types)
    if raw:
        from fastgen.wire.raw_rows import raw_days  # noqa: PLC0415  # the wire format does without

        frames = raw_days(index, (start_s, end_s), ids, type_ids)
        n_rows = _RAW_WRITERS[format](frames, stream)
    else:
        writer, n_rows = WRITERS[format](stream, Encoders(WireForm.canonical(index.digest)), 0), 0
        slicer = Slicer(index, locations=ids, types=type_ids)
        for chunk in read_ahead(slicer.chunks(start_s, end_s)):
            writer.write(chunk)
            n_rows += chunk.n_rows
        writer.close()
    stream.flush()
    return n_rows


def parse_window(
    index: DatasetIndex,
    start: Instant,
    end: Instant,
    format: str,  # noqa: A002  # the option's name
) -> tuple[int, int]:
    """Check window and format of a slice.

    Returns
    -------
    tuple of int
        First second of the window, and the one after the last.

    Raises
    ------
    ScenarioError
        If one is impossible.
    """
    if format not in FORMATS:
        raise ScenarioError(f"format: expected {', '.join(FORMATS)}, got {format!r}.")
    start_s, end_s = parse_instant(start, index.epoch_s, "from"), parse_instant(end, index.epoch_s, "to")
    if end_s < start_s:
        raise ScenarioError(f"to: expected an instant not before that of from, {start}, got {end}.")
    return start_s, end_s


def _write_raw_lines(frames: Iterator[pl.DataFrame], stream: IO[bytes]) -> int:
    n_rows = 0
    for frame in frames:
        stream.write(frame.write_ndjson().encode())
        n_rows += frame.height
    return n_rows


def _write_raw_csv(frames: Iterator[pl.DataFrame], stream: IO[bytes]) -> int:
    n_rows = 0
    for number, frame in enumerate(frames):
        stream.write(frame.write_csv(include_header=number == 0).encode())
        n_rows += frame.height
    return n_rows


def _write_raw_parquet(frames: Iterator[pl.DataFrame], stream: IO[bytes]) -> int:
    import polars as pl  # noqa: PLC0415  # as `raw_days`

    # The schema comes with the first frame, which `raw_days` yields even if it finds no row.
    writer: Any = None
    n_rows = 0
    for frame in frames:
        # Plain strings: not every PyArrow writes string views as Parquet.
        table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        writer = writer or open_parquet(stream, table.schema)
        writer.write_table(table)
        n_rows += frame.height
    writer.close()
    return n_rows


_RAW_WRITERS = {"jsonl": _write_raw_lines, "csv": _write_raw_csv, "parquet": _write_raw_parquet}
