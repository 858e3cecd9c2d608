"""Read what a universe has measured beside its events, in intervals that a chart can show."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from fastgen.dataset.result_tables import find_result_tables
from fastgen.errors import DamageError
from fastgen.units import S_PER_DAY, US_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from fastgen.dataset.manifest import Manifest
    from fastgen.dataset.result_tables import ResultFile

# Most intervals of a site.
INTERVALS_MAX = 2_000
# Columns of `metrics` by what becomes of them when intervals are joined: sums; means over time; and means
# over the orders delivered, since the medians of a longer interval aren't known.
_SUMS = ("orders_created", "orders_delivered", "orders_failed", "orders_cancelled")
_OVER_TIME = (
    *("orders_open", "couriers_riding_out", "couriers_waiting", "couriers_riding_back", "couriers_idle"),
    "couriers_off_duty",
)
_OVER_ORDERS = (
    *("time_in_system_p50_s", "time_in_system_p90_s"),
    *("station_wait_s", "cooking_s", "courier_wait_s", "ride_s"),
)


class Engine(NamedTuple):
    """What the queueing engine has measured.

    Attributes
    ----------
    interval_s
        Length of the intervals; those at the end of a day may be shorter.
    sites
        By location and interval: numbers of orders, means of open orders and couriers, times in the system.
    stations
        By location, interval and station_type, all kitchens together: the means of the stations in order
        (`stations`), of those at work (`busy`) and of the lines that wait (`queue_length`), the longest queue
        of a kitchen (`queue_max`), and the steps started.
    disturbances
        By location: name, kind, begins and ends (null: never), target, size.
    """

    interval_s: int
    sites: pl.DataFrame
    stations: pl.DataFrame
    disturbances: pl.DataFrame


def read_engine(folder: Path, manifest: Manifest, n_days: int) -> Engine | None:
    """Read the measures of a universe.

    Parameters
    ----------
    folder, manifest
        The dataset.
    n_days
        Days of its scenario.

    Returns
    -------
    Engine or None
        None where no universe was run, or none to its end.

    Raises
    ------
    DamageError
        If the record of the run, or a table, can't be read.
    """
    files = find_result_tables(folder, manifest.source)
    by_table = {
        name: [file for file in files if file.table == name] for name in ("metrics", "station_metrics")
    }
    first = next(iter(by_table["metrics"]), None)
    if first is None:
        return None
    usual_s = int(read_table(first, folder)["length_s"].to_numpy().max(initial=1.0))
    interval_s = usual_s * max(1, -(-n_days * S_PER_DAY // (INTERVALS_MAX * usual_s)))
    sites = [_sum_sites(frame) for frame in _read_all(by_table["metrics"], folder, interval_s)]
    stations = [_sum_stations(frame) for frame in _read_all(by_table["station_metrics"], folder, interval_s)]
    labels = [
        read_table(file, folder).select(pl.lit(file.site).alias("location"), pl.all().exclude("target_id"))
        for file in files
        if file.table == "disturbances"
    ]
    return Engine(
        interval_s,
        _divide_sites(_join(sites, "location", "begins")),
        _divide_stations(_join(stations, "location", "begins", "station_type")),
        pl.concat(labels),
    )


def read_table(file: ResultFile, folder: Path) -> pl.DataFrame:
    """Read a file of a result table; `DamageError` if it isn't one."""
    try:
        return pl.read_parquet(file.path)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = " ".join(str(error).split())[:120]
        raise DamageError(f"{file.path}: expected a table of the run, got: {reason}.", folder) from None


def _read_all(files: Iterable[ResultFile], folder: Path, interval_s: int) -> Iterator[pl.DataFrame]:
    """Read files one by one, with their location, and begins as the begin of the longer interval."""
    length_us = interval_s * US_PER_S
    for file in files:
        begins = pl.col("begins").dt.epoch("us") // length_us * length_us
        yield read_table(file, folder).with_columns(
            location=pl.lit(file.site), begins=begins.cast(pl.Datetime("us", "UTC"))
        )


def _sum_sites(frame: pl.DataFrame) -> pl.DataFrame:
    """Sum the intervals of a site; means are sums of value times weight until `_divide_sites`."""
    weight = pl.col("orders_delivered")
    return frame.group_by("location", "begins").agg(
        pl.col("length_s").sum(),
        pl.col(_SUMS).cast(pl.Int64).sum(),
        pl.col("orders_open_max").max(),
        (pl.col(_OVER_TIME) * pl.col("length_s")).sum(),
        (pl.col(_OVER_ORDERS) * weight).sum(),
    )


def _divide_sites(sums: pl.DataFrame) -> pl.DataFrame:
    weight = pl.when(pl.col("orders_delivered") > 0).then(pl.col("orders_delivered"))
    busy = pl.sum_horizontal("couriers_riding_out", "couriers_waiting", "couriers_riding_back")
    on_duty = busy + pl.col("couriers_idle")
    return sums.with_columns(
        pl.col(_OVER_TIME) / pl.col("length_s"),
        pl.col(_OVER_ORDERS) / weight,
        courier_utilisation=busy / pl.when(on_duty > 0).then(on_duty),
    )


def _sum_stations(frame: pl.DataFrame) -> pl.DataFrame:
    """Sum the intervals of a site's stations, all kitchens together; means as in `_sum_sites`."""
    # Each kitchen has a row an interval: their means at a time add up, and the length counts once.
    at_once = frame.group_by("location", "begins", "interval", "day", "station_type").agg(
        pl.col("length_s").first(),
        pl.col("stations", "busy", "queue_length").sum(),
        pl.col("queue_max").max(),
        pl.col("steps_started").cast(pl.Int64).sum(),
    )
    return at_once.group_by("location", "begins", "station_type").agg(
        pl.col("length_s").sum(),
        (pl.col("stations", "busy", "queue_length") * pl.col("length_s")).sum(),
        pl.col("queue_max").max(),
        pl.col("steps_started").sum(),
    )


def _divide_stations(sums: pl.DataFrame) -> pl.DataFrame:
    in_order = pl.when(pl.col("stations") > 0).then(pl.col("stations"))
    return sums.with_columns(
        pl.col("stations", "busy", "queue_length") / pl.col("length_s"),
        utilisation=pl.col("busy") / in_order,
    )


def _join(frames: list[pl.DataFrame], *keys: str) -> pl.DataFrame:
    """Add up the sums of several files: an interval may lie in two of them."""
    largest = ("orders_open_max", "queue_max")
    whole = pl.concat(frames)
    sums = [pl.col(name).sum() for name in whole.columns if name not in (*keys, *largest)]
    most = [pl.col(name).max() for name in whole.columns if name in largest]
    return whole.group_by(keys).agg(*sums, *most).sort(keys)
