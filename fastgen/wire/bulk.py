"""Turn stored rows into the wire format (docs/model.md, 7): JSON lines, or Arrow columns.

Degrees have six decimals, as in route_json; progress has one to four. Texts are UTF-8. `body` is JSON inside
a string, so its quotes are escaped in JSON lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from fastgen.events.schema import EVENT_TYPES, ID_MAX
from fastgen.wire.checks import check_form, check_rows, check_times
from fastgen.wire.form import MICROSECOND_DECIMALS
from fastgen.wire.kernels import text as kernel
from fastgen.wire.kernels.json_text import ESCAPED_ONCE, ESCAPED_TWICE
from fastgen.wire.kernels.order import order_rows
from fastgen.wire.rows import LOCATION_ID, N_LOCATION_IDS, SEQUENCE_NUMBER, SLACK, WireRows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fastgen.wire.form import WireForm

_INTS = ("location_id", "sequence")


def wire_schema(place_names: Sequence[str]) -> pa.Schema:
    """Give the schema of tables whose columns `place_names` say where an event happens."""
    names = ("event_id", "event_type", "ts", *place_names, "order_id", "sequence", "body")
    return pa.schema(
        [pa.field(name, pa.int32() if name in _INTS else pa.string(), nullable=False) for name in names]
    )


WIRE_SCHEMA = wire_schema(["location_id"])

# Upper limit for the bytes of a line without its texts and its place: keys, ids and numbers.
LINE_BYTES = 512
# What to write of a value of a column, and an upper limit for its bytes without its texts. A time is
# yyyy-MM-dd HH:mm:ss.000000; the suffix of an order id is -L and at most 20 digits.
COLUMNS = {
    "event_id": (kernel.WRITE_EVENT_ID, kernel.UUID_BYTES),
    "event_type": (kernel.WRITE_TYPE, max(map(len, EVENT_TYPES))),
    "ts": (kernel.WRITE_TIME | kernel.WRITE_FRACTION | kernel.WRITE_MICROSECONDS, 26),
    "order_id": (kernel.WRITE_ORDER_ID | kernel.WRITE_ORDER_UUID, max(ID_MAX + 22, kernel.UUID_BYTES)),
    "body": (kernel.WRITE_BODY | kernel.WRITE_ETA, LINE_BYTES),
}
# A buffer is made larger than needed now, so that it needn't be made anew for each slightly longer chunk.
GROWTH = 1.25
_NO_ENDS = np.zeros(0, np.int32)

_LINE_PIECES = ('{"event_id":"', '","sequence":', ',"body":"', '"}\n')
_BODY_PIECES = (
    *('{"customer_lat":', ',"customer_lon":', ',"customer_addr":"', '","items":', "}", "{}"),
    *('{"route_points":', '{"progress_pct":', ',"loc_lat":', ',"loc_lon":'),
    *('{"delivered_lat":', ',"delivered_lon":', ',"eta_mins":', '{"reason":"', '"}'),
)


class _Selection(NamedTuple):
    """Rows to encode; see `WireEncoder.encode_lines`."""

    rows: WireRows
    order: NDArray[np.int64]
    shift_s: int


class WireEncoder:
    """Encodes rows in one form; its buffer is used again by the next call.

    Parameters
    ----------
    form
        How they look on the wire.
    """

    def __init__(self, form: WireForm) -> None:
        self._form, self._schema, self._values = form, wire_schema(form.place_names), _values(form)
        # An event id is a hash of at most 52 bytes; kernels write them in words of 8.
        self._hashed = np.zeros(64, np.uint8)
        keys = np.zeros((N_LOCATION_IDS, kernel.LOOP_AT), np.uint8)
        for location_id, key in form.keys.items():
            keys[location_id] = np.frombuffer(key, np.uint8)
        self._keys = keys.reshape(-1)
        escaped = [piece.replace('"', '\\"') for piece in _BODY_PIECES]
        named = [f'","event_type":"{name}","ts":"' for name in EVENT_TYPES]
        places = {i: f'",{form.place_json(i)},"order_id":"' for i in form.places}
        self._place_bytes = max(len(place.encode()) for place in places.values())
        self._line_pieces = _join([*_LINE_PIECES, *escaped, *named], places, times=1)
        self._column_pieces = _join([*("" for _ in _LINE_PIECES), *_BODY_PIECES, *EVENT_TYPES], {}, times=0)
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
            If a time is before 1970 or after 9999, or the rows lack what the form needs.
        """
        check_times(rows, order, shift_s)
        check_form(rows, order, self._form)
        # An address is a string inside of the JSON of a body, which is a string itself.
        room = (LINE_BYTES + self._place_bytes) * len(order) + ESCAPED_TWICE * len(rows.addr_text) + SLACK
        room += ESCAPED_ONCE * (len(rows.items_text) + len(rows.route_text))
        if len(self._out) < room:
            self._out = np.empty(int(room * GROWTH), np.uint8)
        chosen = _Selection(rows, order, shift_s)
        n = self._write(chosen, self._line_pieces, self._values, self._out, _NO_ENDS)
        return self._out[:n]

    def encode_table(self, rows: WireRows, order: NDArray[np.int64], shift_s: int) -> pa.Table:
        """Encode rows as a table, see `wire_schema`; parameters and errors as `encode_lines`."""
        check_times(rows, order, shift_s)
        check_form(rows, order, self._form)
        chosen, columns = _Selection(rows, order, shift_s), []
        for name in self._schema.names:
            if name == "location_id":
                columns.append(_numbers(rows.ints[order, LOCATION_ID]))
            elif name == "sequence":
                columns.append(_numbers(rows.ints[order, SEQUENCE_NUMBER]))
            elif name in COLUMNS:
                columns.append(self._encode_column(chosen, name))
            else:
                columns.append(self._encode_place(chosen, name))
        return pa.Table.from_arrays(columns, schema=self._schema)

    def event_ids(self, rows: WireRows, order: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Make the event ids of rows, without their lines; uint8 (n, 36), texts."""
        out, chosen = (
            np.empty(kernel.UUID_BYTES * len(order) + SLACK, np.uint8),
            _Selection(rows, order, 0),
        )
        n = self._write(chosen, self._column_pieces, kernel.WRITE_EVENT_ID, out, _NO_ENDS)
        return out[:n].reshape(-1, kernel.UUID_BYTES)

    def _encode_column(self, chosen: _Selection, name: str) -> pa.Array:
        values, n_bytes = COLUMNS[name]
        room, rows = n_bytes * len(chosen.order) + SLACK, chosen.rows
        # In a column, items and routes are copied as they are, for they are JSON already.
        if name == "body":
            room += len(rows.items_text) + len(rows.route_text) + ESCAPED_ONCE * len(rows.addr_text)
        return self._encode_texts(chosen, self._column_pieces, self._values & values, room)

    def _encode_place(self, chosen: _Selection, name: str) -> pa.Array:
        """Encode a column that says where an event happens: a fixed text for each location, and no value."""
        texts = {location_id: str(place[name]) for location_id, place in self._form.places.items()}
        pieces = _join(["" for _ in range(kernel.PLACE)], texts, times=0)
        return self._encode_texts(chosen, pieces, 0, self._place_bytes * len(chosen.order) + SLACK)

    def _encode_texts(self, chosen: _Selection, pieces: kernel.Pieces, values: int, room: int) -> pa.Array:
        n = len(chosen.order)
        out, start = np.empty(room, np.uint8), np.zeros(n + 1, np.int32)
        self._write(chosen, pieces, values, out, start[1:])
        # pa.array() would import pandas, if that is installed.
        return pa.Array.from_buffers(pa.string(), n, [None, pa.py_buffer(start), pa.py_buffer(out)])

    def _write(
        self,
        chosen: _Selection,
        pieces: kernel.Pieces,
        values: int,
        out: NDArray[np.uint8],
        ends: NDArray[np.int32],
    ) -> int:
        rows, order, shift_s = chosen
        return kernel.write_texts(rows, order, shift_s, self._keys, self._hashed, pieces, values, out, ends)


def sort_rows(rows: WireRows, keep: NDArray[np.bool_], start_s: int, end_s: int) -> NDArray[np.int64]:
    """Find the rows of a window in the order of the wire: time, order id with suffix as text, sequence.

    The time has microseconds if the rows have them. Rows of two locations that are equal in all three come by
    location id.

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
        If an order id is empty or longer than 8 bytes, an event type unknown, or a location id below 0 or
        above 127.
    """
    check_rows(rows)
    order = np.empty(len(rows.ints), np.int64)
    return order[: order_rows(rows, keep, start_s, end_s, order)]


def _values(form: WireForm) -> int:
    """Sum up what the form has of a row."""
    values = kernel.WRITE_EVENT_ID | kernel.WRITE_TYPE | kernel.WRITE_TIME | kernel.WRITE_SEQUENCE
    values |= kernel.WRITE_BODY
    if form.is_live:
        values |= kernel.WRITE_ORDER_UUID | kernel.WRITE_FRACTION
    else:
        values |= kernel.WRITE_ORDER_ID
    if form.time_decimals == MICROSECOND_DECIMALS:
        values |= kernel.WRITE_MICROSECONDS
    if form.has_eta:
        values |= kernel.WRITE_ETA
    return values


def _join(pieces: Sequence[str], places: Mapping[int, str], times: int) -> kernel.Pieces:
    texts = [piece.encode() for piece in pieces]
    texts += [places.get(location_id, "").encode() for location_id in range(N_LOCATION_IDS)]
    start = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    return kernel.Pieces(start, np.frombuffer(b"".join([*texts, bytes(SLACK)]), np.uint8), times)


def _numbers(values: NDArray[np.generic]) -> pa.Array:
    wide = values.astype(np.int32)
    return pa.Array.from_buffers(pa.int32(), len(wide), [None, pa.py_buffer(wide)])
