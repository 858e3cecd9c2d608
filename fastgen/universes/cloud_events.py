"""Make CloudEvents 1.0 of a universe's result tables: what happened to orders, lines, steps and people."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import polars as pl

from fastgen.universes.table_files import scan_table

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

SPEC_VERSION = "1.0"
# The type of an event is one of the keys of `_DATA` after this.
PREFIX = "fastgen."
# What `data` of each type has.
_DATA = {
    "orders.created": ("order_id", "site", "state", "customer_id", "lines"),
    "orders.updated": ("order_id", "site", "state", "courier_id", "cancel_reason"),
    "orders.line_updated": ("order_id", "site", "line", "state", "brand", "item", "kitchen_id"),
    "orders.step_started": ("order_id", "site", "line", "step", "station_id", "station_type", "expected_s"),
    "orders.step_finished": ("order_id", "site", "line", "step", "station_id", "station_type", "drawn_s"),
    "persons.updated": ("person_id", "site", "role", "state", "order_id"),
}
# Days after its own on which something may still happen to an order: it is cut at the second midnight, and
# then its customer eats, for a day at most.
_DAYS_AFTER = 3
# Events of one microsecond are in this order, of cause and effect.
_RANKS = (
    *("orders submitted", "customer waiting", "lines assigned", "steps finished", "lines waiting"),
    *("lines ready", "orders ready", "steps started", "lines processing", "orders processing"),
    *("courier assigned", "courier waiting", "orders picked_up", "courier delivering", "orders delivered"),
    *("orders failed", "orders cancelled", "lines delivered", "lines cancelled", "customer eating"),
    *("customer idle", "courier returning", "courier idle"),
)
_ORDER = ["site", "day", "order_number"]


class Happened(NamedTuple):
    """All that may happen on a day of UTC: orders, lines and steps, with the ids of people and things."""

    orders: pl.LazyFrame
    lines: pl.LazyFrame
    steps: pl.LazyFrame


def read_day(tables: Path, utc_day: int, eating: Mapping[str, dt.timedelta]) -> Happened:
    """Read the orders to which something may happen on a day of UTC.

    Parameters
    ----------
    tables
        Folder of the result tables.
    utc_day
        Number of the day; day 0 begins at the epoch of the dataset.
    eating
        How long the customers of each site eat.
    """
    # The local day may be the one before or after.
    days = pl.col("day").is_between(utc_day - 1 - _DAYS_AFTER, utc_day + 1)
    people = scan_table(tables, "persons").select("site", "role", "number", "person_id")
    orders = scan_table(tables, "orders").filter(days)
    for role in ("customer", "courier"):
        ids = people.filter(pl.col("role") == role).drop("role")
        ids = ids.rename({"number": role, "person_id": f"{role}_id"})
        orders = orders.join(ids, on=["site", role], how="left")
    eats = pl.LazyFrame({"site": pl.Series([*eating], dtype=pl.String), "eats": [*eating.values()]})
    none = pl.lit(None, pl.Int16)
    orders = orders.join(eats, on="site", how="left").with_columns(
        line=none,
        step=none,
        # An order that isn't delivered leaves nothing to eat.
        full=pl.col("ended") + pl.when(pl.col("state") == "delivered").then("eats").otherwise(pl.duration()),
        next_assigned=pl.col("assigned").shift(-1).over("site", "courier", order_by="assigned"),
    )
    orders = orders.collect().lazy()
    of_order = orders.select(*_ORDER, "order_id", "created", "ended", order_state="state")
    kitchens = scan_table(tables, "kitchens").select("site", "kitchen", "kitchen_id")
    lines = scan_table(tables, "order_lines").filter(days).join(of_order, on=_ORDER)
    lines = lines.join(kitchens, on=["site", "kitchen"], how="left").with_columns(step=none)
    stations = scan_table(tables, "stations").select("site", "station", "station_id")
    of_line = lines.select(*_ORDER, "line", "order_id", "brand", "item", "kitchen_id")
    steps = scan_table(tables, "steps").filter(days).join(of_line, on=[*_ORDER, "line"])
    steps = steps.join(stations, on=["site", "station"], how="left")
    # In memory, since each hour and each kind of event takes some of their rows.
    return Happened(orders, *(rows.lazy() for rows in pl.collect_all((lines, steps))))


def make_events(found: Happened, begins: dt.datetime, ends: dt.datetime, sites: Iterable[str]) -> pl.Series:
    """Make the events of a window of time, in order, each as a line of JSON; `ends` is not in the window.

    Parameters
    ----------
    found
        `read_day` of the day of the window.
    begins, ends
        The window.
    sites
        Names of all sites.
    """
    inside = pl.col("time").is_between(begins, ends, closed="left")
    sources = {site: f"/sites/{quote(site, safe='')}" for site in sites}
    parts = [
        _encode(part, inside, sources)
        for list_parts in (_order_parts, _line_parts, _step_parts, _customer_parts, _courier_parts)
        for part in list_parts(found)
    ]
    made = pl.concat(pl.collect_all(parts))
    return made.sort("time", "rank", *_ORDER, "line", "step")["text"]


class _Part(NamedTuple):
    """Events of one type and state: rows that have `time`, and the columns of the type's data but `state`."""

    kind: str
    who: str
    state: str
    rows: pl.LazyFrame


def _order_parts(found: Happened) -> Iterator[_Part]:
    no_courier, no_reason = (pl.lit(None, pl.String).alias(name) for name in ("courier_id", "cancel_reason"))
    orders, early = found.orders, found.orders.with_columns(no_courier, no_reason)
    yield _Part("orders.created", "orders", "submitted", _at("created", orders))
    yield _Part("orders.updated", "orders", "processing", _at("started", early))
    yield _Part("orders.updated", "orders", "ready", _at("ready", early))
    yield _Part("orders.updated", "orders", "picked_up", _at("picked_up", orders.with_columns(no_reason)))
    for state in ("delivered", "failed", "cancelled"):
        yield _Part("orders.updated", "orders", state, _at("ended", orders, pl.col("state") == state))


def _line_parts(found: Happened) -> Iterator[_Part]:
    kind, lines, of = "orders.line_updated", found.lines, pl.col("order_state")
    yield _Part(kind, "lines", "assigned", _at("created", lines, of != "cancelled"))
    for state in ("delivered", "cancelled"):
        yield _Part(kind, "lines", state, _at("ended", lines, of == state))
    yield _Part(kind, "lines", "ready", _at("finished", lines))
    steps, is_first = found.steps, pl.col("step") == 0
    waited = pl.col("started").is_null() | (pl.col("started") > pl.col("asked"))
    yield _Part(kind, "lines", "waiting", _at("asked", steps, waited & ~is_first))
    yield _Part(kind, "lines", "processing", _at("started", steps, waited | is_first))


def _step_parts(found: Happened) -> Iterator[_Part]:
    yield _Part("orders.step_started", "steps", "started", _at("started", found.steps))
    yield _Part("orders.step_finished", "steps", "finished", _at("ended", found.steps))


def _customer_parts(found: Happened) -> Iterator[_Part]:
    kind, who = "persons.updated", "customer"
    orders = found.orders.with_columns(person_id="customer_id", role=pl.lit(who))
    yield _Part(kind, who, "waiting", _at("created", orders))
    yield _Part(kind, who, "eating", _at("ended", orders, pl.col("state") == "delivered"))
    yield _Part(kind, who, "idle", _at("full", orders))


def _courier_parts(found: Happened) -> Iterator[_Part]:
    kind, who, delivered = "persons.updated", "courier", pl.col("picked_up").is_not_null()
    orders = found.orders.with_columns(person_id="courier_id", role=pl.lit(who))
    yield _Part(kind, who, "assigned", _at("assigned", orders))
    waits = pl.col("picked_up").is_null() | (pl.col("picked_up") > pl.col("courier_arrived"))
    yield _Part(kind, who, "waiting", _at("courier_arrived", orders, waits))
    yield _Part(kind, who, "delivering", _at("picked_up", orders))
    for time, state in (("ended", "returning"), ("courier_back", "idle")):
        # With the next order assigned by then, a courier goes on with that one.
        is_free = pl.col("next_assigned").is_null() | (pl.col("next_assigned") > pl.col(time))
        yield _Part(kind, who, state, _at(time, orders, delivered & is_free))


def _at(time: str, rows: pl.LazyFrame, where: pl.Expr | None = None) -> pl.LazyFrame:
    """Take rows for which the time in a column has come."""
    there = rows.with_columns(time=time).filter(pl.col("time").is_not_null())
    return there if where is None else there.filter(where)


def _encode(part: _Part, inside: pl.Expr, sources: Mapping[str, str]) -> pl.LazyFrame:
    """Write the events inside a window as JSON, beside what they are sorted by."""
    # Unique within a source. A line may reach a state with each of its steps.
    ids = [pl.col("order_id"), pl.lit(part.who)]
    if part.who in ("lines", "steps"):
        ids += [pl.col("line").cast(pl.String), pl.col("step").cast(pl.String)]
    event = pl.struct(
        specversion=pl.lit(SPEC_VERSION),
        id=pl.concat_str(*ids, pl.lit(part.state), separator="/", ignore_nulls=True),
        source=pl.col("site").replace_strict(sources, return_dtype=pl.String),
        type=pl.lit(PREFIX + part.kind),
        time=pl.col("time").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"),
        datacontenttype=pl.lit("application/json"),
        data=pl.struct(*_DATA[part.kind]),
    )
    rows = part.rows.filter(inside).with_columns(state=pl.lit(part.state))
    rank = pl.lit(_RANKS.index(f"{part.who} {part.state}"), pl.Int8).alias("rank")
    return rows.select("time", rank, *_ORDER, "line", "step", text=event.struct.json_encode())
