"""Load what a simulation is made from: scenario, tables and road networks, as a user names them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fastgen.errors import ScenarioError
from fastgen.faults.plan import load_scenario_faults
from fastgen.generating.kitchen_loads import check_kitchen_loads
from fastgen.generating.simulation import Simulation, make_simulation
from fastgen.inputs.loading import load_inputs, name_file
from fastgen.inputs.location_tables import make_dimensions
from fastgen.inputs.menus import load_built_in_menus
from fastgen.model.disturbances import USUAL
from fastgen.model.fields import check_list
from fastgen.model.route_table import RouteRequest, RouteTable
from fastgen.orders.expected import check_expected_orders, expected_orders
from fastgen.paths import check_input
from fastgen.roads.area import Area
from fastgen.roads.cache import default_cache_dir, load_route_table
from fastgen.roads.concatenation import concatenate_tables
from fastgen.roads.coverage import describe_gap, find_misplaced
from fastgen.roads.network import check_networks, find_network

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from fastgen.generating.simulation import MakeSource
    from fastgen.model.location import Location
    from fastgen.model.scenario import Scenario


@dataclass(frozen=True, kw_only=True)
class SimulationOptions:
    """What decides the events of a dataset, as a user states it.

    Attributes
    ----------
    scenario
        Scenario file; None for the canonical scenario.
    days, seed, scale, start
        Instead of the scenario's.
    locations
        Codes or ids of the locations to build; None for all. The events of a location don't depend on the
        others.
    dimensions
        Folder of six dimension tables to use instead of the shipped ones.
    roads
        Folder of CODE.roads files; where a location has none there, its built-in network is used.
    kitchen
        "statistical" or "stations"; None: what the scenario says.
    """

    scenario: str | Path | None = None
    days: int | None = None
    seed: int | None = None
    scale: float | None = None
    start: dt.date | None = None
    locations: Sequence[str] | None = None
    dimensions: str | Path | None = None
    roads: str | Path | None = None
    kitchen: str | None = None


def load_simulation(
    options: SimulationOptions,
    announce: Callable[[str], None] = lambda _: None,
    make_source: MakeSource | None = None,
    *,
    can_select: bool = True,
) -> Simulation:
    """Load all inputs of a simulation.

    Parameters
    ----------
    options
        What the user asks for.
    announce
        Called with a line before routes are computed, and with warnings of a network.
    make_source
        Makes the source of orders; None: the statistical one.
    can_select
        Whether the user can name `locations`, so that an error may say it. Beside `scenario:`, the option
        --locations selects rows to read, and all locations are made.

    Raises
    ------
    ScenarioError, DataError
        If an input is wrong, the faults of the scenario file among them.
    """
    given = {name: getattr(options, name) for name in ("scenario", "dimensions", "roads")}
    paths = {name: None if path is None else check_input(path, name) for name, path in given.items()}
    if paths["scenario"] is not None:
        # They don't change the events, and a wrong key would be found only when the file is replayed.
        load_scenario_faults(paths["scenario"])
    overrides = {key: getattr(options, key) for key in ("days", "seed", "scale", "start", "kitchen")}
    loaded, dims = load_inputs(paths["scenario"], paths["dimensions"], overrides=overrides)
    selected = select_locations(loaded, options.locations)
    # If roads are missing, the error names the commands that get them, with the options that they need too.
    stated = [f" --{n} {shlex.quote(str(paths[n]))}" for n in ("scenario", "dimensions") if paths[n]]
    areas = _areas(loaded, selected)
    roads, inputs = paths["roads"], "".join(stated)
    check_networks([*areas], roads, inputs, can_select=can_select, misplaced=find_misplaced(areas))
    if make_source is None:
        # Before routes are computed, which takes a while. Other sources have limits of their own.
        check_expected_orders(loaded, expected_orders(loaded))
    tables = {place.location_id: _route_table(loaded, place, roads, announce) for place in selected}
    _warn_of_gaps(areas, roads, announce, inputs)
    simulation = make_simulation(loaded, dims, tables, make_source)
    if make_source is None:
        for line in name_file(paths["scenario"], lambda: check_kitchen_loads(simulation)):
            announce(line)
    return simulation


def simulate_scenario(
    scenario: Scenario,
    roads: Path | None,
    announce: Callable[[str], None],
    inputs: str = "",
    note: str = "",
) -> Simulation:
    """Make the simulation of a scenario, with the built-in menus and with road networks.

    Parameters
    ----------
    scenario
        The scenario.
    roads
        Folder of CODE.roads files, or None.
    announce
        Called with a line before routes are computed, and with warnings of a network.
    inputs, note
        What the error about missing networks says, and the warning about small ones; see `check_networks`.

    Raises
    ------
    ScenarioError, DataError
        If it expects too many orders, or a location has no roads.
    """
    areas = _areas(scenario, scenario.locations)
    check_networks([*areas], roads, inputs, note, can_select=False, misplaced=find_misplaced(areas))
    check_expected_orders(scenario, expected_orders(scenario))
    dims = make_dimensions(scenario, load_built_in_menus())
    tables = {
        place.location_id: _route_table(scenario, place, roads, announce) for place in scenario.locations
    }
    _warn_of_gaps(areas, roads, announce, inputs, note)
    return make_simulation(scenario, dims, tables)


def select_locations(scenario: Scenario, codes: Sequence[str] | None) -> list[Location]:
    """Pick locations by code or id, in the scenario's order; None picks all.

    Raises
    ------
    ScenarioError
        If a code is not one of the scenario's.
    """
    if codes is None:
        return list(scenario.locations)
    check_list(codes, "--locations")
    if not codes:
        raise ScenarioError("--locations: expected a code at least, got none.")
    for code in codes:
        if not any(code in (place.code, str(place.location_id)) for place in scenario.locations):
            known = ", ".join(place.code for place in scenario.locations)
            raise ScenarioError(f"--locations: expected codes among {known}, got {code!r}.")
    return [p for p in scenario.locations if p.code in codes or str(p.location_id) in codes]


def _route_table(
    scenario: Scenario, place: Location, roads: Path | None, announce: Callable[[str], None]
) -> RouteTable:
    driver, delivery = scenario.driver_of(place), scenario.delivery_of(place)
    data, name = find_network(place.code, roads)
    request = RouteRequest(
        lat=place.lat,
        lon=place.lon,
        radius_mi=delivery.radius_mi,
        speed_mph=driver.speed_mph,
        ping_interval_s=driver.ping_interval_s,
        ping_position=driver.ping_position,
        street=delivery.address_street,
    )
    kitchens = scenario.kitchens_of(place)
    slowdowns = (USUAL,) if kitchens is None else kitchens.slowdowns
    # One table with a part for every slowdown; the usual speed as it is stated, to the last bit.
    speeds = [driver.speed_mph if one == USUAL else driver.speed_mph * USUAL / one for one in slowdowns]
    requests = [replace(request, speed_mph=speed) for speed in speeds]
    tables = [load_route_table(data, name, one, default_cache_dir(), announce) for one in requests]
    return concatenate_tables(tables, name)


def _areas(scenario: Scenario, places: Iterable[Location]) -> dict[str, Area]:
    """Make the delivery squares of locations, by their codes."""
    return {p.code: Area(p.lat, p.lon, scenario.delivery_of(p).radius_mi) for p in places}


def _warn_of_gaps(
    areas: Mapping[str, Area],
    roads: Path | None,
    announce: Callable[[str], None],
    inputs: str,
    note: str = "",
) -> None:
    """Announce which delivery squares reach beyond the roads of their location."""
    for code, area in areas.items():
        gap = describe_gap(area, code, roads, inputs, note)
        if gap:
            announce(gap)
