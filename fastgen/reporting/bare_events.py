"""Count events of another or an older tool: Parquet files with the columns of fastgen, and no manifest."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from fastgen.dataset.layout import EVENTS
from fastgen.errors import DataError
from fastgen.events.schema import CANCELLED, CREATED, DELIVERED, PICKED_UP, PING
from fastgen.reporting.axes import INTERVALS, N_BINS, Axes
from fastgen.reporting.customers import Customers, Routes, make_keys
from fastgen.reporting.kernels.count_orders import ARRIVED_SHIFT_S, COARSE_S, FINE_S
from fastgen.reporting.tally import Tally
from fastgen.reporting.trips import Trips
from fastgen.units import S_PER_DAY, S_PER_MIN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_LINE = pl.List(pl.Struct({"brand_id": pl.Int64, "qty": pl.Int64, "price": pl.Float64}))
_COLUMNS = {
    "order_id": pl.String,
    "location_id": pl.Int64,
    "event_type_id": pl.Int64,
    "ts_seconds": pl.Int64,
    "customer_lat": pl.Float32,
    "customer_lon": pl.Float32,
    "items_json": pl.String,
}
_CENTS = 100


def read_bare_events(place: Path) -> Tally:
    """Count all orders of a file, or of a folder with an entry `events.parquet`.

    Days and minutes are those of the timestamps. All rows are read into memory.

    Raises
    ------
    DataError
        If they can't be read, or lack columns.
    """
    with _scan(place) as (files, rows):
        missing = [name for name in _COLUMNS if name not in rows.collect_schema().names()]
        if missing:
            raise DataError(f"{files}: expected columns {', '.join(_COLUMNS)}, got none named {missing[0]}.")
        orders = _gather_orders(rows.select(pl.col(name).cast(kind) for name, kind in _COLUMNS.items()))
    if not len(orders):
        raise DataError(f"{files}: expected events of orders that were created, got none.")
    return _count(orders)


def count_bare_rows(place: Path) -> int:
    """Count the rows that `read_bare_events` reads, by the footers of the files; errors as there."""
    with _scan(place) as (_, rows):
        return int(rows.select(pl.len()).collect().item())


@contextmanager
def _scan(place: Path) -> Iterator[tuple[Path, pl.LazyFrame]]:
    """Give the file or folder with the rows, and the rows."""
    files = place if place.is_file() else place / EVENTS
    pattern = str(files / "**" / "*.parquet") if files.is_dir() else str(files)
    try:
        yield files, pl.scan_parquet(pattern, hive_partitioning=True)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"{files}: expected Parquet files of events: {' '.join(str(error).split())}"
        ) from None


def _gather_orders(rows: pl.LazyFrame) -> pl.DataFrame:
    """Make a row of each order: when its events happened, and its lines."""
    kinds = sorted({kind for pair in INTERVALS.values() for kind in pair} | {CANCELLED})
    event, ts = pl.col("event_type_id"), pl.col("ts_seconds")
    return (
        rows.group_by("order_id", "location_id")
        .agg(
            *(ts.filter(event == kind).min().alias(f"at_{kind}") for kind in kinds),
            pl.len().alias("events"),
            (event == PING).sum().alias("pings"),
            pl.col("customer_lat", "customer_lon", "items_json").filter(event == CREATED).first(),
        )
        .filter(pl.col(f"at_{CREATED}").is_not_null())
        .with_columns(pl.col("items_json").fill_null("[]").str.json_decode(_LINE).alias("lines"))
        .sort(f"at_{CREATED}", "order_id")
        .collect()
    )


def _count(orders: pl.DataFrame) -> Tally:
    created = orders[f"at_{CREATED}"].to_numpy()
    first_day = int(created.min()) // S_PER_DAY
    ids = sorted(orders["location_id"].unique().to_list())
    lines = orders.select(pl.row_index("order"), "lines").explode("lines").drop_nulls().unnest("lines")
    brand_ids = sorted(lines["brand_id"].unique().to_list())
    n_days = int(created.max()) // S_PER_DAY - first_day + 1
    axes = Axes(
        location_ids=tuple(ids),
        codes=tuple(str(one) for one in ids),
        names=tuple(f"location {one}" for one in ids),
        start=np.datetime64(first_day, "D").item(),
        n_days=n_days,
        brand_ids=tuple(brand_ids),
        brands=tuple(f"brand {one}" for one in brand_ids),
        period_days=n_days,
    )
    tally = Tally.empty(axes)
    location = np.searchsorted(ids, orders["location_id"].to_numpy())
    day, second = created // S_PER_DAY - first_day, created % S_PER_DAY
    _count_events(tally, orders, location, day)
    _count_times(tally, orders, location)
    _add(tally.by_minute, (location, second // S_PER_MIN), 1)
    _add(tally.by_hour, (location, axes.weekday[day], second // 3600, 0), 1)
    _count_lines(tally, lines, location, day)
    return _with_customers(tally, orders, location, day, second)


def _add(counts: NDArray[np.int64], at: Any, more: Any) -> None:
    """Add to some places of an array, as often as they are named."""
    np.add.at(counts, at, more)


def _count_events(
    tally: Tally, orders: pl.DataFrame, location: NDArray[np.int64], day: NDArray[np.int64]
) -> None:
    delivered, cancelled = (orders[f"at_{kind}"].is_not_null().to_numpy() for kind in (DELIVERED, CANCELLED))
    columns = (np.ones(len(orders), np.int64), orders["events"].to_numpy(), None, delivered, cancelled)
    for at, values in enumerate(columns):
        if values is not None:
            _add(tally.by_day, (location, day, at), values.astype(np.int64))
    pings = np.minimum(orders["pings"].to_numpy(), tally.pings.shape[1] - 1)
    _add(tally.pings, (location[delivered], pings[delivered]), 1)


def _count_times(tally: Tally, orders: pl.DataFrame, location: NDArray[np.int64]) -> None:
    for at, (name, (before, after)) in enumerate(INTERVALS.items()):
        shift = ARRIVED_SHIFT_S if name == "ready_to_arrived" else 0
        times = orders[f"at_{after}"] - orders[f"at_{before}"] + shift
        known = times.is_not_null().to_numpy()
        seconds = times.drop_nulls().to_numpy()
        place = np.where(seconds < FINE_S, seconds, FINE_S + (seconds - FINE_S) // COARSE_S)
        _add(tally.seconds, (location[known], at, np.clip(place, 0, N_BINS - 1)), 1)


def _count_lines(
    tally: Tally, lines: pl.DataFrame, location: NDArray[np.int64], day: NDArray[np.int64]
) -> None:
    """Count brands, lines, quantities and prices."""
    order = lines["order"].to_numpy().astype(np.int64)
    brand = np.searchsorted(tally.axes.brand_ids, lines["brand_id"].to_numpy())
    qty, price = lines["qty"].to_numpy(), lines["price"].to_numpy()
    cents = np.rint(price * _CENTS).astype(np.int64) * qty
    here = location[order]
    by_brand = tally.by_brand[:, :, 0]
    _add(by_brand, (here, brand, 2), 1)
    _add(by_brand, (here, brand, 3), cents)
    _add(tally.by_day, (here, day[order], 2), cents)
    _add(tally.quantities, (here, np.clip(qty, 0, tally.quantities.shape[1] - 1)), 1)
    is_first = np.diff(order, prepend=-1) != 0
    _add(by_brand, (here[is_first], brand[is_first], 1), 1)
    both, n_lines = np.unique(order * len(tally.axes.brand_ids) + brand, return_counts=True)
    of_pair, brand_of_pair = np.divmod(both, max(1, len(tally.axes.brand_ids)))
    _add(by_brand, (location[of_pair], brand_of_pair, 0), 1)
    _add_sizes(tally.lines_per_brand, location[of_pair], n_lines)
    n_orders = len(location)
    _add_sizes(tally.brands_per_order, location, np.bincount(of_pair, minlength=n_orders))
    _add_sizes(tally.lines_per_order, location, np.bincount(order, minlength=n_orders))
    dollars = np.bincount(order, cents, minlength=n_orders).astype(np.int64) // _CENTS
    _add_sizes(tally.price_usd, location, dollars)


def _add_sizes(counts: NDArray[np.int64], location: NDArray[np.int64], size: NDArray[np.int64]) -> None:
    _add(counts, (location, np.minimum(size, counts.shape[1] - 1)), 1)


def _with_customers(
    tally: Tally,
    orders: pl.DataFrame,
    location: NDArray[np.int64],
    day: NDArray[np.int64],
    second: NDArray[np.int64],
) -> Tally:
    lat, lon = (orders[name].fill_null(0.0).to_numpy() for name in ("customer_lat", "customer_lon"))
    key, customers, row = make_keys(lat, lon), [], np.zeros(len(orders), np.int64)
    for place in range(tally.axes.n_locations):
        here = location == place
        found, row[here], n_orders = np.unique(key[here], return_inverse=True, return_counts=True)
        customers.append(Customers(found, n_orders.astype(np.int64), Routes.none(len(found))))
    created = orders[f"at_{CREATED}"]
    end = orders[f"at_{DELIVERED}"].fill_null(orders[f"at_{CANCELLED}"])
    picked_up_s, ended_s = (
        (at - created).fill_null(-1).to_numpy() for at in (orders[f"at_{PICKED_UP}"], end)
    )
    is_cancelled = orders[f"at_{CANCELLED}"].is_not_null().to_numpy()
    columns = (location, day, second, picked_up_s, ended_s, is_cancelled, row)
    types = (column.dtype for column in Trips.none().columns())
    trips = Trips._make(column.astype(kind) for column, kind in zip(columns, types, strict=True))
    return replace(tally, customers=tuple(customers), trips=trips)
