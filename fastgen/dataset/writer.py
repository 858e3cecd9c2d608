"""Write frames of events as one Parquet file, whole or not at all."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Literal

import polars as pl
from polars.io.plugins import register_io_source

from fastgen.dataset.layout import ROW_GROUP_ROWS
from fastgen.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

Compression = Literal["zstd", "snappy", "none"]


def write_frame(
    path: Path, frame: pl.DataFrame, compression: Compression, metadata: Mapping[str, str]
) -> str:
    """Write one frame as a Parquet file with row groups of `ROW_GROUP_ROWS`.

    Returns
    -------
    str
        SHA-256 of the file.

    Raises
    ------
    OutputError
        If it can't be written; nothing is left behind.
    """

    def write(temporary: Path) -> None:
        frame.write_parquet(
            temporary,
            compression=_codec(compression),
            row_group_size=ROW_GROUP_ROWS,
            metadata=dict(metadata),
        )

    return _write_whole(path, write)


def write_stream(
    path: Path,
    schema: pl.Schema,
    frames: Iterator[pl.DataFrame],
    compression: Compression,
    metadata: Mapping[str, str],
) -> str:
    """Write frames, one after another, as one Parquet file, holding a few of them at a time.

    Returns
    -------
    str
        SHA-256 of the file.

    Raises
    ------
    OutputError
        If it can't be written; nothing is left behind.
    """

    def produce(
        columns: list[str] | None,
        _predicate: pl.Expr | None,
        _n_rows: int | None,
        _batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        for frame in frames:
            yield frame if columns is None else frame.select(columns)

    def write(temporary: Path) -> None:
        register_io_source(produce, schema=schema).sink_parquet(
            temporary,
            compression=_codec(compression),
            row_group_size=ROW_GROUP_ROWS,
            metadata=dict(metadata),
            maintain_order=True,
            engine="streaming",
        )

    return _write_whole(path, write)


def _codec(compression: Compression) -> Literal["zstd", "snappy", "uncompressed"]:
    return "uncompressed" if compression == "none" else compression


def _write_whole(path: Path, write: Callable[[Path], None]) -> str:
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(temporary)
            sha256 = hash_file(temporary)
            _sync(temporary)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync(path.parent)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        reason = reason.rpartition("underlying IO error: ")[2]
        raise OutputError(f"{path}: expected to write the file, got: {reason}") from None
    return sha256


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
