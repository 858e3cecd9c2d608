"""Read the columns of a table from Parquet of any writer: one file, or a folder of files as Spark writes.

Columns are found by name; other columns are ignored. Other types are accepted where they have the same
values: floats and decimals for whole numbers, categories and bytes for texts. Anything else is an error that
names file, column, row and value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from fastgen.errors import DataError
from fastgen.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

_INT64 = np.iinfo(np.int64)
# Above it, a float can't represent every whole number.
_EXACT = 2**53
# Each value, with None if it is valid, or else with what was expected.
_Values: TypeAlias = "Iterator[tuple[Any, str | None]]"


def read_columns(path: Path, kinds: Mapping[str, str], nullable: Collection[str]) -> dict[str, list[Any]]:
    """Read columns of a table.

    Parameters
    ----------
    path
        Parquet file, or a folder of such files, which are read in the order of their names.
    kinds
        i64, f64 or str by name of the column.
    nullable
        Columns that may have nulls.

    Returns
    -------
    dict
        Ints, floats or strings of each column, None for a null.

    Raises
    ------
    DataError
        "FILE: COLUMN, row N: expected ..., got VALUE." with rows counted from 0 in their file.
    """
    columns: dict[str, list[Any]] = {column: [] for column in kinds}
    for file in _files(path):
        content = _read_parquet(file, list(kinds))
        for column, kind in kinds.items():
            columns[column] += _read_column(content, column, kind, file, nullable=column in nullable)
    return columns


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    if (path / "_delta_log").exists():
        raise DataError(
            f"{path}: expected a folder of Parquet files, got a Delta table: export it as Parquet."
        )
    try:
        files = sorted(file for file in path.iterdir() if not file.name.startswith((".", "_")))
    except OSError as error:
        raise DataError(
            f"{path}: expected a readable folder of Parquet files, got {error.strerror}."
        ) from None
    if not files:
        raise DataError(f"{path}: expected a Parquet file or a folder of such files, got an empty folder.")
    for file in files:
        if file.is_dir():
            raise DataError(f"{file}: expected a Parquet file, got a folder: write the table unpartitioned.")
    return files


def _read_parquet(path: Path, wanted: list[str]) -> pa.Table:
    """Read the wanted columns of a file; other columns may have any type, or be damaged."""
    import pyarrow as pa  # noqa: PLC0415  # slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        data = read_regular(path)
    except OSError as error:
        raise DataError(f"{path}: expected a readable Parquet file, got {error.strerror}.") from None
    try:
        # From bytes: given a path, PyArrow would make columns of folders named KEY=VALUE.
        # pre_buffer: its thread may free these bytes while the interpreter ends, which aborts the process.
        file = pq.ParquetFile(pa.BufferReader(data), pre_buffer=False)
        for column in wanted:
            _check_once(column, file.schema_arrow.names, path)
        content = file.read(columns=wanted, use_threads=False)
        content.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise DataError(f"{path}: expected a whole Parquet file, got {len(data)} bytes ({reason}).") from None
    return content


def _check_once(column: str, names: list[str], path: Path) -> None:
    if names.count(column) != 1:
        got = f"columns {', '.join(names)}" if names else "no columns"
        raise DataError(f"{path}: {column}: expected one column of this name, got {got}.")


def _read_column(content: pa.Table, column: str, kind: str, path: Path, *, nullable: bool) -> list[Any]:
    import pyarrow as pa  # noqa: PLC0415

    values = content.column(column).combine_chunks()
    # An extension type, such as JSON or UUID, stores its values in a plain type.
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    # A column without any value may have no type.
    if pa.types.is_null(values.type) and (nullable or not len(values)):
        return values.to_pylist()  # type: ignore[no-any-return]
    read = {"i64": _whole_numbers, "f64": _numbers, "str": _texts}[kind](values)
    if read is None:
        raise DataError(f"{path}: {column}: expected type {kind}, got {values.type}.")
    listed = []
    for row, (value, wanted) in enumerate(read):
        if wanted is not None:
            raise DataError(f"{path}: {column}, row {row}: expected {wanted}, got {value}.")
        if value is None and not nullable:
            raise DataError(f"{path}: {column}, row {row}: expected a value of type {kind}, got null.")
        listed.append(value)
    return listed


def _whole_numbers(values: pa.Array) -> _Values | None:
    from pyarrow import types  # noqa: PLC0415

    if not (types.is_integer(values.type) or types.is_floating(values.type) or types.is_decimal(values.type)):
        return None
    return map(_whole_number, values.to_pylist())


def _whole_number(value: Any) -> tuple[Any, str | None]:
    if value is None:
        return None, None
    # `not <=` also refuses NaN, for which `>` is false. int() below would raise for infinity.
    if isinstance(value, float) and not abs(value) <= _EXACT:
        return value, "a whole number that a float holds exactly"
    whole = int(value)
    if whole != value:
        return value, "a whole number"
    return whole, None if _INT64.min <= whole <= _INT64.max else "a 64-bit integer"


def _numbers(values: pa.Array) -> _Values | None:
    from pyarrow import types  # noqa: PLC0415

    kind, listed = values.type, values.to_pylist()
    if types.is_float32(kind) or types.is_float16(kind):
        # The shortest decimal of the narrow float: a price of 8.08 must not become 8.079999923706055.
        narrow = np.float32 if types.is_float32(kind) else np.float16
        return ((None if v is None else float(str(narrow(v))), None) for v in listed)
    if types.is_integer(kind) or types.is_float64(kind) or types.is_decimal(kind):
        return ((None if v is None else float(v), None) for v in listed)
    return None


def _texts(values: pa.Array) -> _Values | None:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import types  # noqa: PLC0415

    kind = values.type
    if types.is_string(kind) or types.is_large_string(kind) or kind == pa.string_view():
        return ((text, None) for text in values.to_pylist())
    if types.is_binary(kind) or types.is_large_binary(kind) or kind == pa.binary_view():
        return map(_text, values.to_pylist())
    return None


def _text(value: bytes | None) -> tuple[Any, str | None]:
    try:
        return None if value is None else value.decode(), None
    except UnicodeDecodeError:
        return value, "text in UTF-8"
