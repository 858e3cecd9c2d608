"""Small scenarios of kitchens with stations, and their sources of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import fastgen
from fastgen.generating.inputs import SimulationOptions, load_simulation
from fastgen.model.day_orders import DayOrders
from fastgen.model.order_source import OrderRange

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.building.job import BuildResult
    from fastgen.generating.simulation import Simulation

SF, SV, BELLEVUE, CHICAGO = 1, 2, 3, 4
# Few stations and couriers, so that orders wait for both; orders of the night too.
BUSY = """
[kitchen]
model = "stations"
kitchens = 2
workstations = 2
stoves = 2
ovens = 1
couriers = 4
accept_overload = true

[locations.chicago.kitchen]
workstations = 5
stoves = 4
dispatch = "oldest"
lead_min = 3

[demand.windows.night]
start = "00:00"
end = "06:00"
peak = 4.0
shape = "flat"
"""


def simulate(folder: Path, text: str = BUSY, **options: Any) -> Simulation:
    """Load the simulation of a scenario file of some text."""
    (folder / "it.toml").write_text(text, encoding="utf-8")
    return load_simulation(SimulationOptions(scenario=folder / "it.toml", **options))


def fill(simulation: Simulation, location_id: int, *ranges: OrderRange) -> DayOrders:
    """Make the orders of some ranges."""
    n = sum(one.n_orders for one in ranges)
    source = simulation.source
    orders = DayOrders.empty(n, source.lines_max, with_endings=source.may_end_early)
    simulation.source.fill(location_id, ranges, simulation.tables[location_id], orders)
    return orders


def fill_day(simulation: Simulation, location_id: int, day: int) -> DayOrders:
    """Make the orders of a location-day alone."""
    return fill(
        simulation, location_id, OrderRange(day, 0, int(simulation.source.n_orders[location_id][day]), 0)
    )


def build_day_2_anew(folder: Path, options: dict[str, Any]) -> BuildResult:
    """Build a dataset, lose its files of day 2, and build it again, which gives the same files."""
    options = options | {"partition_by": "location_id,day"}
    path = fastgen.build(folder, **options).path
    files = sorted(path.rglob("day=2/*.parquet"))
    contents = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()
    again = fastgen.build(path, **options)
    assert [file.read_bytes() for file in files] == contents
    return again


def assert_equal(one: DayOrders, other: DayOrders) -> None:
    """Compare orders field by field."""
    n_lines = one.line_start[-1] - one.line_start[0]
    for name in ("draw", "times_us", "customer", "house_number"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    np.testing.assert_array_equal(np.diff(one.line_start), np.diff(other.line_start))
    for name in ("line_item", "line_qty"):
        mine, theirs = (getattr(o, name)[o.line_start[0] :][:n_lines] for o in (one, other))
        np.testing.assert_array_equal(mine, theirs, err_msg=name)
