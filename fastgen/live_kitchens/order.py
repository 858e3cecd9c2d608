"""Define an order that was made elsewhere, and read it from a line: plain JSON, or a row in wire form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastgen.errors import ScenarioError
from fastgen.events.schema import CREATED, EVENT_TYPES
from fastgen.live_kitchens.order_lines import MAX_LINE_BYTES
from fastgen.model.dimensions import MAX_ABS_LAT
from fastgen.model.field_kinds import absent, integer, number, table, text
from fastgen.model.fields import Spec, check_fields, from_dict, shown, to_dict
from fastgen.model.json_schema import object_schema
from fastgen.records import parse_document
from fastgen.replaying.clock import YEAR_10000_US, us_from_utc, utc_from_us

# More is no basket of a customer; a drawn one has at most 16 items.
MAX_ITEMS, MAX_QTY = 64, 99
NOW = "now"
_TIME_CHARACTERS = 40


@dataclass(frozen=True)
class OrderItem:
    """An item of an order: named by its id, or by brand and name."""

    id: int | None = field(metadata=absent(integer("id of the item", 0, 2**63 - 1)), default=None)
    brand: str | None = field(metadata=absent(text("name of the brand, if there is no id")), default=None)
    name: str | None = field(
        metadata=absent(text("name of the brand's item, if there is no id")), default=None
    )
    qty: int = field(metadata=integer("how many", 1, MAX_QTY), default=1)

    def __post_init__(self) -> None:
        """Check the fields, and that they name an item."""
        check_fields(self)
        if self.id is None and (self.brand is None or self.name is None):
            raise ScenarioError("id: expected the id of an item, or its brand and name, got neither.")


@dataclass(frozen=True)
class Position:
    """Where a customer is."""

    lat: float = field(metadata=number("latitude, degrees", -MAX_ABS_LAT, MAX_ABS_LAT))
    lon: float = field(metadata=number("longitude, degrees", -180, 180))

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


def _time(doc: str) -> dict[str, Spec]:
    """Describe a time, Unix microseconds: ISO 8601 in a file, UTC if it names no zone."""

    def load(value: object) -> int | None:
        if not isinstance(value, str) or len(value) > _TIME_CHARACTERS:
            raise ValueError
        # A date alone is one that somebody forgot the time of.
        if value != NOW and len(value) <= len("2026-03-07"):
            raise ValueError
        if value == NOW:
            return None
        try:
            time_us = us_from_utc(dt.datetime.fromisoformat(value))
        except ValueError:
            raise ValueError from None
        # A zone may move a time out of the years that a datetime has.
        if not 0 <= time_us < YEAR_10000_US:
            raise ValueError
        return time_us

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError  # noqa: TRY004
        return value

    def dump(value: int | None) -> str:
        return NOW if value is None else f"{utc_from_us(value):%Y-%m-%dT%H:%M:%S.%fZ}"

    schema = {
        "type": "string",
        "maxLength": _TIME_CHARACTERS,
        "pattern": "^(now|[0-9]{4}-?[0-9]{2}-?[0-9]{2}.[0-9]{2}.*)$",
    }
    return {
        "spec": Spec(doc, 'a time such as "2026-03-07T20:15:00Z", or "now"', check, load, dump, schema=schema)
    }


def _items(doc: str) -> dict[str, Spec]:
    """Describe the items of a basket."""

    def load(value: object) -> object:
        if not isinstance(value, list):
            raise ValueError  # noqa: TRY004
        items = []
        # One more than allowed is enough to know that there are too many.
        for i, one in enumerate(value[: MAX_ITEMS + 1]):
            if not isinstance(one, Mapping):
                raise ScenarioError(f"[{i}]: expected an object, got {shown(one)}.")
            try:
                items.append(from_dict(OrderItem, one))
            except ScenarioError as error:
                raise ScenarioError(f"[{i}].{error}") from None
        return tuple(items)

    def check(value: object) -> object:
        if not isinstance(value, tuple) or not 1 <= len(value) <= MAX_ITEMS:
            raise ValueError
        return value

    schema = {"type": "array", "items": object_schema(OrderItem), "minItems": 1, "maxItems": MAX_ITEMS}
    rule = f"a list of 1 to {MAX_ITEMS} items"
    return {
        "spec": Spec(doc, rule, check, load, lambda value: [to_dict(one) for one in value], schema=schema)
    }


@dataclass(frozen=True)
class Order:
    """An order that was made elsewhere. What it doesn't say is drawn."""

    id: str | None = field(
        metadata=absent(text("the sender's own id: orders of the same id are one order")), default=None
    )
    location: str | None = field(
        metadata=absent(text("the kitchen, by location_name or gk_id; needed if there are several")),
        default=None,
    )
    time: int | None = field(metadata=absent(_time("when it was made; now: when it is read")), default=None)
    customer: Position | None = field(metadata=absent(table(Position, "where the customer is")), default=None)
    address: str | None = field(metadata=absent(text("the customer's address")), default=None)
    items: tuple[OrderItem, ...] | None = field(metadata=absent(_items("the basket")), default=None)

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


# Fields of a row in wire form, and of its body, that an order is made of.
_ROW_FIELDS = {"order_id": "id", "ts": "time"}
_KITCHEN_FIELDS = ("gk_id", "location", "location_id")


def read_order(line: bytes | None) -> Order:
    """Read an order from a line: an object of `Order`'s keys, or an order_created row in wire form.

    Parameters
    ----------
    line
        The line; None: it was too long to be kept.

    Raises
    ------
    ScenarioError
        "KEY: expected ..., got VALUE."
    """
    if line is None:
        raise ScenarioError(f"expected a line of at most {MAX_LINE_BYTES} bytes, got a longer one.")
    try:
        raw = parse_document(line.decode())
    except UnicodeDecodeError as error:
        raise ScenarioError(f"expected UTF-8, got byte {error.start} that is not.") from None
    except ValueError as error:
        raise ScenarioError(f"expected JSON, got an error: {str(error).removesuffix('.')}.") from None
    if not isinstance(raw, Mapping):
        raise ScenarioError(f"expected an object {{...}}, got {shown(raw)}.")
    return from_dict(Order, _from_row(raw) if "event_type" in raw else raw)


def _from_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Pick from a row in wire form what an order has; fields that a shop adds are left out."""
    if row["event_type"] != EVENT_TYPES[CREATED - 1]:
        raise ScenarioError(f"event_type: expected order_created, got {shown(row['event_type'])}.")
    body = row.get("body")
    if isinstance(body, str):
        try:
            body = parse_document(body)
        except ValueError as error:
            raise ScenarioError(
                f"body: expected JSON, got an error: {str(error).removesuffix('.')}."
            ) from None
    if not isinstance(body, Mapping):
        raise ScenarioError(f"body: expected an object, got {shown(body)}.")
    order = {key: row.get(field) for field, key in _ROW_FIELDS.items()}
    order["location"] = next((row[name] for name in _KITCHEN_FIELDS if row.get(name) is not None), None)
    # location_id is a number on the wire, while kitchens are found by text.
    if isinstance(order["location"], int):
        order["location"] = str(order["location"])
    # Half a position is an error, no position is one to be drawn.
    position = {name: body.get(f"customer_{name}") for name in ("lat", "lon")}
    order["customer"] = None if all(value is None for value in position.values()) else position
    order["address"] = body.get("customer_addr")
    order["items"] = _items_of_row(body.get("items"))
    return {key: value for key, value in order.items() if value is not None}


def _items_of_row(items: object) -> object:
    """Leave id and quantity of the items of a row, whose other fields the menus say."""
    if not isinstance(items, list):
        return items
    known = ("id", "qty")
    return [{k: one[k] for k in known if k in one} if isinstance(one, Mapping) else one for one in items]
