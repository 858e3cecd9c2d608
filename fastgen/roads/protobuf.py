"""Decode the wire format of Protocol Buffers: messages field by field, packed numbers by NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

# Wire types, the low three bits of a field's key: a number of variable length, or bytes after their count.
VARINT, BYTES = 0, 2
MORE = 128  # the bit that every byte of a number has set, but the last
_FIXED_BYTES = {1: 8, 5: 4}
# Bytes of a value by wire type: 0 where a varint follows the key, -1 for unknown types.
_SIZES = np.array([_FIXED_BYTES.get(wire, 0 if wire in {VARINT, BYTES} else -1) for wire in range(8)])
MAX_VARINT_BYTES = 10  # seven bits a byte, for 64 bits
_WIRES = {VARINT: "a number", 1: "eight bytes", BYTES: "a text or a packed list", 5: "four bytes"}
# Of a node, a way or an info, which have at most seven; each takes one pass over all rows.
MAX_FIELDS = 64


class Field(NamedTuple):
    """A known field of a message: its name, how it is stored, and whether it may come several times."""

    name: str
    wire: int
    is_repeated: bool = False


def check_wire(field: Field, wire: int) -> None:
    """Check that a field is stored as its message declares it.

    Raises
    ------
    ValueError
        If it is not. Programs may store a packed list's numbers one by one; none that writes maps does.
    """
    if wire != field.wire:
        raise ValueError(f"{_WIRES[wire]} as {field.name}, where {_WIRES[field.wire]} is expected")


def iterate_fields(
    data: bytes, at: int, end: int, fields: Mapping[int, Field], spend: Callable[[], None]
) -> Iterator[tuple[int, int, int]]:
    """Yield the known fields of a message.

    Parameters
    ----------
    data
        Bytes that hold the message.
    at, end
        Where it begins and ends.
    fields
        The known fields by number.
    spend
        Called for each field, known or not, so that a caller can bound their number.

    Yields
    ------
    tuple of (int, int, int)
        Number of the field; then a number's value and -1, or where its bytes begin and end.

    Raises
    ------
    ValueError
        If the message is damaged, or a field is stored in another way, or comes twice where it may not.
    """
    seen = set()
    while at < end:
        spend()
        key, at = read_varint(data, at)
        number, wire = key >> 3, key & 7
        size, value = _FIXED_BYTES.get(wire, 0), -1
        if wire == BYTES:
            size, at = read_varint(data, at)
        elif wire == VARINT:
            value, at = read_varint(data, at)
        elif not size:
            raise ValueError("a damaged message")
        if size > end - at:
            raise ValueError("a damaged message")
        field = fields.get(number)
        if field is not None:
            check_wire(field, wire)
            if number in seen and not field.is_repeated:
                raise ValueError(f"{field.name} twice in a message")
            seen.add(number)
            yield (number, at, at + size) if wire == BYTES else (number, value, -1)
        at += size


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a number; return it and where it ends."""
    if at >= len(data):
        raise ValueError("a damaged number")
    value = data[at]
    # Nearly every key, and most sizes, take one byte.
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
    # Rows whose number has another byte.
    going = np.arange(len(at))
    for k in range(MAX_VARINT_BYTES):
        if after[going].max(initial=0) >= len(data):
            break
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
    # The k-th byte of all numbers at once: a loop of at most ten steps, however many numbers there are.
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
    fields
        The known fields by number.
    defaults
        Values of numeric fields that a message lacks, where not 0.

    Raises
    ------
    ValueError
        If a message is damaged, has more fields than any real one, or has a field stored in another way or
        twice.
    """

    def __init__(
        self,
        data: NDArray[np.uint8],
        first: NDArray[np.int64],
        last: NDArray[np.int64],
        fields: Mapping[int, Field],
        defaults: Mapping[int, int] | None = None,
    ) -> None:
        self._data, n = data, len(first)
        self._values = {key: np.full(n, (defaults or {}).get(key, 0)) for key in fields}
        self._ends = {key: np.zeros(n, np.int64) for key in fields}
        seen = {key: np.zeros(n, bool) for key in fields}
        # The next field of all messages at once; a message leaves `row` at its end.
        at, row = first.copy(), np.flatnonzero(first < last)
        for _ in range(MAX_FIELDS):
            if not len(row):
                return
            key, after = read_varints(data, at[row])
            number, wire = key >> 3, key & 7
            sized, value = np.flatnonzero(wire & ~BYTES == 0), np.zeros_like(key)  # VARINT or BYTES
            value[sized], after[sized] = read_varints(data, after[sized])
            size = np.where(wire == BYTES, value, _SIZES[wire])
            # Less than 0: a wire type that doesn't exist, or a size of more than 63 bits.
            if (size < 0).any() or (size > last[row] - after).any():
                raise ValueError("a damaged message")
            for known in np.unique(number[np.isin(number, list(fields))]).tolist():
                here = np.flatnonzero(number == known)
                rows, field = row[here], fields[known]
                for one in np.unique(wire[here]).tolist():
                    check_wire(field, one)
                if seen[known][rows].any():
                    raise ValueError(f"{field.name} twice in a message")
                seen[known][rows] = True
                self._values[known][rows] = value[here] if field.wire == VARINT else after[here]
                self._ends[known][rows] = (after + size)[here]
            at[row] = after + size
            row = row[at[row] < last[row]]
        raise ValueError(f"a message of more than {MAX_FIELDS} fields")

    def values(self, field: int) -> NDArray[np.int64]:
        """Give the values of a numeric field, (n,)."""
        return self._values[field]

    def spans(self, field: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give where a field of bytes begins and ends, each (n,); 0 and 0 where a message lacks it."""
        return self._values[field], self._ends[field]

    def decode(self, field: int, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Decode a field of packed numbers in some rows; return all numbers, and each row's count."""
        begin, end = (side[rows] for side in self.spans(field))
        size = end - begin
        offset = np.cumsum(size) - size
        # The bytes of all rows, one row behind the other.
        data = self._data[np.arange(int(size.sum())) + np.repeat(begin - offset, size)]
        # A row that ends within a number would take its rest from the next row.
        if (self._data[end[size > 0] - 1] >= MORE).any():
            raise ValueError("a damaged number")
        counts = np.bincount(np.repeat(np.arange(len(rows)), size)[data < MORE], minlength=len(rows))
        return decode_packed(data), counts
