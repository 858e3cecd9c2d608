"""Check what a slice is to have, and write it without faults: in the wire format, or as stored columns."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, NamedTuple

from fastgen.dataset.index import select_ids, select_types
from fastgen.dataset.instants import Instant, parse_instant
from fastgen.errors import ScenarioError
from fastgen.wire.form import WireForm
from fastgen.wire.formats import WRITERS, Encoders, open_parquet
from fastgen.wire.slicer import Slicer, read_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

    from fastgen.dataset.index import DatasetIndex
    from fastgen.wire.rows import WireChunk

FORMATS = ("jsonl", "csv", "parquet")


class SliceRequest(NamedTuple):
    """What a slice has, its options checked.

    Attributes
    ----------
    start_s, end_s
        Unix seconds; the end is excluded.
    locations, types
        Ids of locations, and numbers of event types; None: all.
    format
        "jsonl", "csv" or "parquet".
    """

    start_s: int
    end_s: int
    locations: tuple[int, ...] | None
    types: tuple[int, ...] | None
    format: str


def parse_request(
    index: DatasetIndex,
    start: Instant,
    end: Instant,
    *,
    locations: Sequence[str] | None,
    types: Sequence[str] | None,
    format: str,  # noqa: A002  # the option's name
) -> SliceRequest:
    """Check the options of a slice; parameters as `fastgen.write_slice`.

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
    return SliceRequest(start_s, end_s, select_ids(index, locations), select_types(index, types), format)


def read_slice(index: DatasetIndex, request: SliceRequest) -> Iterator[WireChunk]:
    """Read the rows of a slice, ordered by time, order id and sequence."""
    slicer = Slicer(index, locations=request.locations, types=request.types)
    return read_ahead(slicer.chunks(request.start_s, request.end_s))


def write_clean(index: DatasetIndex, request: SliceRequest, stream: IO[bytes]) -> int:
    """Write a slice in the wire format; return the number of rows."""
    writer, n_rows = WRITERS[request.format](stream, Encoders(WireForm.canonical(index.digest)), 0), 0
    for chunk in read_slice(index, request):
        writer.write(chunk)
        n_rows += chunk.n_rows
    writer.close()
    return n_rows


def write_stored(index: DatasetIndex, request: SliceRequest, stream: IO[bytes]) -> int:
    """Write the stored columns of a slice; return the number of rows."""
    from fastgen.wire.raw_rows import raw_days  # noqa: PLC0415  # the wire format does without

    frames = raw_days(index, (request.start_s, request.end_s), request.locations, request.types)
    return _RAW_WRITERS[request.format](frames, stream)


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
