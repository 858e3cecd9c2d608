"""What kitchen days are asked for, a second time: as docs/model.md, 4.13 says, in plain Python."""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastgen.queueing.site import Capacity, Demand
from tests.cooking.kitchens import fill_day
from tests.second_program import unit, word

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from fastgen.generating.simulation import Simulation

US_PER_MIN = 60_000_000
COOKING, PACKING = 20, 21
TYPES = {"WORKSTATION": 1, "STOVE": 2, "OVEN": 3}
MEAN = 0.49 + 0.7 + 1 / 3
Step = tuple[int, int]  # type of station, microseconds expected


class Order(NamedTuple):
    """An order as the statistical model has it."""

    day: int
    draw: int
    created_us: int
    customer: int
    items: list[int]


def drawn_us(expected_us: float, w: int) -> int:
    root = 0.7 + unit(w)
    return math.floor(expected_us * (root * root / MEAN) + 0.5)


def make_recipes(simulation: Simulation) -> list[list[Step]]:
    """Make the steps of each item, by the row of the items table."""
    source = resources.files("fastgen.templates") / "presets" / "recipes.toml"
    known = tomllib.loads(source.read_text(encoding="utf-8"))
    shape_of = {category: name for name, listed in known["categories"].items() for category in listed}
    items, dims = simulation.dims.items, simulation.dims
    category = dict(zip(dims.categories.id.tolist(), dims.categories.name, strict=True))
    minutes = dict(zip(dims.brands.brand_id.tolist(), dims.brands.avg_prep_time_min.tolist(), strict=True))
    brand = items.brand_id.tolist()
    shapes = [known["shapes"][shape_of.get(category[key], "simmer")] for key in items.category_id.tolist()]
    recipes = []
    for row, shape in enumerate(shapes):
        paces = [other["pace"] for key, other in zip(brand, shapes, strict=True) if key == brand[row]]
        item_s = minutes[brand[row]] * 60 * len(paces) / sum(paces) * shape["pace"]
        steps = [
            (TYPES[kind], max(5 * round(item_s * share / 5) * 10**6, 1)) for kind, share, *_ in shape["steps"]
        ]
        recipes.append(steps)
    return recipes


class SecondKitchens:
    """The kitchens of one location.

    Parameters
    ----------
    plain
        The same scenario by the statistical model, of a day more.
    table
        The location's table of kitchens.
    """

    def __init__(
        self, plain: Simulation, location_id: int, zone: ZoneInfo | None, table: dict[str, Any]
    ) -> None:
        self.plain, self.location_id, self.zone, self.table = plain, location_id, zone, table
        self.recipes = make_recipes(plain)

    def capacity(self) -> Capacity:
        table = self.table
        of_each = [0, table["workstations"], table["stoves"], table["ovens"]]
        return Capacity(
            stations=np.array([of_each] * table["kitchens"]),
            paces=np.ones(table["couriers"], np.int64),
            lead_us=round(table["lead_min"] * US_PER_MIN),
            nearest_first=table["dispatch"] == "nearest",
        )

    def local(self, created_us: int) -> dt.datetime:
        """Tell what the wall clock of the location shows."""
        moment = dt.datetime.combine(self.plain.scenario.start, dt.time(), dt.UTC)
        moment += dt.timedelta(microseconds=created_us)
        return moment.astimezone(self.zone or dt.UTC)

    def orders(self, day: int) -> list[Order]:
        made = fill_day(self.plain, self.location_id, day)
        return [
            Order(
                day,
                int(made.draw[i]),
                int(made.times_us[i, 0]),
                int(made.customer[i]),
                made.line_item[made.line_start[i] : made.line_start[i + 1]].tolist(),
            )
            for i in range(len(made.draw))
        ]

    def orders_of(self, kitchen_day: int) -> list[Order]:
        """List the orders of a kitchen day; those of day 0 from 04:00 on stand for day -1."""
        late = [one for one in self.orders(max(kitchen_day, 0)) if self.local(one.created_us).hour >= 4]
        if kitchen_day < 0:
            begin, end = (self.midnight_us(day) for day in (0, 1))
            late = [one._replace(created_us=one.created_us - (end - begin)) for one in late]
        early = [one for one in self.orders(kitchen_day + 1) if self.local(one.created_us).hour < 4]
        return late + early

    def midnight_us(self, day: int) -> int:
        start = dt.datetime.combine(self.plain.scenario.start, dt.time(), self.zone or dt.UTC)
        epoch = dt.datetime.combine(self.plain.scenario.start, dt.time(), dt.UTC)
        local = (start + dt.timedelta(days=day)).astimezone(dt.UTC)
        return round((local - epoch).total_seconds()) * 10**6

    def demand(self, kitchen_day: int) -> Demand:
        """Make what a kitchen day is asked for."""
        orders = self.orders_of(kitchen_day)
        lines = [self.recipes[item] for one in orders for item in one.items]
        steps = [step for line in lines for step in line]
        durations = [
            max(drawn_us(expected, word(COOKING, self.location_id, one.day, one.draw, 64 * n + s)), 1)
            for one in orders
            for n, item in enumerate(one.items)
            for s, (_, expected) in enumerate(self.recipes[item])
        ]
        mean_us = self.table["packing_min"] * US_PER_MIN
        packing = [drawn_us(mean_us, word(PACKING, self.location_id, one.day, one.draw, 0)) for one in orders]
        drives = self.plain.tables[self.location_id].drive_us[[one.customer for one in orders]]
        return Demand(
            created_us=np.array([one.created_us for one in orders]),
            number=np.array([one.draw for one in orders]),
            customer=np.array([one.customer for one in orders]),
            packing_us=np.array(packing),
            ride_out=drives,
            ride_back=drives,
            line_start=np.cumsum([0, *(len(one.items) for one in orders)]),
            step_start=np.cumsum([0, *(len(line) for line in lines)]),
            step_type=np.array([kind for kind, _ in steps]),
            duration_us=np.array(durations),
            expected_us=np.array([expected for _, expected in steps]),
            draw=np.array([one.draw for one in orders]),
            line_item=np.array([item for one in orders for item in one.items], np.int32),
        )
