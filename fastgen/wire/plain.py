"""Turn a few rows into JSON lines without Numba, whose start takes longer than they do.

The same order and the same bytes as `fastgen.wire.bulk`, row by row; the tests hold one against the other.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import numpy as np
import xxhash

from fastgen.events.schema import CREATED, DELIVERED, EVENT_TYPES, PICKED_UP, PING
from fastgen.wire.checks import check_rows, check_times
from fastgen.wire.rows import (
    ADDR,
    ID,
    ITEMS_JSON,
    LAT,
    LON,
    LOOP,
    NUMBER_MAX,
    PING_LAT,
    PING_LON,
    PING_PROGRESS,
    ROUTE_JSON,
    SEQUENCE_NUMBER,
    TS,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.wire.rows import WireRows

DEGREE_DECIMALS, PROGRESS_DECIMALS = 6, 4
_UUID_MASK, _UUID_MARKS = 0xFFFFFFFF_FFFF0FFF_3FFFFFFF_FFFFFFFF, 0x00000000_00008000_80000000_00000000
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  # only its text is wanted
_CONTROL = re.compile(r"[\x00-\x1f]")
# Texts are taken apart and put together as bytes are: one character a byte, whatever they mean in UTF-8.
_BYTES = "latin-1"


def sort_few(rows: WireRows, keep: NDArray[np.bool_], start_s: int, end_s: int) -> NDArray[np.int64]:
    """Find the rows of a window in the order of the wire; parameters as `fastgen.wire.bulk.sort_rows`."""
    check_rows(rows)
    ts = rows.ints[:, TS]
    inside = np.flatnonzero(keep & (ts >= start_s) & (ts < end_s)).tolist()
    ints = rows.ints.tolist()
    ids = _Texts(rows.id_text, rows.start[:, ID])

    def key(i: int) -> tuple[int, str, int]:
        row = ints[i]
        return row[TS], _order_id(ids[i], row[LOOP]), row[SEQUENCE_NUMBER]

    return np.array(sorted(inside, key=key), np.int64)


def encode_few_lines(rows: WireRows, order: NDArray[np.int64], shift_s: int, digest: bytes) -> bytes:
    """Encode rows as JSON lines.

    Parameters
    ----------
    rows, order, shift_s
        As for `fastgen.wire.bulk.WireEncoder.encode_lines`.
    digest
        The dataset's, 32 bytes.
    """
    check_times(rows, order, shift_s)
    ints, floats = rows.ints.tolist(), rows.floats.tolist()
    texts = [_Texts(text, rows.start[:, k]) for k, text in enumerate(rows[3:])]
    ids = texts[ID]
    lines = []
    for i in order.tolist():
        kind, location_id, sequence, loop, ts = ints[i]
        time = _EPOCH + dt.timedelta(seconds=ts + shift_s)
        body = _escaped(_body(kind, i, floats, texts))
        lines.append(
            f'{{"event_id":"{_event_id(digest, loop, ids[i], sequence)}",'
            f'"event_type":"{EVENT_TYPES[kind - 1]}","ts":"{time}.000","location_id":{location_id},'
            f'"order_id":"{_order_id(ids[i], loop)}","sequence":{sequence},"body":"{body}"}}\n'
        )
    return "".join(lines).encode(_BYTES)


class _Texts:
    """A column of texts, taken out one by one."""

    def __init__(self, text: NDArray[np.uint8], start: NDArray[np.int64]) -> None:
        self._text, self._start = text.tobytes().decode(_BYTES), start.tolist()

    def __getitem__(self, row: int) -> str:
        return self._text[self._start[row] : self._start[row + 1]]


def _order_id(order_id: str, loop: int) -> str:
    return f"{order_id}-L{loop}" if loop else order_id


def _event_id(digest: bytes, loop: int, order_id: str, sequence: int) -> str:
    """UUID of version 8 over XXH3-128."""
    key = order_id.encode(_BYTES)
    hashed = int.from_bytes(
        xxhash.xxh3_128_digest(digest + loop.to_bytes(8, "little") + key + sequence.to_bytes(4, "little"))
    )
    h = f"{hashed & _UUID_MASK | _UUID_MARKS:032x}"
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def _body(kind: int, i: int, floats: list[list[float]], texts: list[_Texts]) -> str:
    if kind == PING:
        lat, lon = _degrees(floats[i][PING_LAT]), _degrees(floats[i][PING_LON])
        share = _decimal(floats[i][PING_PROGRESS], PROGRESS_DECIMALS).rstrip("0")
        share += "0" if share.endswith(".") else ""
        return f'{{"progress_pct":{share},"loc_lat":{lat},"loc_lon":{lon}}}'
    if kind == PICKED_UP:
        return f'{{"route_points":{texts[ROUTE_JSON][i]}}}'
    if kind not in (CREATED, DELIVERED):
        return "{}"
    lat, lon = _degrees(floats[i][LAT]), _degrees(floats[i][LON])
    if kind == DELIVERED:
        return f'{{"delivered_lat":{lat},"delivered_lon":{lon}}}'
    addr, items = _escaped(texts[ADDR][i]), texts[ITEMS_JSON][i]
    return f'{{"customer_lat":{lat},"customer_lon":{lon},"customer_addr":"{addr}","items":{items}}}'


def _degrees(value: float) -> str:
    return _decimal(value, DEGREE_DECIMALS)


def _decimal(value: float, decimals: int) -> str:
    if not abs(value) < NUMBER_MAX:
        return "null"
    # A float32 times the unit is exact: halves go up, as in the kernel.
    scaled = int(abs(value) * 10**decimals + 0.5)
    whole, rest = divmod(scaled, 10**decimals)
    return f"{'-' if value < 0 < scaled else ''}{whole}.{rest:0{decimals}d}"


def _escaped(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
