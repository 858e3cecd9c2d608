"""Read the rows of a stream: what a line says, as far as it can be believed."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from fastgen.events.schema import EVENT_TYPE_IDS
from fastgen.units import E6
from fastgen.wire.body_fields import BODY_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

# Longest texts that are kept: those of the wire are far shorter.
TEXT_MAX = 200
# Most points of a way.
POINTS_MAX = 20_000
# Sequence numbers are kept as bits of one number an order.
SEQUENCE_MAX = 4_095
LAT_MAX, LON_MAX = 90, 180
# Fields of a body that not every wire has.
_OPTIONAL = frozenset({"eta_mins"})


class Malformed(NamedTuple):
    """A line that is no row at all: no JSON, no object, or without what names its order."""

    is_json: bool


class Row(NamedTuple):
    """An event.

    Attributes
    ----------
    event_id, order_id
        Ids; an event id is "" where the line has none.
    kind
        Number of its type; see `fastgen.events.schema`.
    time
        Unix seconds.
    place, place_name
        What tells places apart, and what to call this one.
    sequence
        Number within the order; -1 where the line has none.
    body
        Fields of the body that are there and are not null.
    is_whole
        Whether every field of the row and its body is there, is not null, and has its type.
    """

    event_id: str
    order_id: str
    kind: int
    time: float
    place: str
    place_name: str
    sequence: int
    body: Mapping[str, Any]
    is_whole: bool


def parse_line(line: bytes) -> Row | Malformed:
    """Read a line of JSON."""
    try:
        raw = _parse(line)
    except ValueError:
        return Malformed(is_json=False)
    return read_row(raw) if isinstance(raw, dict) else Malformed(is_json=False)


def read_row(raw: Mapping[str, Any]) -> Row | Malformed:
    """Read a row whose fields may be missing, null, or of any type."""
    order_id, kind = _text(raw.get("order_id")), EVENT_TYPE_IDS.get(_text(raw.get("event_type")))
    time, (place, name) = _read_time(raw.get("ts")), _read_place(raw)
    if not order_id or kind is None or time is None or not place:
        return Malformed(is_json=True)
    event_id, sequence = _text(raw.get("event_id")), _read_sequence(raw.get("sequence"))
    body, is_whole = _read_body(raw.get("body"), raw["event_type"])
    is_whole = is_whole and bool(event_id) and sequence >= 0
    return Row(event_id, order_id, kind, time, place, name, sequence, body, is_whole)


def read_position(lat: object, lon: object) -> tuple[int, int] | None:
    """Read a position, microdegrees; None: it is none."""
    for value, most in ((lat, LAT_MAX), (lon, LON_MAX)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= most:
            return None
    return round(lat * E6), round(lon * E6)  # type: ignore[operator]  # checked above


def read_route(points: object) -> list[tuple[int, int]]:
    """Read the points of a way, microdegrees; none where one of them is no position."""
    if not isinstance(points, list) or len(points) > POINTS_MAX:
        return []
    way = []
    for point in points:
        position = read_position(*point) if isinstance(point, list) and len(point) == 2 else None  # noqa: PLR2004  # latitude and longitude
        if position is None:
            return []
        way.append(position)
    return way


def read_number(value: object, most: float) -> float | None:
    """Read a number of 0 to `most`; None: it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        return None
    return float(value)


def _parse(text: str | bytes) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("brackets nested too deep") from None


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= TEXT_MAX else ""


def _is_whole_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _read_sequence(value: Any) -> int:
    return value if _is_whole_number(value) and 0 <= value <= SEQUENCE_MAX else -1


def _read_time(value: object) -> float | None:
    try:
        time = dt.datetime.fromisoformat(_text(value)).replace(tzinfo=dt.UTC).timestamp()
    except (ValueError, OverflowError):
        return None
    return time if math.isfinite(time) else None


def _read_place(raw: Mapping[str, Any]) -> tuple[str, str]:
    """Find what names the place: the rows of live kitchens have `gk_id` and `location`, others a number."""
    number = raw.get("location_id")
    if _is_whole_number(number):
        return str(number)[:TEXT_MAX], f"location {str(number)[:TEXT_MAX]}"
    key = _text(raw.get("gk_id")) or _text(raw.get("location"))
    return key, _text(raw.get("location")) or key


def _read_body(value: object, kind: str) -> tuple[dict[str, Any], bool]:
    """Read the object in the text of a body: its fields, and whether all are there."""
    try:
        body = _parse(value) if isinstance(value, str) else None
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return {}, False
    there = {name: body[name] for name in BODY_FIELDS[kind] if body.get(name) is not None}
    return there, all(name in there or name in _OPTIONAL for name in BODY_FIELDS[kind])
