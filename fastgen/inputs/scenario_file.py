"""Load a scenario: the shipped preset, changed by a user's file, then by the command line."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

from fastgen.errors import ScenarioError
from fastgen.files import read_regular
from fastgen.inputs.kitchen_model import check_kitchen_model, settle_kitchens
from fastgen.inputs.scenario_defaults import (
    complete_locations,
    complete_own_tables,
    drop_disabled,
    expand_event_days,
    fill_defaults,
    merge,
)
from fastgen.inputs.timezones import zone_names
from fastgen.model.fields import apply, field_specs, shown
from fastgen.model.scenario import Scenario, scenario_from_dict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Tree = dict[str, Any]

PRESETS = ("canonical", "none")


def load_scenario(path: Path | None, *, overrides: Mapping[str, object] | None = None) -> Scenario:
    """Load a scenario.

    Parameters
    ----------
    path
        TOML file with the differences from the canonical preset, or with all keys after preset = "none";
        None: the canonical preset itself.
    overrides
        Values of the command line by key of the scenario, such as seed, days, scale or start, and the model
        of `kitchen`; None for an option that was not given.

    Raises
    ------
    ScenarioError
        "FILE: KEY: expected ..., got VALUE.", or "--KEY: ..." for a value of the command line.
    """
    return scenario_from_tree(merge_file(path), path, overrides)


def canonical_tree() -> Tree:
    """Load the canonical preset."""
    source = resources.files("fastgen.inputs") / "presets" / "canonical.toml"
    tree = tomllib.loads(source.read_text(encoding="utf-8"))
    del tree["preset"]
    return tree


def read_toml(path: Path, what: str = "scenario") -> Tree:
    """Read a TOML file.

    Parameters
    ----------
    path
        The file.
    what
        What kind of file it is, for errors.

    Raises
    ------
    ScenarioError
        If the file can't be read, or is not TOML in UTF-8.
    """
    try:
        # utf-8-sig: editors on Windows may write a byte order mark.
        return tomllib.loads(read_regular(path).decode("utf-8-sig"))
    except OSError as error:
        raise ScenarioError(f"{path}: expected a readable {what} file, got {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: expected UTF-8, got byte {error.start} that is not.") from None
    except (ValueError, RecursionError) as error:
        raise ScenarioError(f"{path}: expected TOML, got an error: {error}.") from None


def merge_file(path: Path | None, tables: Tree | None = None) -> Tree:
    """Merge a scenario file into its preset: tables key by key, while other values replace the preset's.

    Parameters
    ----------
    path
        The file, or None.
    tables
        Locations of dimension tables by code, which replace the preset's.

    Returns
    -------
    dict
        The complete tree, without shorthand.

    Raises
    ------
    ScenarioError
        If the file can't be read, or its shorthand is wrong.
    """
    changes = {} if path is None else read_toml(path)
    # Faults change a stream, not the dataset: `fastgen.faults.plan` reads them.
    changes.pop("faults", None)
    try:
        preset = changes.pop("preset", PRESETS[0])
        if preset not in PRESETS:
            raise ScenarioError(f'preset: expected "canonical" or "none", got {shown(preset)}.')  # noqa: TRY301
        base = canonical_tree() if preset == PRESETS[0] else {}
        if tables is not None:
            base["locations"] = tables
        # Before merging: an event of the user replaces first_day and last_day of the preset's.
        expand_event_days(changes)
        merged = merge(base, changes)
        # After merging: a file may disable what the preset has.
        drop_disabled(merged, base)
        fill_defaults(merged)
        complete_locations(merged, base)
        complete_own_tables(merged)
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from None
    return merged


def scenario_from_tree(
    tree: Tree, path: Path | None, overrides: Mapping[str, object] | None = None
) -> Scenario:
    """Make the scenario of a complete tree.

    Parameters
    ----------
    tree
        Complete tree, from `merge_file`.
    path
        File to name in errors, or None.
    overrides
        Values of the command line by key, None for an option that was not given.

    Raises
    ------
    ScenarioError
        As `load_scenario`.
    """
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    chosen = given.pop("kitchen", None)
    if chosen is not None:
        check_kitchen_model("--kitchen", chosen)
    try:
        scenario = scenario_from_dict(settle_kitchens(tree, chosen))
        _check_timezones(scenario)
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}" if path else str(error)) from None
    specs = field_specs(Scenario)
    try:
        # The nested tables are not checked again, only the fields of the scenario and the rules between them.
        values = {key: apply(specs[key].load, key, specs[key], value) for key, value in given.items()}
        return dataclasses.replace(scenario, **values)
    except ScenarioError as error:
        # The error may be about another field, such as a popularity that too many days make too large.
        flag = "--" if str(error).partition(":")[0] in given else ""
        raise ScenarioError(f"{flag}{error}") from None


def _check_timezones(scenario: Scenario) -> None:
    # The list of the tzdata package, not the machine's, so that a scenario is valid on every machine or none.
    zones = zone_names()
    for location in scenario.locations:
        if location.timezone not in zones:
            near = difflib.get_close_matches(location.timezone, zones, n=1, cutoff=0.8)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise ScenarioError(
                f"locations.{location.code}.timezone: expected an IANA time zone such as America/Chicago, "
                f"got {shown(location.timezone)}{hint}"
            )
