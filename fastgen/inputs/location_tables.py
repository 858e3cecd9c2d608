"""Convert a scenario's locations and placements to tables, and tables to a scenario's locations."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.errors import DataError, ScenarioError
from fastgen.inputs.brand_momentum import deal_growth
from fastgen.inputs.launched_brands import check_launched_brands
from fastgen.model.dimensions import BrandLocations, Dimensions, Locations
from fastgen.model.fields import from_dict
from fastgen.model.location import Location, Placement, trajectory_by_growth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fastgen.inputs.menus import BrandTables
    from fastgen.model.scenario import Scenario

Tree = dict[str, Any]

# Fields of a location that no table has, with values that change nothing.
_NEUTRAL: Tree = {"timezone": "UTC", "windows": {}, "weekday_factors": "demand", "max_orders_day": "none"}


def make_dimensions(scenario: Scenario, menus: BrandTables) -> Dimensions:
    """Make the six tables of a scenario; a location without a list of brands gets all of them.

    Raises
    ------
    ScenarioError
        If a placement names a brand that the tables don't have, or one without items; if a location doesn't
        sell a brand that is launched there.
    """
    _check_placements(scenario, menus)
    dims = Dimensions(_locations(scenario), menus.brands, _brand_locations(scenario, menus), *menus[1:])
    check_launched_brands(scenario, dims)
    return dims


def same_locations(one: Scenario, other: Scenario) -> bool:
    """Whether two scenarios give the same tables of locations and placements."""
    return [_table_part(p) for p in one.locations] == [_table_part(p) for p in other.locations]


def _table_part(location: Location) -> tuple[object, ...]:
    # The table's column location_code is the field `code` of a location.
    columns = ("code" if c == "location_code" else c for c in Locations._fields)
    return (*(getattr(location, column) for column in columns), location.brands, location.momentum)


def _check_placements(scenario: Scenario, menus: BrandTables) -> None:
    brands, with_items = set(menus.brands.brand_id.tolist()), set(menus.items.brand_id.tolist())
    for location in scenario.locations:
        for placement in location.brands or ():
            wanted = None
            if placement.brand_id not in brands:
                wanted = f"a brand_id of the table of {len(brands)} brands"
            elif placement.brand_id not in with_items:
                wanted = "a brand with at least one item"
            if wanted:
                where = f"locations.{location.code}.brands.brand_id"
                raise ScenarioError(f"{where}: expected {wanted}, got {placement.brand_id}.")


def _locations(scenario: Scenario) -> Locations:
    locations = scenario.locations
    return Locations(
        location_id=np.array([one.location_id for one in locations], np.int64),
        location_code=tuple(one.code for one in locations),
        name=tuple(one.name for one in locations),
        address=tuple(one.address for one in locations),
        lat=np.array([one.lat for one in locations], np.float64),
        lon=np.array([one.lon for one in locations], np.float64),
        narrative=tuple(one.narrative for one in locations),
        base_orders_day=np.array([one.base_orders_day for one in locations], np.int64),
        growth_rate_daily=np.array([one.growth_rate_daily for one in locations], np.float64),
    )


def _brand_locations(scenario: Scenario, menus: BrandTables) -> BrandLocations:
    with_items = set(menus.items.brand_id.tolist())
    # A brand without items can't be ordered from.
    all_brands = tuple(Placement(b) for b in menus.brands.brand_id.tolist() if b in with_items)
    rows = [
        (p, location.location_id)
        for location in scenario.locations
        for p in _placed(location, all_brands, scenario.seed)
    ]
    # brand_location_id numbers the rows in this order, so the order is part of the tables' hash.
    rows.sort(key=lambda row: (row[0].brand_id, row[1], row[0].start_day))
    placements = [placement for placement, _ in rows]
    return BrandLocations(
        brand_location_id=np.arange(1, len(rows) + 1, dtype=np.int64),
        brand_id=np.array([p.brand_id for p in placements], np.int64),
        location_id=np.array([location_id for _, location_id in rows], np.int64),
        start_day=np.array([p.start_day for p in placements], np.int64),
        end_day=np.array([math.nan if p.end_day is None else p.end_day for p in placements], np.float64),
        trajectory=tuple(p.trajectory_word for p in placements),
        growth_rate_monthly=np.array([p.growth_rate_monthly for p in placements], np.float64),
    )


def _placed(location: Location, all_brands: Sequence[Placement], seed: int) -> Sequence[Placement]:
    placements = all_brands if location.brands is None else location.brands
    if location.momentum is None:
        return placements
    return deal_growth(location.momentum, placements, seed, location.location_id)


def locations_tree(tables: Dimensions, directory: Path, preset: Tree) -> Tree:
    """Make the table [locations] of a scenario file from dimension tables.

    Parameters
    ----------
    tables
        The tables.
    directory
        Their folder, for errors.
    preset
        Complete scenario with the fields that the tables lack (time zone, windows, weekday factors), for
        locations with its codes; any other location gets neutral values and the time zone UTC.

    Raises
    ------
    DataError
        If a row breaks a rule for locations or placements.
    """
    locations, placed = tables.locations, tables.brand_locations
    tree: Tree = {}
    for row, code in enumerate(locations.location_code):
        known = preset["locations"].get(code, {})
        location: Tree = {key: known.get(key, value) for key, value in _NEUTRAL.items()}
        location |= {column: _plain(values[row]) for column, values in locations._asdict().items()}
        del location["location_code"]
        # Checked here, so that an error names the row; the scenario's own check would name only the key.
        _check_row(partial(from_dict, Location, location, code=code), directory / "locations.parquet", row)
        tree[code] = {**location, "brands": []}
    codes = dict(zip(locations.location_id.tolist(), locations.location_code, strict=True))
    for row in range(len(placed.brand_id)):
        placement = _placement(placed, row)
        _check_row(partial(from_dict, Placement, placement), directory / "brand_locations.parquet", row)
        tree[codes[int(placed.location_id[row])]]["brands"].append(placement)
    return tree


def _placement(placed: BrandLocations, row: int) -> Tree:
    end, growth = float(placed.end_day[row]), float(placed.growth_rate_monthly[row])
    tree = {
        "brand_id": int(placed.brand_id[row]),
        "start_day": int(placed.start_day[row]),
        "end_day": "open" if math.isnan(end) else int(end),
        "growth_rate_monthly": growth,
    }
    # Left out where it follows from the growth: the key is sparse (model/fields.py).
    word = placed.trajectory[row]
    return tree if word == trajectory_by_growth(growth) else {**tree, "trajectory": word}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) else value.item()


def _check_row(make: Callable[[], object], path: Path, row: int) -> None:
    try:
        make()
    except ScenarioError as error:
        column, _, rest = str(error).partition(":")
        column = "location_code" if column == "code" else column
        raise DataError(f"{path}: {column}, row {row}:{rest}") from None
