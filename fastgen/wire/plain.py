"""Encode a few events as JSON lines in plain Python: loading Numba would take longer.

`sort_few` and `encode_few_lines` take stored rows and give the same order and bytes as `fastgen.wire.bulk`;
tests compare them. `encode_event` takes an event that is no stored row: its time has microseconds, and its
body is a dict.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xxhash

from fastgen.errors import DataError
from fastgen.events.schema import (
    ADDR,
    CANCELLED,
    CREATED,
    DELIVERED,
    EVENT_TYPES,
    ID,
    ITEMS_JSON,
    LAT,
    LON,
    PICKED_UP,
    PING,
    PING_LAT,
    PING_LON,
    PING_PROGRESS,
    ROUTE_JSON,
)
from fastgen.units import US_PER_S, YEAR_10000_S
from fastgen.wire.checks import check_form, check_rows, check_times
from fastgen.wire.rows import (
    DEGREE_DECIMALS,
    LOCATION_ID,
    LOOP,
    N_STORED,
    NUMBER_MAX,
    PROGRESS_DECIMALS,
    PROGRESS_DECIMALS_MIN,
    SEQUENCE_NUMBER,
    TS,
    US,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.wire.form import WireForm
    from fastgen.wire.rows import WireRows

NULL = "null"
# The bits of a UUID that state version 8 and its variant (RFC 9562, 5.8).
_UUID_MASK, _UUID_MARKS = 0xFFFFFFFF_FFFF0FFF_3FFFFFFF_FFFFFFFF, 0x00000000_00008000_80000000_00000000
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  # only its text is wanted
# JSON requires an escape for these, quotes and backslashes; all other characters stay as they are.
_CONTROL = re.compile(r"[\x00-\x1f]")
# Stored texts are UTF-8. They are cut and joined as bytes, one character a byte, without being decoded.
_BYTES = "latin-1"


class PlainEvent(NamedTuple):
    """An event of the wire that needn't be a stored row.

    Attributes
    ----------
    event_id
        Identifier, the same whenever the event is emitted.
    event_type
        Name of the type.
    ts_us
        Time, Unix microseconds.
    place
        Where the event happens, such as {"location_id": 1}, or gk_id and location of a live kitchen.
    order_id, sequence
        Identifier of the order, and the number of the event in it.
    body
        What the event carries: texts, numbers, None, truth values, lists and dicts. A Decimal is written with
        all its decimals; see `round_number`.
    """

    event_id: str
    event_type: str
    ts_us: int
    place: Mapping[str, object]
    order_id: str
    sequence: int
    body: Mapping[str, object]


def encode_event(event: PlainEvent, *, time_decimals: int = 3) -> bytes:
    """Encode an event as a JSON line.

    Parameters
    ----------
    event
        The event.
    time_decimals
        Decimals of the seconds, 3 or 6; the time is cut off after them.

    Raises
    ------
    DataError
        If the time is before 1970 or after 9999.
    """
    # Rounds down, so that an event never gets a second that it hasn't reached.
    seconds, us = divmod(event.ts_us, US_PER_S)
    if not 0 <= seconds < YEAR_10000_S:
        raise DataError(f"ts: expected a time of the years 1970 to 9999, got Unix second {seconds}.")
    fraction = f"{us:06d}"[:time_decimals]
    place = encode_place(event.place)
    time = f"{_EPOCH + dt.timedelta(seconds=seconds)}.{fraction}"
    event_id, event_type, order_id = map(_escaped, (event.event_id, event.event_type, event.order_id))
    body = _escaped(_json(event.body))
    return _line(event_id, event_type, time, place, order_id, event.sequence, body).encode()


def make_order_uuid(key32: bytes, order_id: str) -> str:
    """Make a live row's order id from the 32 bytes that the kitchen's ids derive from, and the stored id."""
    return _uuid(key32 + bytes(8) + order_id.encode())


def encode_place(place: Mapping[str, object]) -> str:
    """Encode where an event happens, such as {"location_id": 1}, as the inside of a JSON object."""
    return ",".join(f"{_json(key)}:{_json(value)}" for key, value in place.items())


def round_number(value: float, decimals: int, decimals_min: int | None = None) -> Decimal | None:
    """Round a number as the wire has it: degrees to 6 decimals, percentages to 4 and at least 1.

    Parameters
    ----------
    value
        The number.
    decimals
        Decimals to round to, at least 1; halves are rounded away from zero.
    decimals_min
        Decimals to keep if they are zeros; None: all.

    Returns
    -------
    Decimal or None
        For `PlainEvent.body`; None for NaN and numbers from 10**9 on.
    """
    text = _decimal(value, decimals, decimals if decimals_min is None else decimals_min)
    return None if text == NULL else Decimal(text)


def _json(value: object) -> str:
    """Encode as JSON without spaces, with the escapes of the bulk encoder."""
    if isinstance(value, str):
        return f'"{_escaped(value)}"'
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_json(key)}:{_json(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_json, value)) + "]"
    # Python's json would write NaN and Infinity, which are not JSON.
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        return NULL
    return f"{value:f}" if isinstance(value, Decimal) else json.dumps(value)


def _line(
    event_id: str, event_type: str, time: str, place: str, order_id: str, sequence: int, body: str
) -> str:
    """Put the fields of an event together; all texts are escaped, and place is the inside of an object."""
    return (
        f'{{"event_id":"{event_id}","event_type":"{event_type}","ts":"{time}",{place},'
        f'"order_id":"{order_id}","sequence":{sequence},"body":"{body}"}}\n'
    )


def sort_few(rows: WireRows, keep: NDArray[np.bool_], start_s: int, end_s: int) -> NDArray[np.int64]:
    """Find the rows of a window in the order of the wire; parameters as `fastgen.wire.bulk.sort_rows`."""
    check_rows(rows)
    ts = rows.ints[:, TS]
    inside = np.flatnonzero(keep & (ts >= start_s) & (ts < end_s)).tolist()
    ints = rows.ints.tolist()
    ids = _Texts(rows.id_text, rows.start[:, ID])

    # Python compares texts as the kernel compares bytes, since a character is a byte here.
    def key(i: int) -> tuple[int, int, str, int, int]:
        row = ints[i]
        us = row[US] if len(row) > N_STORED else 0
        return row[TS], us, _order_id(ids[i], row[LOOP]), row[SEQUENCE_NUMBER], row[LOCATION_ID]

    return np.array(sorted(inside, key=key), np.int64)


def encode_few_lines(rows: WireRows, order: NDArray[np.int64], shift_s: int, form: WireForm) -> bytes:
    """Encode rows as JSON lines.

    Parameters
    ----------
    rows, order, shift_s
        As for `fastgen.wire.bulk.WireEncoder.encode_lines`.
    form
        How they look on the wire.
    """
    check_times(rows, order, shift_s)
    check_form(rows, order, form)
    ints, floats = rows.ints.tolist(), rows.floats.tolist()
    texts = [_Texts(text, rows.start[:, k]) for k, text in enumerate(rows[3:])]
    ids = texts[ID]
    locations = set(rows.ints[order, LOCATION_ID].tolist())
    places = {location_id: form.place_json(location_id).encode().decode(_BYTES) for location_id in locations}
    lines = []
    for i in order.tolist():
        kind, location_id, sequence, loop, ts = ints[i][:N_STORED]
        us, eta = ints[i][N_STORED:] if form.is_live else (0, 0)
        key = form.keys[location_id] + loop.to_bytes(8, "little") + ids[i].encode(_BYTES)
        event_id = _uuid(key + sequence.to_bytes(4, "little"))
        order_id = _uuid(key) if form.is_live else _order_id(ids[i], loop)
        fraction = f"{us:06d}"[: form.time_decimals]
        time = f"{_EPOCH + dt.timedelta(seconds=ts + shift_s)}.{fraction}"
        route_end = f',"eta_mins":{eta // 10}.{eta % 10}' if form.has_eta else ""
        body = _escaped(_body(kind, i, floats, texts, route_end))
        lines.append(
            _line(event_id, EVENT_TYPES[kind - 1], time, places[location_id], order_id, sequence, body)
        )
    return "".join(lines).encode(_BYTES)


def live_order_ids(rows: WireRows, chosen: NDArray[np.int64], form: WireForm) -> list[str]:
    """Make the order ids of some live rows, given by their indices; see `WireForm.is_live`."""
    places = rows.ints[chosen][:, [LOCATION_ID, LOOP]].tolist()
    first, last = rows.start[chosen, ID].tolist(), rows.start[chosen + 1, ID].tolist()
    return [
        _uuid(form.keys[location_id] + loop.to_bytes(8, "little") + rows.id_text[a:b].tobytes())
        for (location_id, loop), a, b in zip(places, first, last, strict=True)
    ]


class _Texts:
    """The texts of a column of `WireRows`, one a row."""

    def __init__(self, text: NDArray[np.uint8], start: NDArray[np.int64]) -> None:
        self._text, self._start = text.tobytes().decode(_BYTES), start.tolist()

    def __getitem__(self, row: int) -> str:
        return self._text[self._start[row] : self._start[row + 1]]


def _order_id(order_id: str, loop: int) -> str:
    return f"{order_id}-L{loop}" if loop else order_id


def _uuid(key: bytes) -> str:
    """Make a UUID of version 8 from the XXH3-128 of some bytes; the kernel `write_texts` makes the same."""
    hashed = int.from_bytes(xxhash.xxh3_128_digest(key))
    h = f"{hashed & _UUID_MASK | _UUID_MARKS:032x}"
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def _body(kind: int, i: int, floats: list[list[float]], texts: list[_Texts], route_end: str) -> str:
    if kind == PING:
        lat, lon = _degrees(floats[i][PING_LAT]), _degrees(floats[i][PING_LON])
        progress = _decimal(floats[i][PING_PROGRESS], PROGRESS_DECIMALS, PROGRESS_DECIMALS_MIN)
        return f'{{"progress_pct":{progress},"loc_lat":{lat},"loc_lon":{lon}}}'
    if kind == PICKED_UP:
        return f'{{"route_points":{texts[ROUTE_JSON][i]}{route_end}}}'
    if kind == CANCELLED:
        return f'{{"reason":"{_escaped(texts[ADDR][i])}"}}'
    if kind not in (CREATED, DELIVERED):
        return "{}"
    lat, lon = _degrees(floats[i][LAT]), _degrees(floats[i][LON])
    if kind == DELIVERED:
        return f'{{"delivered_lat":{lat},"delivered_lon":{lon}}}'
    addr, items = _escaped(texts[ADDR][i]), texts[ITEMS_JSON][i]
    return f'{{"customer_lat":{lat},"customer_lon":{lon},"customer_addr":"{addr}","items":{items}}}'


def _degrees(value: float) -> str:
    return _decimal(value, DEGREE_DECIMALS, DEGREE_DECIMALS)


def _decimal(value: float, decimals: int, decimals_min: int) -> str:
    """Write a number rounded to `decimals`, without trailing zeros beyond `decimals_min`."""
    if not abs(value) < NUMBER_MAX:
        return NULL
    # A float32 times the unit is exact: halves go up, as in the kernel.
    scaled = int(abs(value) * 10**decimals + 0.5)
    whole, rest = divmod(scaled, 10**decimals)
    digits = f"{rest:0{decimals}d}"
    while decimals > decimals_min and digits[-1] == "0":
        digits, decimals = digits[:-1], decimals - 1
    return f"{'-' if value < 0 < scaled else ''}{whole}.{digits}"


def _escaped(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
