"""Tables of what a live run has written: orders with their times, lines of their baskets, pings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl

from fastgen.events.schema import EVENT_TYPES, N_TYPES_DELIVERED
from fastgen.live_kitchens.places import find_place
from tests.live_kitchens.runs import NOON, FakeClock, run

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from fastgen.live_kitchens.config import LiveConfig

_NUMBERS = ("id", "category_id", "menu_id", "brand_id", "qty")
_ITEM = pl.Struct({name: pl.Int64() for name in _NUMBERS})
_BODY = pl.Struct(
    {
        "customer_lat": pl.Float64(),
        "customer_lon": pl.Float64(),
        "items": pl.List(_ITEM),
        "route_points": pl.List(pl.List(pl.Float64())),
        "eta_mins": pl.Float64(),
        "progress_pct": pl.Float64(),
        "loc_lat": pl.Float64(),
        "loc_lon": pl.Float64(),
    }
)


@dataclass(frozen=True)
class Stream:
    """The complete orders of the days before the first start of a kitchen.

    Attributes
    ----------
    config
        Its config.
    orders
        An order a row: `order_id`, the time of each event by its type, `day` (from day 0, in the kitchen's
        time zone), `minute` of that day, customer's position, items, route and `eta_mins`.
    pings
        A ping a row: `order_id`, `ts`, `progress_pct`, `loc_lat`, `loc_lon`.
    """

    config: LiveConfig
    orders: pl.DataFrame
    pings: pl.DataFrame

    @property
    def lines(self) -> pl.DataFrame:
        """Lines of the baskets, in their order: `order_id`, `day`, `id`, `brand_id` and `qty`."""
        return self.orders.select("order_id", "day", "items").explode("items").unnest("items")

    def minutes(self, first: str, last: str) -> Any:
        """Measure the minutes from one event of each order to another."""
        return self.orders.select((pl.col(last) - pl.col(first)).dt.total_microseconds() / 60e6).to_series()


def read_stream(config: LiveConfig, folder: Path, now: dt.datetime = NOON) -> Stream:
    """Run a kitchen up to its first start, and read what it has written."""
    run(config, folder, clock=FakeClock(now))
    text = pl.read_ndjson(sorted(folder.glob("events-*")), schema_overrides={"body": pl.String})
    rows = text.with_columns(pl.col("ts").str.to_datetime("%Y-%m-%d %H:%M:%S%.6f"))
    pings = _with_body(rows.filter(event_type="driver_ping"), "progress_pct", "loc_lat", "loc_lon")
    times = [rows.filter(event_type=kind).select("order_id", pl.col("ts").alias(kind)) for kind in _ONCE]
    created = _with_body(rows.filter(event_type="order_created"), "customer_lat", "customer_lon", "items")
    picked_up = _with_body(rows.filter(event_type="driver_picked_up"), "route_points", "eta_mins")
    orders = created.drop("ts").join(picked_up.drop("ts"), on="order_id")
    for of_kind in times:
        orders = orders.join(of_kind, on="order_id")
    zone = find_place(config).timezone
    today = now.astimezone(ZoneInfo(zone)).date()
    local = pl.col("order_created").dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    day = (local.dt.date() - pl.lit(today)).dt.total_days() + config.start_days_ago
    minute = local.dt.hour().cast(pl.Int64) * 60 + local.dt.minute()
    orders = orders.with_columns(day=day, minute=minute).filter(pl.col("day") < config.start_days_ago)
    return Stream(config, orders.sort("order_created", "order_id"), pings)


# A live kitchen delivers all orders.
_ONCE = tuple(kind for kind in EVENT_TYPES[:N_TYPES_DELIVERED] if kind != "driver_ping")


def _with_body(rows: pl.DataFrame, *fields: str) -> pl.DataFrame:
    body = pl.col("body").str.json_decode(_BODY)
    return rows.select("order_id", "ts", body.alias("body")).select(
        "order_id", "ts", *(pl.col("body").struct.field(name) for name in fields)
    )
