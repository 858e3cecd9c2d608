"""Load a scenario together with the six dimension tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from fastgen.errors import ScenarioError
from fastgen.inputs.launched_brands import check_launched_brands
from fastgen.inputs.location_tables import locations_tree, make_dimensions, same_locations
from fastgen.inputs.menus import BrandTables, load_built_in_menus
from fastgen.inputs.scenario_file import canonical_tree, merge_file, scenario_from_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from fastgen.model.dimensions import Dimensions
    from fastgen.model.scenario import Scenario

_T = TypeVar("_T")


def load_inputs(
    scenario_path: Path | None,
    dimensions_dir: Path | None,
    *,
    overrides: Mapping[str, object] | None = None,
) -> tuple[Scenario, Dimensions]:
    """Load a scenario and the six tables that belong to it.

    Values come from the scenario file first, then from the tables of `dimensions_dir`, then from the
    canonical preset. The tables have the locations, with their position, orders a day and growth, and the
    placements of brands.

    Parameters
    ----------
    scenario_path
        Scenario file, or None.
    dimensions_dir
        Folder of six Parquet files, or None for the built-in menus.
    overrides
        Values of the command line; see `load_scenario`.

    Returns
    -------
    tuple of (Scenario, Dimensions)
        Both have the same locations and placements.

    Raises
    ------
    ScenarioError
        If the scenario is wrong, or places a brand that the tables don't have.
    DataError
        If a table is wrong.

    Warns
    -----
    FastgenWarning
        As `read_tables`, but only if there is no error.
    """
    if dimensions_dir is None:
        scenario = scenario_from_tree(merge_file(scenario_path), scenario_path, overrides)
        return scenario, name_file(scenario_path, lambda: make_dimensions(scenario, load_built_in_menus()))
    # Only for a folder of tables: most builds have none.
    from fastgen.inputs.tables import read_tables_silently, warn_of  # noqa: PLC0415  # slow to import

    tables, renumbered = read_tables_silently(dimensions_dir)
    locations = locations_tree(tables, dimensions_dir, canonical_tree())
    scenario = scenario_from_tree(
        merge_file(scenario_path, locations), scenario_path or dimensions_dir, overrides
    )
    # Without a scenario file the locations are those of the tables, unchanged.
    if scenario_path is not None:
        as_read = scenario_from_tree(merge_file(None, locations), dimensions_dir)
        # If the file changed a location or a placement, the two tables about them are made anew.
        if same_locations(scenario, as_read):
            name_file(scenario_path, lambda: check_launched_brands(scenario, tables))
        else:
            menus = BrandTables(tables.brands, tables.menus, tables.categories, tables.items)
            tables = name_file(scenario_path, lambda: make_dimensions(scenario, menus))
    # Last, so that a command that fails prints its error alone.
    warn_of(renumbered)
    return scenario, tables


def name_file(path: Path | None, make: Callable[[], _T]) -> _T:
    """Call a function whose errors are of a scenario file, and put its path in front of them.

    Parameters
    ----------
    path
        The file; None: the errors stay as they are.
    make
        The function.

    Raises
    ------
    ScenarioError
        As the function.
    """
    try:
        return make()
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}" if path else str(error)) from None
