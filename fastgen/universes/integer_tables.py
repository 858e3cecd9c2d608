"""Encode and decode Parquet tables of whole numbers, and of lists of them.

By the buffers of the columns: `pyarrow.array` and `to_numpy` import pandas where that is installed, which
takes longer than to run a site for a week.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fastgen.model.day_orders import NOT_YET_US

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

_DTYPES = {getattr(pa, name)(): np.dtype(name) for name in ("int8", "int32", "int64")}


def encode_table(
    columns: Mapping[str, NDArray[Any]], lists: Mapping[str, tuple[NDArray[np.int64], NDArray[Any]]]
) -> bytes:
    """Encode a table.

    Parameters
    ----------
    columns
        Numbers of each column, (n,): int8, int32 or int64.
    lists
        Columns after these whose values are lists: offsets, (n + 1,), and the numbers of all lists.
    """
    arrays = {name: _wrap(values) for name, values in columns.items()}
    for name, (start, values) in lists.items():
        arrays[name] = pa.ListArray.from_arrays(_wrap(start.astype(np.int32)), _wrap(values))
    buffer = io.BytesIO()
    pq.write_table(pa.table(arrays), buffer, compression="zstd")
    return buffer.getvalue()


def decode_table(data: bytes, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Decode some columns of a table.

    The name of a list column gives the numbers of all its lists, and with "_start" their offsets, (n + 1,).

    Raises
    ------
    ValueError, KeyError, pyarrow.ArrowException
        If it is none, or lacks a column.
    """
    # Threads of PyArrow don't live on in copies of this process.
    with pq.ParquetFile(pa.BufferReader(data), pre_buffer=False) as file:
        table = file.read(use_threads=False).combine_chunks()
    found = {}
    for name in names:
        column = table[name]
        array = column.chunk(0) if column.num_chunks else pa.nulls(0, column.type)
        if isinstance(array, pa.ListArray):
            found[f"{name}_start"] = _unwrap(array.offsets) if len(array) else np.zeros(1, np.int32)
            array = array.values
        found[name] = _unwrap(array)
    return found


def exchange_not_yet(times_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """Exchange NOT_YET_US and -1, to write times into a file or to read them back.

    In files -1 stands for a time that hasn't come, and NOT_YET_US for the last microsecond before the epoch.
    """
    known = np.where(times_us == -1, NOT_YET_US, times_us)
    return np.where(times_us == NOT_YET_US, -1, known)


def _wrap(values: NDArray[Any]) -> pa.Array:
    buffers = [None, pa.py_buffer(np.ascontiguousarray(values))]
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), buffers)


def _unwrap(array: pa.Array) -> NDArray[Any]:
    kind = _DTYPES[array.type]
    if len(array) == 0:
        return np.zeros(0, kind)
    return np.frombuffer(array.buffers()[1], kind)[array.offset : array.offset + len(array)]
