"""Turn stored rows into the wire format (SPEC 4): JSON lines, or Arrow columns.

Numbers: degrees have six decimals, as in route_json; progress has one to four. Texts stay UTF-8. `body` is
JSON inside a string, so its quotes are escaped in JSON lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from fastgen.errors import DataError
from fastgen.events.schema import EVENT_TYPES
from fastgen.kernels import wire
from fastgen.kernels.json_text import ESCAPED_ONCE, ESCAPED_TWICE
from fastgen.kernels.wire_order import order_rows
from fastgen.kernels.wire_rows import EVENT_TYPE, ID, ID_MAX, LOCATION_ID, SEQUENCE_NUMBER, TS, WireRows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

WIRE_SCHEMA = pa.schema(
    [
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("event_type", pa.string(), nullable=False),
        pa.field("ts", pa.string(), nullable=False),
        pa.field("location_id", pa.int32(), nullable=False),
        pa.field("order_id", pa.string(), nullable=False),
        pa.field("sequence", pa.int32(), nullable=False),
        pa.field("body", pa.string(), nullable=False),
    ]
)

# 10000-01-01: a year has four digits on the wire.
TS_MAX_S = 253_402_300_800
# Everything of a line but the texts: keys, ids, numbers.
LINE_BYTES = 512
SUFFIX_BYTES = 22

_BODY_PIECES = (
    *('{"customer_lat":', ',"customer_lon":', ',"customer_addr":"', '","items":', "}", "{}"),
    *('{"route_points":', '{"progress_pct":', ',"loc_lat":', ',"loc_lon":'),
    *('{"delivered_lat":', ',"delivered_lon":'),
)


class WireEncoder:
    """Encodes rows of one dataset; keeps its memory from one call to the next.

    Parameters
    ----------
    digest
        The dataset's digest, 64 hexadecimal digits: event ids are made of it.
    """

    def __init__(self, digest: str) -> None:
        self._hashed = np.zeros(64, np.uint8)
        self._hashed[: wire.DIGEST_BYTES] = np.frombuffer(bytes.fromhex(digest), np.uint8)
        escaped = [piece.replace('"', '\\"') for piece in _BODY_PIECES]
        opened = ('{"event_id":"', '","location_id":', ',"order_id":"', '","sequence":', ',"body":"', '"}\n')
        named = [f'","event_type":"{name}","ts":"' for name in EVENT_TYPES]
        self._line_pieces = _join([*opened, *escaped, *named], times=1)
        self._column_pieces = _join([*opened, *_BODY_PIECES, *EVENT_TYPES], times=0)
        self._out = np.empty(0, np.uint8)

    def encode_lines(self, rows: WireRows, order: NDArray[np.int64], shift_s: int) -> NDArray[np.uint8]:
        """Encode rows as JSON lines.

        Parameters
        ----------
        rows
            The rows.
        order
            int64 (n,), which of them, in this order; see `sort_rows`.
        shift_s
            Seconds to add to their time.

        Returns
        -------
        ndarray
            uint8, UTF-8, each line with its end; valid until the next call.

        Raises
        ------
        DataError
            If a time lies beyond year 9999.
        """
        _check_times(rows, order, shift_s)
        room = LINE_BYTES * len(order) + ESCAPED_TWICE * len(rows.addr_text)
        room += ESCAPED_ONCE * (len(rows.items_text) + len(rows.route_text))
        if len(self._out) < room:
            self._out = np.empty(room, np.uint8)
        n = wire.write_lines(rows, order, shift_s, self._hashed, self._line_pieces, self._out)
        return self._out[:n]

    def encode_table(self, rows: WireRows, order: NDArray[np.int64], shift_s: int) -> pa.Table:
        """Encode rows as a table of `WIRE_SCHEMA`; parameters and errors as `encode_lines`."""
        _check_times(rows, order, shift_s)
        n = len(order)
        texts = len(rows.items_text) + len(rows.route_text) + ESCAPED_ONCE * len(rows.addr_text)
        columns = wire.WireColumns(
            event_id=np.empty(wire.EVENT_ID_BYTES * n, np.uint8),
            time=np.empty(wire.TIME_BYTES * n, np.uint8),
            type_start=np.empty(n + 1, np.int32),
            type_text=np.empty(max(map(len, EVENT_TYPES)) * n, np.uint8),
            id_start=np.empty(n + 1, np.int32),
            id_text=np.empty((ID_MAX + SUFFIX_BYTES) * n, np.uint8),
            body_start=np.empty(n + 1, np.int32),
            body_text=np.empty(LINE_BYTES * n + texts, np.uint8),
        )
        wire.write_columns(rows, order, shift_s, self._hashed, self._column_pieces, columns)
        event_id_start = np.arange(n + 1, dtype=np.int32) * wire.EVENT_ID_BYTES
        time_start = np.arange(n + 1, dtype=np.int32) * wire.TIME_BYTES
        arrays = [
            _strings(event_id_start, columns.event_id),
            _strings(columns.type_start, columns.type_text),
            _strings(time_start, columns.time),
            _numbers(rows.whole[order, LOCATION_ID]),
            _strings(columns.id_start, columns.id_text),
            _numbers(rows.whole[order, SEQUENCE_NUMBER]),
            _strings(columns.body_start, columns.body_text),
        ]
        return pa.Table.from_arrays(arrays, schema=WIRE_SCHEMA)


def sort_rows(rows: WireRows, keep: NDArray[np.bool_], start_s: int, end_s: int) -> NDArray[np.int64]:
    """Find the rows of a window in the order of the wire: time, order id with suffix as text, sequence.

    Parameters
    ----------
    rows
        The rows.
    keep
        bool (n,), which of them to take at all.
    start_s, end_s
        The window, virtual seconds, the end not among them.

    Returns
    -------
    ndarray
        int64, numbers of the rows.

    Raises
    ------
    DataError
        If an order id is longer than 8 bytes, or an event type unknown.
    """
    longest = int(np.diff(rows.start[:, ID]).max(initial=0))
    if longest > ID_MAX:
        raise DataError(f"order_id: expected at most {ID_MAX} bytes, got {longest}.")
    types = rows.whole[:, EVENT_TYPE]
    if len(types) and not 1 <= types.min() <= types.max() <= len(EVENT_TYPES):
        raise DataError(
            f"event_type_id: expected 1 to {len(EVENT_TYPES)}, got {types.min()} to {types.max()}."
        )
    order = np.empty(len(rows.whole), np.int64)
    return order[: order_rows(rows, keep, start_s, end_s, order)]


def _check_times(rows: WireRows, order: NDArray[np.int64], shift_s: int) -> None:
    if len(order):
        first, last = (int(rows.whole[order[i], TS]) + shift_s for i in (0, -1))
        if first < 0 or last >= TS_MAX_S:
            raise DataError(
                f"ts: expected times of the years 1970 to 9999, got Unix seconds {first} to {last}."
            )


def _join(pieces: Sequence[str], times: int) -> wire.Pieces:
    texts = [piece.encode() for piece in pieces]
    start = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    return wire.Pieces(start, np.frombuffer(b"".join(texts), np.uint8), times)


# Not pa.array(): it imports pandas, where that is installed.
def _strings(start: NDArray[np.int32], text: NDArray[np.uint8]) -> pa.Array:
    buffers = [None, pa.py_buffer(start), pa.py_buffer(text)]
    return pa.Array.from_buffers(pa.string(), len(start) - 1, buffers)


def _numbers(values: NDArray[np.generic]) -> pa.Array:
    wide = values.astype(np.int32)
    return pa.Array.from_buffers(pa.int32(), len(wide), [None, pa.py_buffer(wide)])
