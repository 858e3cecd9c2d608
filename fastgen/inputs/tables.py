"""Read and write the six dimension tables as Parquet files."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastgen.errors import DataError
from fastgen.files import read_regular, write_whole
from fastgen.model.dimensions import (
    BrandLocations,
    Brands,
    Categories,
    Dimensions,
    Items,
    Locations,
    Menus,
)
from fastgen.parquet.codecs import make_codec
from fastgen.parquet.encodings import Encoding, pack_validity, plain_texts
from fastgen.parquet.file import encode_file
from fastgen.parquet.pages import Values
from fastgen.parquet.schema import Field

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

TABLES: dict[str, type[NamedTuple]] = {
    "locations": Locations,
    "brands": Brands,
    "brand_locations": BrandLocations,
    "menus": Menus,
    "categories": Categories,
    "items": Items,
}
_FLOATS = {"lat", "lon", "growth_rate_daily", "end_day", "growth_rate_monthly", "price"}
_STRINGS = {"location_code", "name", "address", "narrative", "cuisine_type", "trajectory"}
_NULLABLE = {"end_day"}


def table_path(directory: Path, table: str) -> Path:
    """File of a table in a folder."""
    return directory / f"{table}.parquet"


def table_type(column: str) -> str:
    """Type of a column: i64, f64 or str."""
    if column in _STRINGS:
        return "str"
    return "f64" if column in _FLOATS else "i64"


def encode_table(dims: Dimensions, table: str) -> bytes:
    """Encode one table as a Parquet file, a missing end_day as null.

    Values stand as they are, not compressed: the bytes are the same whatever is installed.
    """
    columns = getattr(dims, table)._asdict()
    fields = [Field(name, table_type(name), name in _NULLABLE) for name in columns]
    n_rows = len(next(iter(columns.values())))
    values = [_encode_column(column, name) for name, column in columns.items()]
    return encode_file(fields, make_codec("none"), n_rows, values, {})


def _encode_column(column: Any, name: str) -> Values:
    if table_type(name) == "str":
        return Values(len(column), 0, Encoding.PLAIN, plain_texts([text.encode() for text in column]))
    if name not in _NULLABLE:
        return Values(len(column), 0, Encoding.PLAIN, column.tobytes())
    valid = ~np.isnan(column)
    body = pack_validity(valid) + column[valid].tobytes()
    return Values(len(column), int((~valid).sum()), Encoding.PLAIN, body)


def write_tables(dims: Dimensions, directory: Path) -> None:
    """Write the six tables into a folder; a file that holds an equal table stays as it is.

    Parameters
    ----------
    dims
        The tables.
    directory
        Folder; made if it is missing.

    Raises
    ------
    OutputError
        If a file can't be written; it is not left half-written.
    """
    for table in TABLES:
        data, path = encode_table(dims, table), table_path(directory, table)
        if not _holds(path, data):
            write_whole(path, data)


def place_tables(dims: Dimensions, source: Path, directory: Path) -> None:
    """Move the tables that `write_tables` made from the same `dims` in one folder to another.

    A file that holds an equal table already stays as it is.
    """
    for table in TABLES:
        path = table_path(directory, table)
        if not _holds(path, encode_table(dims, table)):
            table_path(source, table).replace(path)


def holds_table(dims: Dimensions, table: str, directory: Path) -> bool:
    """Whether a folder has the file of a table, and it holds that table, whoever wrote it."""
    return _holds(table_path(directory, table), encode_table(dims, table))


def _holds(path: Path, data: bytes) -> bool:
    """Whether a file holds the table of an encoded file, in these bytes or as another writer put it."""
    try:
        there = path.read_bytes()
    except OSError:
        return False
    if there == data:
        return True
    import polars as pl  # noqa: PLC0415  # slow to import

    try:
        frame, wanted = pl.read_parquet(io.BytesIO(there)), pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return False
    return frame.schema == wanted.schema and frame.equals(wanted)


def read_tables(directory: Path) -> Dimensions:
    """Read the six tables of a folder.

    Any width of integers is taken for a column of integers, and integers for a column of floats; more columns
    than needed are ignored.

    Raises
    ------
    DataError
        "FILE: COLUMN, row N: expected ..., got VALUE." with rows counted from 0; or a file that is missing,
        no Parquet, or without a column.
    """
    if not os.path.isdir(directory):  # noqa: PTH112  # no error for what can be no path
        files = ", ".join(f"{table}.parquet" for table in TABLES)
        raise DataError(f"{directory}: expected a folder with {files}, got no folder.")
    tables: dict[str, Any] = {}
    for table, kind in TABLES.items():
        path = table_path(directory, table)
        content = _read_parquet(path)
        tables[table] = kind(*(_read_column(content, column, path) for column in kind._fields))
    try:
        return Dimensions(**tables)
    except DataError as error:
        table, _, rest = str(error).partition(":")
        raise DataError(f"{table_path(directory, table)}:{rest}") from None


def _read_parquet(path: Path) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415  # slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        data = read_regular(path)
    except OSError as error:
        raise DataError(f"{path}: expected a readable Parquet file, got {error.strerror}.") from None
    try:
        # From bytes: by its path, pyarrow would take folder names for columns.
        content = pq.ParquetFile(io.BytesIO(data)).read(use_threads=False)
        content.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise DataError(f"{path}: expected a whole Parquet file, got {len(data)} bytes ({reason}).") from None
    return content


def _read_column(content: pa.Table, column: str, path: Path) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    wanted, names = table_type(column), content.column_names
    if names.count(column) != 1:
        got = f"columns {', '.join(names)}" if names else "no columns"
        raise DataError(f"{path}: {column}: expected one column of this name, got {got}.")
    values = content.column(column).combine_chunks()
    is_integer, kind = pa.types.is_integer(values.type), values.type
    accepted = {
        "i64": is_integer,
        "f64": is_integer or pa.types.is_float64(kind) or (column in _NULLABLE and pa.types.is_null(kind)),
        "str": pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view(),
    }
    if not accepted[wanted]:
        raise DataError(f"{path}: {column}: expected type {wanted}, got {kind}.")
    listed = values.to_pylist()
    if column not in _NULLABLE and None in listed:
        row = listed.index(None)
        raise DataError(f"{path}: {column}, row {row}: expected a value of type {wanted}, got null.")
    if wanted == "str":
        return tuple(listed)
    if wanted == "f64":
        return np.array([np.nan if v is None else float(v) for v in listed], np.float64)
    for row, value in enumerate(listed):
        if value > np.iinfo(np.int64).max:
            raise DataError(f"{path}: {column}, row {row}: expected a 64-bit integer, got {value}.")
    return np.array(listed, np.int64)
