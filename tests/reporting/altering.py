"""Alter small datasets so that all checks of `fastgen verify` still pass: only tests of the model can tell.

A change is a function of the rows of one location, whose column `order` tells the orders apart, and of a
random generator. It keeps the number of rows of every location-day.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from fastgen.events.schema import ARRIVED, CREATED, FINISHED, PICKED_UP, READY, STARTED
from tests.helpers import copy_of, read_raw, reseal, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Change = Callable[[pl.DataFrame, np.random.Generator], pl.DataFrame]

DAY_S, MIN_S = 86_400, 60
# What of an order decides where it goes.
OF_CUSTOMER = [
    *("customer_lat", "customer_lon", "customer_addr", "route_json"),
    *("ping_lat", "ping_lon", "ping_progress"),
]


def alter(dataset: Path, folder: Path, change: Change, seed: int = 1) -> Path:
    """Copy a dataset into a folder, and change its rows."""
    copy, rng = copy_of(dataset, folder), np.random.default_rng(seed)
    for entry in read_raw(copy)["files"]:
        rewrite(copy / entry["path"], partial(_change_rows, change, rng))
    reseal(copy)
    return copy


def _change_rows(change: Change, rng: np.random.Generator, rows: pl.DataFrame) -> pl.DataFrame:
    numbered = rows.with_columns((pl.col("event_type_id") == CREATED).cum_sum().alias("order"))
    changed = change(numbered, rng)
    return changed.select(pl.col(name).cast(kind) for name, kind in rows.schema.items())


def _time_of(event: int) -> pl.Expr:
    """Time of an event of each row's order."""
    return pl.col("ts_seconds").filter(pl.col("event_type_id") == event).first().over("order")


def delay(rows: pl.DataFrame, seconds: NDArray[Any]) -> pl.DataFrame:
    """Let each order take so many seconds longer after its start, (n_orders,).

    A driver who comes before the food still comes at the same share of the time until then.
    """
    more = pl.lit(pl.Series(seconds)[(rows["order"] - 1).cast(pl.Int64)].cast(pl.Int64))
    event, ts, created, ready = (
        pl.col("event_type_id"),
        pl.col("ts_seconds"),
        _time_of(CREATED),
        _time_of(READY),
    )
    early = created + (ts - created) * (ready + more - created) // (ready - created)
    return rows.with_columns(
        pl.when(event <= STARTED)
        .then(ts)
        .when((event == ARRIVED) & (ts < ready))
        .then(early)
        .otherwise(ts + more)
        .alias("ts_seconds")
    )


def _cooking_s(rows: pl.DataFrame) -> NDArray[Any]:
    orders = rows.filter(pl.col("event_type_id").is_in([STARTED, FINISHED]))
    ts = orders["ts_seconds"].to_numpy().reshape(-1, 2)
    seconds: NDArray[Any] = ts[:, 1] - ts[:, 0]
    return seconds


def stretch_cooking(share: float) -> Change:
    """Make cooking longer by a share; parts of seconds are kept in the mean."""

    def change(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        cooking = _cooking_s(rows)
        return delay(rows, np.floor(cooking * share + rng.random(len(cooking))))

    return change


def cook_evenly(quantiles_s: Callable[[NDArray[Any]], NDArray[Any]]) -> Change:
    """Give the orders of each part of a day's work times at even steps of their distribution."""

    def change(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        cooking = _cooking_s(rows)
        even = quantiles_s((rng.permutation(len(cooking)) + 0.5) / len(cooking))
        return delay(rows, np.floor(even) - cooking)

    return change


def drop_brand(brand_id: int) -> Change:
    """Give orders with a brand the baskets of other orders of the day."""

    def change(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        created = rows.filter(pl.col("event_type_id") == CREATED)
        texts = created["items_json"].to_list()
        day = (created["ts_seconds"] // DAY_S).to_numpy()
        has = np.array([f'"brand_id":{brand_id},' in text for text in texts])
        for i in np.flatnonzero(has).tolist():
            others = np.flatnonzero(~has & (day == day[i]))
            if len(others):
                texts[i] = texts[int(rng.choice(others))]
        changed = created.select("order", items=pl.Series(texts))
        joined = rows.join(changed, on="order", how="left", maintain_order="left")
        is_created = pl.col("event_type_id") == CREATED
        return joined.with_columns(pl.when(is_created).then("items").alias("items_json"))

    return change


def move_evenings(minutes: int) -> Change:
    """Move what is ordered from 16:00 to 21:00, by minutes."""

    def change(rows: pl.DataFrame, _rng: np.random.Generator) -> pl.DataFrame:
        created = _time_of(CREATED)
        is_evening = (created % DAY_S).is_between(16 * 3600, 21 * 3600)
        ts = pl.when(is_evening).then(pl.col("ts_seconds") + minutes * MIN_S).otherwise("ts_seconds")
        moved = rows.with_columns(ts.alias("ts_seconds"))
        return moved.sort(_time_of(CREATED), "order", "sequence", maintain_order=True)

    return change


def cluster_customers(share: float, nodes: float = 0.2) -> Change:
    """Send a share of the orders to a share of the customers, the southernmost ones."""

    def change(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        orders = rows.group_by("order", maintain_order=True).agg(
            pl.len().alias("n_rows"), pl.col("customer_lat").first()
        )
        n_rows, lat = orders["n_rows"].to_numpy(), orders["customer_lat"].to_numpy()
        first = np.cumsum(n_rows) - n_rows
        southern = lat <= np.quantile(np.unique(lat), nodes)
        source, drive = np.arange(len(rows)), np.zeros(len(rows), np.int64)
        ts = rows["ts_seconds"].to_numpy()
        pick_up = first + PICKED_UP - 1
        for i in np.flatnonzero(rng.random(len(n_rows)) < share).tolist():
            givers = np.flatnonzero(southern & (n_rows == n_rows[i]))
            if len(givers):
                giver, n = int(rng.choice(givers)), int(n_rows[i])
                source[first[i] : first[i] + n] = first[giver] + np.arange(n)
                end, of_giver = first[i] + n - 1, first[giver] + n - 1
                drive[end] = (ts[of_giver] - ts[pick_up[giver]]) - (ts[end] - ts[pick_up[i]])
        moved = rows.with_columns(rows.select(OF_CUSTOMER)[source])
        return moved.with_columns(pl.col("ts_seconds") + pl.Series(drive))

    return change
