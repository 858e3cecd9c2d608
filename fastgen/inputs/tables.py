"""Read and write the six dimension tables as Parquet files."""

from __future__ import annotations

import io
import itertools
import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.errors import DataError, FastgenWarning
from fastgen.files import read_regular, write_whole
from fastgen.inputs.table_files import read_columns
from fastgen.model.dimensions import TABLES, Dimensions
from fastgen.parquet.codecs import make_codec
from fastgen.parquet.encodings import Encoding, pack_validity, plain_texts
from fastgen.parquet.file import encode_file
from fastgen.parquet.pages import Values
from fastgen.parquet.schema import Field

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Columns by type; all others are whole numbers.
_FLOATS = {"lat", "lon", "growth_rate_daily", "end_day", "growth_rate_monthly", "price"}
_STRINGS = {"location_code", "name", "address", "narrative", "cuisine_type", "trajectory"}
_NULLABLE = {"end_day"}
# No writer's file of a table is larger than this many times ours, plus a footer. A larger file is another
# table and needn't be read.
_SIZE_RATIO, _FOOTER_BYTES = 16, 2**20
# No event depends on these columns, so a null may be read as an empty text.
_NULL_TEXTS = {"address", "narrative", "cuisine_type"}


def table_file(directory: Path, table: str) -> Path:
    """Return the path of a table in a folder."""
    return directory / f"{table}.parquet"


def table_type(column: str) -> str:
    """Return the type of a column: i64, f64 or str."""
    if column in _STRINGS:
        return "str"
    return "f64" if column in _FLOATS else "i64"


def encode_dimension(dims: Dimensions, table: str) -> bytes:
    """Encode one table as a Parquet file, a missing end_day as null.

    Values are neither compressed nor in a dictionary, so that the bytes don't depend on installed packages.
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
    # A page has a bit for every row, then the values of those rows that aren't null.
    body = pack_validity(valid) + column[valid].tobytes()
    return Values(len(column), int((~valid).sum()), Encoding.PLAIN, body)


def write_tables(dims: Dimensions, directory: Path) -> None:
    """Write the six tables into a folder; a file with an equal table is left unchanged.

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
        data, path = encode_dimension(dims, table), table_file(directory, table)
        if not _holds(path, data):
            write_whole(path, data)


def place_tables(dims: Dimensions, source: Path, directory: Path) -> None:
    """Move the tables that `write_tables` made from the same `dims` from one folder to another.

    A file that already has an equal table is left unchanged.
    """
    for table in TABLES:
        if not holds_table(dims, table, directory):
            table_file(source, table).replace(table_file(directory, table))


def holds_table(dims: Dimensions, table: str, directory: Path) -> bool:
    """Whether a folder has this table with equal values, written by fastgen or another writer."""
    path = table_file(directory, table)
    return os.path.lexists(path) and _holds(path, encode_dimension(dims, table))


def _holds(path: Path, data: bytes) -> bool:
    """Whether a file has the same bytes as `data`, or the same values from another writer."""
    try:
        if path.stat().st_size > _SIZE_RATIO * len(data) + _FOOTER_BYTES:
            return False
        there = read_regular(path)
    except OSError:
        return False
    # A file of our length with other bytes is taken for a damaged file of ours, and written again.
    if len(there) == len(data):
        return there == data
    # Another writer orders, compresses and encodes the same values differently.
    import polars as pl  # noqa: PLC0415  # slow to import

    try:
        frame, wanted = pl.read_parquet(io.BytesIO(there)), pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return False
    return frame.schema == wanted.schema and frame.equals(wanted)


def read_tables(directory: Path) -> Dimensions:
    """Read the six tables of a folder.

    Other columns are ignored, and other types of the same values are accepted. Nulls of address, narrative
    and cuisine_type are read as empty texts.

    Raises
    ------
    DataError
        "FILE: COLUMN, row N: expected ..., got VALUE." with rows counted from 0; or if a file is missing, is
        not Parquet, or lacks a column.

    Warns
    -----
    FastgenWarning
        If several rows have one brand_location_id: the later ones get the smallest free ids.
    """
    dims, renumbered = read_tables_silently(directory)
    warn_of(renumbered)
    return dims


def warn_of(renumbered: str | None) -> None:
    """Warn with the message of `read_tables_silently`, if there is one."""
    if renumbered is not None:
        warnings.warn(renumbered, FastgenWarning, stacklevel=3)


def read_tables_silently(directory: Path) -> tuple[Dimensions, str | None]:
    """Read as `read_tables`, but return the message of its warning."""
    if not os.path.isdir(directory):  # noqa: PTH112  # Path.is_dir raises for some impossible names
        files = ", ".join(f"{table}.parquet" for table in TABLES)
        raise DataError(f"{directory}: expected a folder with {files}, got no folder.")
    tables: dict[str, Any] = {}
    for table, kind in TABLES.items():
        path = table_file(directory, table)
        kinds = {column: table_type(column) for column in kind._fields}
        columns = read_columns(path, kinds, _NULLABLE | _NULL_TEXTS)
        tables[table] = kind(*(_make_column(column, values) for column, values in columns.items()))
    placed = tables["brand_locations"]
    ids, renumbered = _renumber(placed.brand_location_id, table_file(directory, "brand_locations"))
    tables["brand_locations"] = placed._replace(brand_location_id=ids)
    try:
        return Dimensions(**tables), renumbered
    except DataError as error:
        table, _, rest = str(error).partition(":")
        raise DataError(f"{table_file(directory, table)}:{rest}") from None


def _make_column(column: str, values: list[Any]) -> Any:
    if table_type(column) == "str":
        return tuple("" if text is None else text for text in values)
    if table_type(column) == "f64":
        return np.array([np.nan if v is None else v for v in values], np.float64)
    return np.array(values, np.int64)


def _renumber(ids: NDArray[np.int64], path: Path) -> tuple[NDArray[np.int64], str | None]:
    """Give new ids to rows that repeat an earlier one; no other table refers to these ids.

    Returns
    -------
    int64 (n_rows,)
        The ids, each once.
    str or None
        Warning that names the first such row; None if there is none.
    """
    listed = ids.tolist()
    taken, seen = frozenset(listed), set[int]()
    # The smallest free ids, which depend only on the table.
    free = (number for number in itertools.count(1) if number not in taken)
    renumbered = {}
    for row, placement in enumerate(listed):
        if placement in seen:
            renumbered[row] = next(free)
        seen.add(placement)
    if not renumbered:
        return ids, None
    row, new = next(iter(renumbered.items()))
    message = (
        f"{path}: brand_location_id, row {row}: expected each brand_location_id once, got {listed[row]} "
        f"again; {len(renumbered)} such rows are numbered anew, this one {new}."
    )
    ids = np.array([renumbered.get(row, placement) for row, placement in enumerate(listed)], np.int64)
    return ids, message
