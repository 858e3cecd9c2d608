"""Encode columns of a row group that need no memory of their own, and what all columns share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.events.schema import EVENT_TYPES, N_TYPES_DELIVERED
from fastgen.model.day_orders import CANCEL_REASONS
from fastgen.parquet.encodings import (
    Encoding,
    delta_packed,
    pack_indices,
    pack_validity,
    plain_texts,
    repeat_indices,
)
from fastgen.parquet.pages import Bounds, Values

if TYPE_CHECKING:
    from numpy.typing import NDArray


def encode_ids(id_view: NDArray[np.int64], n_rows: NDArray[np.int64]) -> Values:
    """Encode order ids as string views, each of so many rows."""
    # The view of a short text is its length in 4 bytes, then the text: like an entry of a dictionary.
    entries = np.ascontiguousarray(id_view).view(np.uint8).reshape(-1, 16)
    filled = np.arange(16) < 4 + entries[:, :1]
    return indexed(int(n_rows.sum()), 0, repeat_indices(n_rows), entries[filled], None, len(entries))


def encode_location(location_id: int, n_rows: int) -> Values:
    """Encode the one location of a row group."""
    entries = np.array([location_id], np.int32)
    return indexed(n_rows, 0, repeat_indices(np.array([n_rows])), entries, bounds_of(entries))


def encode_types(kinds: NDArray[np.int8], *, may_end_early: bool) -> Values:
    """Encode event types, with a dictionary of those that the dataset can have."""
    n_types = len(EVENT_TYPES) if may_end_early else N_TYPES_DELIVERED
    entries = np.arange(1, n_types + 1, dtype=np.int32)
    # An order that is delivered has the first and the last type: the entries' bounds are those of the rows.
    present = kinds.astype(np.int32) if may_end_early else entries
    return indexed(len(kinds), 0, pack_indices(kinds - 1, len(entries)), entries, bounds_of(present))


def encode_reasons(is_cancelled: NDArray[np.bool_], reason: NDArray[np.int64]) -> Values:
    """Encode why orders are cancelled, with a dictionary of all reasons."""
    validity, n_nulls = pack_validity(is_cancelled), len(is_cancelled) - len(reason)
    if not len(reason):
        return Values(len(is_cancelled), n_nulls, Encoding.PLAIN, validity)
    entries = plain_texts([text.encode() for text in CANCEL_REASONS])
    body = validity + pack_indices(reason, len(CANCEL_REASONS))
    return Values(len(is_cancelled), n_nulls, Encoding.RLE_DICTIONARY, body, entries, len(CANCEL_REASONS))


def encode_seconds(ts_seconds: NDArray[np.int64]) -> Values:
    """Encode times, Unix seconds."""
    body = delta_packed(ts_seconds)
    return Values(len(ts_seconds), 0, Encoding.DELTA_BINARY_PACKED, body, bounds=bounds_of(ts_seconds))


def encode_sequences(sequence: NDArray[np.int16]) -> Values:
    """Encode the numbers of events in their orders."""
    # All numbers from 0 up: the index is the value.
    entries = np.arange(int(sequence.max()) + 1, dtype=np.int32)
    return indexed(len(sequence), 0, pack_indices(sequence, len(entries)), entries, bounds_of(entries))


def indexed(
    n_values: int,
    n_nulls: int,
    body: bytes,
    entries: NDArray[np.generic],
    bounds: Bounds | None,
    n_entries: int | None = None,
) -> Values:
    """Make values of indices into entries; entries of texts come as bytes, with their number."""
    number = len(entries) if n_entries is None else n_entries
    return Values(n_values, n_nulls, Encoding.RLE_DICTIONARY, body, entries.tobytes(), number, bounds)


def bounds_of(values: NDArray[np.number]) -> Bounds | None:
    """Compute a column's bounds, None without values; a float 0 becomes -0 and +0, as the format requires."""
    if not len(values):
        return None
    # No column has NaN, which would make bounds useless.
    least, greatest = values.min(), values.max()
    if values.dtype.kind == "f":
        least, greatest = (-abs(least) if least == 0 else least), abs(greatest) if greatest == 0 else greatest
    return Bounds(least.tobytes(), greatest.tobytes())
