"""Decode the wire format of Protocol Buffers: messages field by field, packed numbers by NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

VARINT, BYTES = 0, 2
MORE = 128  # the bit that every byte of a number has set, but the last
_FIXED_BYTES = {1: 8, 5: 4}
# Bytes of a value by wire type: 0 where a varint follows the key, -1 for unknown types.
_SIZES = np.array([_FIXED_BYTES.get(wire, 0 if wire in {VARINT, BYTES} else -1) for wire in range(8)])
MAX_VARINT_BYTES = 10
# Of a small message; fields of higher numbers are skipped.
MAX_FIELDS, MAX_NUMBER = 64, 31


def iterate_fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the fields of a message.

    Parameters
    ----------
    data
        Bytes that hold the message.
    at, end
        Where it begins and ends.

    Yields
    ------
    tuple of (int, int, int)
        Number of the field; then a number's value and -1, or where its bytes begin and end.

    Raises
    ------
    ValueError
        If the message is damaged.
    """
    while at < end:
        key, at = read_varint(data, at)
        wire = key & 7
        if wire == BYTES:
            size, at = read_varint(data, at)
            if size > end - at:
                break
            yield key >> 3, at, at + size
            at += size
        elif wire == VARINT:
            value, at = read_varint(data, at)
            yield key >> 3, value, -1
        elif wire in _FIXED_BYTES:
            at += _FIXED_BYTES[wire]
        else:
            break
    if at != end:
        raise ValueError("a damaged message")


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a number; return it and where it ends."""
    value = data[at]
    if value < MORE:
        return value, at + 1
    value, shift = 0, 0
    for byte in data[at : at + MAX_VARINT_BYTES]:
        at += 1
        value |= (byte & 127) << shift
        if byte < MORE:
            return value, at
        shift += 7
    raise ValueError("a damaged number")


def read_varints(
    data: NDArray[np.uint8], at: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Read a number at each offset; return the numbers and where they end."""
    value, after = np.zeros(len(at), np.uint64), at.copy()
    going = np.arange(len(at))
    for k in range(MAX_VARINT_BYTES):
        byte = data[after[going]]
        value[going] |= (byte & 127).astype(np.uint64) << np.uint64(7 * k)
        after[going] += 1
        going = going[byte >= MORE]
        if not len(going):
            return value.view(np.int64), after
    raise ValueError("a damaged number")


def decode_packed(data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Decode numbers stored one after another."""
    last = np.flatnonzero(data < MORE)
    if not len(last):
        if len(data):
            raise ValueError("a damaged number")
        return np.zeros(0, np.int64)
    if last[-1] != len(data) - 1:
        raise ValueError("a damaged number")
    first = np.concatenate([[0], last[:-1] + 1])
    size = last - first + 1
    if size.max() > MAX_VARINT_BYTES:
        raise ValueError("a damaged number")
    value: NDArray[np.uint64] = (data[first] & 127).astype(np.uint64)
    for k in range(1, int(size.max())):
        longer = np.flatnonzero(size > k)
        value[longer] |= (data[first[longer] + k] & 127).astype(np.uint64) << np.uint64(7 * k)
    return value.view(np.int64)


def unfold_signs(value: NDArray[np.int64]) -> NDArray[np.int64]:
    """Decode numbers that hold their sign in the lowest bit (zigzag)."""
    unsigned = value.view(np.uint64)
    half: NDArray[np.int64] = (unsigned >> np.uint64(1)).view(np.int64)
    return half ^ -(value & 1)


class Columns:
    """The fields of many messages of one kind, each message a row.

    Parameters
    ----------
    data
        Bytes that hold the messages.
    first, last
        Where each message begins and ends, int64 (n,).
    defaults
        Values of numeric fields that a message lacks, where not 0.

    Raises
    ------
    ValueError
        If a message is damaged, or has more fields than any real one.
    """

    def __init__(
        self,
        data: NDArray[np.uint8],
        first: NDArray[np.int64],
        last: NDArray[np.int64],
        defaults: dict[int, int] | None = None,
    ) -> None:
        self._data, self._n = data, len(first)
        self._values = {field: np.full(len(first), value) for field, value in (defaults or {}).items()}
        self._spans: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        at, row = first.copy(), np.flatnonzero(first < last)
        for _ in range(MAX_FIELDS):
            if not len(row):
                return
            key, after = read_varints(data, at[row])
            number, wire = key >> 3, key & 7
            sized, value = np.flatnonzero(wire & ~BYTES == 0), np.zeros_like(key)  # VARINT or BYTES
            value[sized], after[sized] = read_varints(data, after[sized])
            size = np.where(wire == BYTES, value, _SIZES[wire])
            if (size < 0).any() or (size > last[row] - after).any():
                raise ValueError("a damaged message")
            for field in np.unique(number[number <= MAX_NUMBER]).tolist():
                here = number == field
                numbers, spans = here & (wire == VARINT), here & (wire == BYTES)
                self.values(field)[row[numbers]] = value[numbers]
                begin, end = self.spans(field)
                begin[row[spans]], end[row[spans]] = after[spans], (after + size)[spans]
            at[row] = after + size
            row = row[at[row] < last[row]]
        raise ValueError(f"a message of more than {MAX_FIELDS} fields")

    def values(self, field: int) -> NDArray[np.int64]:
        """Give the values of a numeric field, (n,)."""
        return self._values.setdefault(field, np.zeros(self._n, np.int64))

    def spans(self, field: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give where a field of bytes begins and ends, each (n,); 0 and 0 where a message lacks it."""
        return self._spans.setdefault(field, (np.zeros(self._n, np.int64), np.zeros(self._n, np.int64)))

    def decode(self, field: int, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Decode a field of packed numbers in some rows; return all numbers, and each row's count."""
        begin, end = (side[rows] for side in self.spans(field))
        size = end - begin
        offset = np.cumsum(size) - size
        data = self._data[np.arange(int(size.sum())) + np.repeat(begin - offset, size)]
        if (self._data[end[size > 0] - 1] >= MORE).any():
            raise ValueError("a damaged number")
        counts = np.bincount(np.repeat(np.arange(len(rows)), size)[data < MORE], minlength=len(rows))
        return decode_packed(data), counts
