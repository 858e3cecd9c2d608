"""Write event files by Polars' own Parquet writer, from frames that share memory with the event maker's rows.

Polars' streaming engine asks for a frame when it has room for one. So a file of any size is written with only
a few chunks in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Literal, cast

import polars as pl
from polars.io.plugins import register_io_source

from fastgen.building.writing import file_metadata
from fastgen.dataset.layout import ROW_GROUP_ROWS, Layout
from fastgen.dataset.reading.scan import polars_schema
from fastgen.errors import OutputError
from fastgen.generating.frames import to_frame
from fastgen.parquet.chunk_hashes import FOOTER_END_BYTES, hash_footer
from fastgen.parquet.codecs import ZSTD_LEVEL
from fastgen.parquet.file import Written
from fastgen.parquet.whole_file import WholeFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastgen.building.plan import BuildPlan
    from fastgen.generating.maker import EventMaker
    from fastgen.parquet.codecs import Compression

    PolarsCompression = Literal["zstd", "snappy", "uncompressed"]

COMPRESSIONS: dict[Compression, PolarsCompression] = {
    "zstd": "zstd",
    "snappy": "snappy",
    "none": "uncompressed",
}


class PolarsWriter:
    """Writes row groups of equal numbers of rows; see `EventWriter`.

    Parameters
    ----------
    plan
        The plan.
    maker
        Makes the rows; its buffers have the chunk to write.
    """

    def __init__(self, plan: BuildPlan, maker: EventMaker) -> None:
        self._plan, self._maker = plan, maker
        self._schema = polars_schema(plan.table_form)
        if plan.layout is Layout.HIVE:  # their folder says the location
            del self._schema["location_id"]

    def write(self, path: Path, chunks: Iterator[int], *, make_folder: bool) -> Written:
        """Write a file, whole or not at all."""
        n_rows = 0

        # Polars passes columns, a filter and a row limit; for a sink of all rows they restrict nothing.
        def make(*_pushed_down: object) -> Iterator[pl.DataFrame]:
            nonlocal n_rows
            for location_id in chunks:
                frame = to_frame(
                    self._maker.buffers, location_id, self._plan.table_form, self._schema.names()
                )
                # Polars may still read this frame while the next chunk is made: that one gets new buffers.
                self._maker.free()
                n_rows += frame.height
                yield frame

        with WholeFile(path, make_folder=make_folder) as file:
            target = _Target(file)
            try:
                sink_frames(register_io_source(make, schema=self._schema), target, self._plan)
            # Polars wraps an error of `_Target.write` in its own; the user gets the one of the disk.
            except pl.exceptions.PolarsError:
                if target.error is not None:
                    raise target.error from None
                raise
            footer = _read_footer(file)
            return Written(n_rows, file.size, file.finish(), hash_footer(footer))


def sink_frames(frame: pl.LazyFrame, target: _Target, plan: BuildPlan) -> None:
    """Let Polars write a lazy frame in the form that a plan states."""
    frame.sink_parquet(
        cast("BinaryIO", target),  # Polars calls only its methods write and flush
        compression=COMPRESSIONS[plan.compression],
        compression_level=ZSTD_LEVEL if plan.compression == "zstd" else None,
        row_group_size=ROW_GROUP_ROWS,
        metadata=file_metadata(plan),
        engine="streaming",
    )


class _Target:
    """The file object that Polars writes to.

    Parameters
    ----------
    file
        The file that gets the bytes.

    Attributes
    ----------
    error
        The error of a write that failed, or None.
    """

    def __init__(self, file: WholeFile) -> None:
        self._file = file
        self.error: OutputError | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._file.write(data)
        except OutputError as error:
            self.error = error
            raise

    def flush(self) -> None:
        """Do nothing: `WholeFile.finish` flushes the file to disk."""


def _read_footer(file: WholeFile) -> bytes:
    """Read the footer of a file that Polars has finished, with the length and magic bytes that follow it."""
    length = int.from_bytes(file.read_tail(FOOTER_END_BYTES)[:4], "little")
    return file.read_tail(length + FOOTER_END_BYTES)
