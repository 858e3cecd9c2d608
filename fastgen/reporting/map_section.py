"""Make the section of the page that has the map: its data, and what it shows in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastgen.reporting.figures_of_orders import WEEKDAYS
from fastgen.reporting.map_data import attribute, make_map
from fastgen.units import S_PER_DAY

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.reporting.survey import Survey
    from fastgen.reporting.trips import Trips

M_PER_KM = 1_000.0
# Longer than any order of a day goes on: days that are counted one after the other don't touch.
APART_S = 4 * S_PER_DAY


class Place(NamedTuple):
    """What the map shows of a location, in words."""

    name: str
    attribution: str
    orders: int
    addresses: int
    way: str
    busiest_day: str
    most_drivers: str


@dataclass(frozen=True)
class MapSection:
    """What `assets/map.html.jinja` shows.

    Attributes
    ----------
    data
        What `assets/map_panel.js` reads as JSON from the element "map-data"; see `make_map`.
    sentence
        What the map has, and what it leaves out.
    places
        All locations, in the manifest's order.
    has_cancelled
        Whether an order was cancelled.
    modes
        How couriers move, of those that are shown; empty: not known.
    """

    data: dict[str, Any]
    sentence: str
    places: tuple[Place, ...]
    has_cancelled: bool
    modes: tuple[str, ...]


def make_map_section(survey: Survey, roads: str | Path | None = None) -> MapSection:
    """Make the section of a dataset; arguments as for `make_map`."""
    data = make_map(survey, roads)
    places = tuple(_describe(survey, row) for row in range(survey.tally.axes.n_locations))
    has_cancelled = bool(survey.tally.by_day[:, :, 4].any())
    modes = tuple(mode for mode in data["modes"] if mode)
    return MapSection(data, _say(survey, data), places, has_cancelled, modes)


def read_map_script() -> str:
    """Read the script of the map; none of its names is global."""
    classes = "".join(_read(name) for name in ("map.js", "map_panel.js"))
    return f'(() => {{\n"use strict";\n{classes}}})();\n'


def read_map_style() -> str:
    """Read the style sheet of the map."""
    return _read("map.css")


def _read(name: str) -> str:
    return resources.files("fastgen.reporting").joinpath("assets", name).read_text("utf-8")


def _say(survey: Survey, data: dict[str, Any]) -> str:
    """Say which orders and places can be played."""
    axes, shown = survey.tally.axes, len(data["days"])
    days = f"All {axes.n_days} days" if shown == axes.n_days else f"{shown} of {axes.n_days} days"
    parts = [f"{days if axes.n_days > 1 else 'The day'} can be played"]
    if data["share"] != 1.0:
        parts.append(f"with {data['share']:.0%} of the orders")
    if data["left_out"]:
        parts.append(f"in the busiest {len(data['locations'])} of {axes.n_locations} places")
    return f"{', '.join(parts)}; streets are drawn by the orders of the whole dataset."


def _describe(survey: Survey, row: int) -> Place:
    tally, customers = survey.tally, survey.tally.customers[row]
    orders = tally.orders[row]
    metres = customers.routes.length_m
    n_driven = int(customers.orders[metres > 0].sum())
    km = float((metres * customers.orders).sum()) / M_PER_KM / n_driven if n_driven else None
    day = int(np.argmax(orders))
    date = tally.axes.start + dt.timedelta(days=day)
    busiest = f"{_name(date)}: {orders[day]:,} orders" if orders[day] else "no orders"
    return Place(
        name=tally.axes.names[row],
        attribution=attribute(survey.manifest.networks[row]),
        orders=int(orders.sum()),
        addresses=len(customers.key),
        way="none" if km is None else f"{km:.1f} km",
        busiest_day=busiest,
        most_drivers=_find_most_drivers(tally.trips, row, tally.axes.start),
    )


def _find_most_drivers(trips: Trips, row: int, start: dt.date) -> str:
    """Find when most drivers of a location are on the way at once, of the days that can be played."""
    driven = (trips.location == row) & (trips.picked_up_s >= 0) & (trips.ended_s > trips.picked_up_s)
    created = trips.day[driven] * np.int64(APART_S) + trips.created_s[driven]
    leaves, ends = created + trips.picked_up_s[driven], created + trips.ended_s[driven]
    if not len(leaves):
        return "none"
    time = np.concatenate([leaves, ends])
    change = np.repeat(np.array([1, -1]), len(leaves))
    rank = np.lexsort((change, time))
    now: NDArray[np.int64] = np.cumsum(change[rank])
    at = int(np.argmax(now))
    day, second = divmod(int(time[rank[at]]), APART_S)
    moment = dt.datetime.combine(start, dt.time()) + dt.timedelta(days=day, seconds=second)
    return f"{now[at]} on {_name(moment)} at {moment:%H:%M}"


def _name(date: dt.date) -> str:
    return f"{WEEKDAYS[date.weekday()]}, {date:%Y-%m-%d}"
