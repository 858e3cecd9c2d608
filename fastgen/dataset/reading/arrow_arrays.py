"""View the buffers of Arrow arrays as NumPy arrays.

Where pandas is installed, `to_numpy`, `pyarrow.array` and `pyarrow.scalar` import it, which takes longer than
to digest a dataset.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from fastgen.dataset.reading.arrow_types import ARROW_TYPES
from fastgen.events.schema import NUMPY_TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DTYPES: dict[pa.DataType, np.dtype[Any]] = {ARROW_TYPES[kind]: dtype for kind, dtype in NUMPY_TYPES.items()}

_OFFSETS: dict[pa.DataType, np.dtype[Any]] = {
    pa.string(): np.dtype("<i4"),
    pa.large_string(): np.dtype("<i8"),
    pa.large_binary(): np.dtype("<i8"),
}


def valid_rows(array: pa.Array) -> NDArray[np.bool_]:
    """Return which values are not null, bool (n,)."""
    if array.null_count == 0:
        return np.ones(len(array), bool)
    # Buffer 0 has a bit for each value, the lowest first; a slice starts at `offset`.
    bits = np.frombuffer(array.buffers()[0], np.uint8)
    unpacked = np.unpackbits(bits, count=array.offset + len(array), bitorder="little")
    return unpacked[array.offset :].view(bool)


def filled_numbers(array: pa.Array) -> NDArray[Any]:
    """Return the numbers of an array, nulls as 0, (n,)."""
    kind = _DTYPES[array.type]
    if len(array) == 0:
        return np.zeros(0, kind)
    numbers = np.frombuffer(array.buffers()[1], kind)[array.offset : array.offset + len(array)]
    if array.null_count:
        # What a null has in the buffer is undefined.
        numbers = np.where(valid_rows(array), numbers, kind.type(0))
    return numbers


def filled_texts(array: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return the offsets of strings, int64 (n + 1,), nulls as empty strings, and their bytes."""
    if len(array) == 0:
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    # A cast imports pyarrow.compute, which takes 0.05 s: most files need none.
    known = array if array.type in _OFFSETS else array.cast(pa.large_binary())
    start, text = _offsets_and_text(known)
    # Arrow allows a null to have a length, though readers of Parquet give it 0.
    if known.null_count and np.diff(start)[~valid_rows(known)].any():
        start, text = _offsets_and_text(array.cast(pa.large_binary()).fill_null(b""))
    return start, text


def _offsets_and_text(array: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    _, offsets, text = array.buffers()
    start = np.frombuffer(offsets, _OFFSETS[array.type])[array.offset : array.offset + len(array) + 1]
    return start.astype(np.int64, copy=False), np.zeros(0, np.uint8) if text is None else np.frombuffer(
        text, np.uint8
    )
