"""Expand the shorthand of a scenario file: disabled tables, new locations, days of an event."""

from __future__ import annotations

import copy
from typing import Any

from fastgen.errors import ScenarioError
from fastgen.model.fields import did_you_mean, shown

Tree = dict[str, Any]

# Keys that a new location must have.
REQUIRED = ("location_id", "name", "lat", "lon", "base_orders_day", "timezone")
# Tables of the scenario of which a location may have its own, perhaps with some of the keys.
OWN_TABLES = ("baskets", "service_times", "driver", "delivery", "kitchen")


def merge(base: Tree, changes: Tree) -> Tree:
    """Merge changes into a tree: tables key by key, while other values replace those of the base."""
    merged = copy.deepcopy(base)
    for key, value in changes.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return merged


def _tables(tree: Tree, *keys: str) -> dict[str, Tree]:
    """List the tables below a key. Values of another type are left to the scenario's own checks."""
    below: Any = tree
    for key in keys:
        below = below.get(key) if isinstance(below, dict) else None
    return {k: v for k, v in below.items() if isinstance(v, dict)} if isinstance(below, dict) else {}


def _with_switch(tree: Tree) -> list[tuple[str, ...]]:
    """List where the tables are that `enabled = false` can switch off, each as the keys that lead to it."""
    # Locations come last, because their windows are part of them.
    own = [("locations", code, "windows") for code in _tables(tree, "locations")]
    return [("events",), ("demand", "windows"), *own, ("locations",)]


def drop_disabled(tree: Tree, base: Tree) -> None:
    """Drop locations, windows and events with enabled = false.

    Parameters
    ----------
    tree
        Merged tree, changed in place.
    base
        Tree before the user's file.

    Raises
    ------
    ScenarioError
        If `enabled` is not a boolean, or disables a table that does not exist.
    """
    for keys in _with_switch(tree):
        parent: Any = tree
        for key in keys:
            parent = parent.get(key, {}) if isinstance(parent, dict) else {}
        for name, table in _tables(tree, *keys).items():
            enabled = table.pop("enabled", True)
            where = ".".join((*keys, name))
            if not isinstance(enabled, bool):
                raise ScenarioError(f"{where}.enabled: expected true or false, got {shown(enabled)}.")
            # A table of just `enabled = false`, under a name that the preset lacks, is likely misspelt.
            if not enabled and not table and name not in _tables(base, *keys):
                known = list(_tables(base, *keys))
                hint = (
                    did_you_mean(name, known) if known else "expected none, there is nothing to switch off."
                )
                raise ScenarioError(f"{where}: unknown, {hint}")
            if not enabled:
                del parent[name]


def complete_locations(tree: Tree, base: Tree) -> None:
    """Fill in the optional keys of new locations; changes `tree` in place.

    Raises
    ------
    ScenarioError
        If a location that is not in `base` lacks a required key.
    """
    known = _tables(base, "locations")
    for code, location in _tables(tree, "locations").items():
        # A location of the preset lacks none: the file changes some of its keys, and the rest is merged in.
        lacking = [key for key in REQUIRED if key not in location]
        if lacking and code not in known:
            hint = did_you_mean(code, list(known)) if known else ""
            # Without a similar code the hint would list all codes; here it is left out.
            hint = f" ({hint})" if hint.startswith("did you mean") else ""
            raise ScenarioError(
                f"locations.{code}: expected a known location{hint} or a new one "
                f"with {', '.join(REQUIRED)}, got one without {', '.join(lacking)}."
            )
        growth = location.setdefault("growth_rate_daily", 0.0) or location.get("growth_orders_daily", 0.0)
        location.setdefault("address", location.get("name"))
        location.setdefault("narrative", _narrative(growth))


def complete_own_tables(tree: Tree) -> None:
    """Fill in the keys that a location's own tables leave out: those of the scenario's tables.

    Changes `tree` in place.
    """
    for location in _tables(tree, "locations").values():
        for key, own in _tables(location).items():
            if key in OWN_TABLES:
                location[key] = merge(_tables(tree).get(key, {}), own)


def _narrative(growth: object) -> str:
    if not isinstance(growth, (int, float)) or growth == 0:
        return "stagnant"
    return "growing" if growth > 0 else "declining"


def fill_defaults(tree: Tree) -> None:
    """Give windows the shape "bell", and events all locations, where no other is stated.

    Changes `tree` in place.
    """
    for keys in _with_switch(tree):
        for table in _tables(tree, *keys).values():
            if keys[-1] == "windows":
                table.setdefault("shape", "bell")
            if keys[-1] == "events":
                table.setdefault("locations", [])


def expand_event_days(tree: Tree) -> None:
    """Write day = N or days = [N, M] of an event as first_day and last_day; changes `tree` in place.

    Raises
    ------
    ScenarioError
        If `days` is not a pair, or the days are given in two ways.
    """
    for name, event in _tables(tree, "events").items():
        # Two of them could contradict each other.
        given = [key for key in ("day", "days", "first_day") if key in event]
        if len(given) > 1:
            raise ScenarioError(
                f"events.{name}: expected one of day, days and first_day, got {', '.join(given)}."
            )
        if "day" in event:
            event["first_day"] = event["last_day"] = event.pop("day")
        if "days" in event:
            days = event.pop("days")
            if not isinstance(days, list) or len(days) != 2:  # noqa: PLR2004
                raise ScenarioError(f"events.{name}.days: expected [first, last], got {shown(days)}.")
            event["first_day"], event["last_day"] = days
