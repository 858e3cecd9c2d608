"""Read the attributes of OpenStreetMap's XML: ids, degrees, versions, and marks of deleted elements."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from fastgen.roads.attribute_text import read_flag
from fastgen.roads.osm_elements import MAX_LON, UNREADABLE, Version

MIN_ID, MAX_ID = -(2**63), 2**63 - 1
_PRECISION = Decimal("1e-7")  # degrees, as OpenStreetMap stores them
# Words by which editors mark elements that are there; "delete" marks those that aren't.
_ACTIONS = frozenset({"create", "modify", "none"})


def read_id(attributes: dict[str, str], key: str, what: str) -> int:
    """Read an id or a reference of an element."""
    try:
        value = int(_check_digits(attributes[key]))
        if MIN_ID <= value <= MAX_ID:
            return value
    except (KeyError, ValueError):
        pass  # not there, no number, or too long for int()
    got = repr(attributes[key][:40]) if key in attributes else "nothing"
    raise ValueError(f"{got} as the {key} of {what} where a whole number of 64 bits is expected")


def _check_digits(text: str) -> str:
    """Refuse underscores and other alphabets' digits, which Python reads as numbers."""
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return text


def read_degrees(text: str | None) -> float:
    """Read degrees, NaN where there are none; round half up to seven decimals, as osmium does."""
    if text is None:
        return float("nan")
    try:
        value = float(_check_digits(text))
        if "." not in text[-8:] and abs(value) <= MAX_LON:
            value = float(Decimal(text).quantize(_PRECISION, ROUND_HALF_UP))
    except (ValueError, ArithmeticError):
        return float("nan")
    return value


def read_visibility(attributes: dict[str, str], kind: str, number: int) -> bool:
    """Say whether neither the database nor an editor has deleted an element."""
    visible, action = attributes.get("visible", "true"), attributes.get("action", "none")
    if visible == "true" and action == "none":
        return True  # nearly all
    try:
        is_there = read_flag(visible)
    except ValueError:
        is_there = None
    word = action.strip().lower()
    if is_there is None:
        raise ValueError(f"visible={visible[:40]!r} of {kind} {number} where true or false is expected")
    if word != "delete" and word not in _ACTIONS:
        raise ValueError(
            f"action={action[:40]!r} of {kind} {number} where create, modify or delete is expected"
        )
    return is_there and word != "delete"


def read_version(attributes: dict[str, str]) -> Version:
    """Read version and time, each 0 where it is missing, and `UNREADABLE` where it is wrong."""
    number = time_s = 0
    try:
        number = min(max(int(_check_digits(attributes.get("version", "0"))), 0), 2**62)
    except ValueError:
        number = UNREADABLE
    if "timestamp" in attributes:
        try:
            moment = datetime.fromisoformat(attributes["timestamp"])
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            time_s = max(int(moment.timestamp()), 0)
        except ValueError:
            time_s = UNREADABLE
    return Version(number, time_s)
