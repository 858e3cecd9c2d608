"""Forecast a build: what it would make, and the time and memory that it would take."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.building import costs
from fastgen.building.options import BuildOptions
from fastgen.building.plan import prepare
from fastgen.building.workers import check_workers, count_workers
from fastgen.dataset.layout import Layout
from fastgen.generating.kitchen_loads import measure_kitchen_loads
from fastgen.model.station_kitchens import STATIONS, STATISTICAL

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from fastgen.building.options import Inputs
    from fastgen.building.plan import BuildPlan
    from fastgen.cooking.load import Load
    from fastgen.model.route_table import RouteTable


@dataclass(frozen=True)
class LocationForecast:
    """Forecast of one location.

    Attributes
    ----------
    location_id, code
        The location.
    files
        Number of its event files; 0 if one file has all locations.
    orders
        Exact number of orders.
    events, bytes
        Expected number of events, and expected size of their files.
    """

    location_id: int
    code: str
    files: int
    orders: int
    events: int
    bytes: int


@dataclass(frozen=True)
class Forecast:
    """Forecast of a build.

    Attributes
    ----------
    scenario, seed, scale
        What the dataset would be made from.
    days, first_date, last_date
        Number of days, and dates of the first and the last one.
    layout, partition_by, compression
        Form of the files.
    writer
        What encodes them.
    location_days, files
        Days of all locations built, and files of events: the units of work.
    orders
        Exact number of orders.
    events, bytes
        Expected number of events, and expected size of their files.
    workers, seconds, memory_bytes
        Number of workers that would have something to do; duration of the build, planning included, and its
        peak memory, on a machine like the measured one (costs.py).
    locations
        Forecast of each location.
    kitchen
        "statistical" or "stations".
    loads
        How busy the stations and couriers of each location will be; empty for "statistical".
    """

    scenario: str
    seed: int
    scale: float
    days: int
    first_date: dt.date
    last_date: dt.date
    layout: str
    partition_by: str
    compression: str
    writer: str
    location_days: int
    files: int
    orders: int
    events: int
    bytes: int
    workers: int
    seconds: float
    memory_bytes: int
    locations: tuple[LocationForecast, ...]
    kitchen: str
    loads: tuple[Load, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the forecast as a dict for JSON, dates as texts."""
        dates = {key: getattr(self, key).isoformat() for key in ("first_date", "last_date")}
        loads = [one.to_dict() for one in self.loads]
        return {**asdict(self), **dates, "seconds": round(self.seconds, 1), "loads": loads}


def plan(
    *,
    workers: int | None = None,
    announce: Callable[[str], None] = lambda _: None,
    **inputs: Unpack[Inputs],
) -> Forecast:
    """Forecast a build; parameters and errors as `fastgen.build`.

    It writes only route tables into the cache, if they aren't there yet; before it computes them, it calls
    `announce` with one line.
    """
    check_workers(workers)
    return forecast(prepare(BuildOptions(**inputs), announce), workers)


def forecast(plan: BuildPlan, workers: int | None = None) -> Forecast:
    """Forecast a planned build; `workers` as for `fastgen.build`."""
    scenario, ids = plan.scenario, list(plan.tables)
    codes = {network.location_id: network.code for network in plan.networks}
    rows = tuple(_forecast_location(plan, location_id, codes[location_id]) for location_id in ids)
    events = sum(row.events for row in rows)
    at_work = count_workers(workers, plan, len(plan.files))
    return Forecast(
        scenario=scenario.name,
        seed=scenario.seed,
        scale=scenario.scale,
        days=scenario.days,
        first_date=scenario.start,
        last_date=scenario.start + dt.timedelta(days=scenario.days - 1),
        layout=str(plan.layout),
        partition_by=str(plan.partition_by),
        compression=plan.compression,
        writer=str(plan.writer),
        location_days=len(ids) * scenario.days,
        files=len(plan.files),
        orders=sum(row.orders for row in rows),
        events=events,
        bytes=sum(row.bytes for row in rows),
        workers=at_work,
        seconds=_seconds(plan, events, at_work),
        memory_bytes=costs.memory_bytes(at_work, sum(map(_table_bytes, plan.tables.values())), plan.writer),
        locations=rows,
        kitchen=STATISTICAL if scenario.kitchen is None else STATIONS,
        loads=tuple(measure_kitchen_loads(plan)),
    )


def _seconds(plan: BuildPlan, events: int, n_workers: int) -> float:
    # More workers than cores make a build no faster.
    n_cores = min(n_workers, os.cpu_count() or 1)
    # Planning counts the orders of all locations, also of those that aren't built.
    n_planned = len(plan.scenario.locations) * plan.scenario.days
    has_stations = plan.scenario.kitchen is not None
    took = costs.seconds(events, len(plan.files), n_cores, plan.writer, has_stations=has_stations)
    return costs.plan_seconds(n_planned) + took


def _forecast_location(plan: BuildPlan, location_id: int, code: str) -> LocationForecast:
    orders = int(plan.source.n_orders[location_id].sum())
    # Events depend on the customers, who are drawn: this is the mean over all customers.
    events = round(orders * plan.tables[location_id].events_per_order)
    # The file of the single layout belongs to no location.
    of_its_own = () if plan.layout is Layout.SINGLE else plan.files
    return LocationForecast(
        location_id=location_id,
        code=code,
        files=sum(file.spans[0].location_id == location_id for file in of_its_own),
        orders=orders,
        events=events,
        bytes=round(events * costs.WRITERS[plan.writer].bytes_an_event[plan.compression]),
    )


def _table_bytes(table: RouteTable) -> int:
    return sum(value.nbytes for value in vars(table).values() if isinstance(value, np.ndarray))
