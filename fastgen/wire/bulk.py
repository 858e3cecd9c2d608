"""Turn stored rows into the wire format (docs/model.md, 7): JSON lines, or Arrow columns.

Degrees have six decimals, as in route_json; progress has one to four. Texts are UTF-8. `body` is JSON inside
a string, so its quotes are escaped in JSON lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from fastgen.events.schema import EVENT_TYPES, ID_MAX
from fastgen.wire.checks import check_rows, check_times
from fastgen.wire.kernels import text as kernel
from fastgen.wire.kernels.json_text import ESCAPED_ONCE, ESCAPED_TWICE
from fastgen.wire.kernels.order import order_rows
from fastgen.wire.rows import LOCATION_ID, SEQUENCE_NUMBER, SLACK, WireRows

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

# Upper limit for the bytes of a line without its texts: keys, ids and numbers.
LINE_BYTES = 512
# Upper limit for the bytes of a value of each column, without its texts.
COLUMN_BYTES = {
    kernel.WRITE_EVENT_ID: kernel.EVENT_ID_BYTES,
    kernel.WRITE_TYPE: max(map(len, EVENT_TYPES)),
    kernel.WRITE_TIME: 23,
    kernel.WRITE_ORDER_ID: ID_MAX + 22,
    kernel.WRITE_BODY: LINE_BYTES,
}
# A buffer is made larger than needed now, so that it needn't be made anew for each slightly longer chunk.
GROWTH = 1.25
_NO_ENDS = np.zeros(0, np.int32)

_BODY_PIECES = (
    *('{"customer_lat":', ',"customer_lon":', ',"customer_addr":"', '","items":', "}", "{}"),
    *('{"route_points":', '{"progress_pct":', ',"loc_lat":', ',"loc_lon":'),
    *('{"delivered_lat":', ',"delivered_lon":'),
)


class WireEncoder:
    """Encodes rows of one dataset; its buffer is used again by the next call.

    Parameters
    ----------
    digest
        The dataset's digest, 64 hexadecimal digits; event ids depend on it.
    """

    def __init__(self, digest: str) -> None:
        self._hashed = np.zeros(64, np.uint8)
        self._hashed[: kernel.DIGEST_BYTES] = np.frombuffer(bytes.fromhex(digest), np.uint8)
        escaped = [piece.replace('"', '\\"') for piece in _BODY_PIECES]
        opened = ('{"event_id":"', '","location_id":', ',"order_id":"', '","sequence":', ',"body":"', '"}\n')
        named = [f'","event_type":"{name}","ts":"' for name in EVENT_TYPES]
        self._line_pieces = _join([*opened, *escaped, *named], times=1)
        self._column_pieces = _join([*("" for _ in opened), *_BODY_PIECES, *EVENT_TYPES], times=0)
        self._out = np.empty(0, np.uint8)

    def encode_lines(self, rows: WireRows, order: NDArray[np.int64], shift_s: int) -> NDArray[np.uint8]:
        """Encode rows as JSON lines.

        Parameters
        ----------
        rows
            The rows.
        order
            int64 (n,), indices of the rows to encode, in the order of the wire; see `sort_rows`.
        shift_s
            Seconds to add to the virtual seconds of the rows.

        Returns
        -------
        ndarray
            uint8, UTF-8, each line ends with a newline; valid until the next call.

        Raises
        ------
        DataError
            If a time is before 1970 or after 9999.
        """
        check_times(rows, order, shift_s)
        room = LINE_BYTES * len(order) + ESCAPED_TWICE * len(rows.addr_text) + SLACK
        room += ESCAPED_ONCE * (len(rows.items_text) + len(rows.route_text))
        if len(self._out) < room:
            self._out = np.empty(int(room * GROWTH), np.uint8)
        out, everything = self._out, kernel.WRITE_ALL
        n = kernel.write_texts(
            rows, order, shift_s, self._hashed, self._line_pieces, everything, out, _NO_ENDS
        )
        return out[:n]

    def encode_table(self, rows: WireRows, order: NDArray[np.int64], shift_s: int) -> pa.Table:
        """Encode rows as a table with `WIRE_SCHEMA`; parameters and errors as `encode_lines`."""
        check_times(rows, order, shift_s)
        event_id, event_type, ts, order_id, body = (
            self._encode_column(rows, order, shift_s, column) for column in COLUMN_BYTES
        )
        location_id = _numbers(rows.ints[order, LOCATION_ID])
        sequence = _numbers(rows.ints[order, SEQUENCE_NUMBER])
        return pa.Table.from_arrays(
            [event_id, event_type, ts, location_id, order_id, sequence, body], schema=WIRE_SCHEMA
        )

    def _encode_column(self, rows: WireRows, order: NDArray[np.int64], shift_s: int, column: int) -> pa.Array:
        room = COLUMN_BYTES[column] * len(order) + SLACK
        if column == kernel.WRITE_BODY:
            room += len(rows.items_text) + len(rows.route_text) + ESCAPED_ONCE * len(rows.addr_text)
        out, start = np.empty(room, np.uint8), np.zeros(len(order) + 1, np.int32)
        kernel.write_texts(rows, order, shift_s, self._hashed, self._column_pieces, column, out, start[1:])
        # pa.array() would import pandas, if that is installed.
        buffers = [None, pa.py_buffer(start), pa.py_buffer(out)]
        return pa.Array.from_buffers(pa.string(), len(order), buffers)


def sort_rows(rows: WireRows, keep: NDArray[np.bool_], start_s: int, end_s: int) -> NDArray[np.int64]:
    """Find the rows of a window in the order of the wire: time, order id with suffix as text, sequence.

    Parameters
    ----------
    rows
        The rows.
    keep
        bool (n,), which rows are selected.
    start_s, end_s
        The window, virtual seconds; the end is excluded.

    Returns
    -------
    ndarray
        int64, indices of the rows.

    Raises
    ------
    DataError
        If an order id is empty or longer than 8 bytes, or an event type unknown.
    """
    check_rows(rows)
    order = np.empty(len(rows.ints), np.int64)
    return order[: order_rows(rows, keep, start_s, end_s, order)]


def _join(pieces: Sequence[str], times: int) -> kernel.Pieces:
    texts = [piece.encode() for piece in pieces]
    start = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    return kernel.Pieces(start, np.frombuffer(b"".join([*texts, bytes(SLACK)]), np.uint8), times)


def _numbers(values: NDArray[np.generic]) -> pa.Array:
    wide = values.astype(np.int32)
    return pa.Array.from_buffers(pa.int32(), len(wide), [None, pa.py_buffer(wide)])
