"""Settle by which model the kitchens of a scenario work: the option outweighs the file."""

from __future__ import annotations

from typing import Any

from fastgen.errors import ScenarioError
from fastgen.model.fields import apply, field_specs, shown
from fastgen.model.location import Location
from fastgen.model.scenario import Scenario
from fastgen.model.station_kitchens import KITCHEN_MODELS, STATIONS, STATISTICAL

Tree = dict[str, Any]


def check_kitchen_model(key: str, model: object) -> None:
    """Check that a value is the name of a model.

    Raises
    ------
    ScenarioError
        "KEY: expected ..., got VALUE."
    """
    if model not in KITCHEN_MODELS:
        words = " or ".join(f'"{word}"' for word in KITCHEN_MODELS)
        raise ScenarioError(f"{key}: expected {words}, got {shown(model)}.")


def settle_kitchens(tree: Tree, chosen: object) -> Tree:
    """State the model in all kitchen tables of a complete tree, or leave these tables out.

    Without stations, a scenario is the same as one that has no such table, and has the same hash.

    Parameters
    ----------
    tree
        Complete tree, which isn't changed.
    chosen
        One of `KITCHEN_MODELS`, or None: what the table [kitchen] says, else "statistical".

    Raises
    ------
    ScenarioError
        If the model is another one, or a table is wrong, also one that is left out.
    """
    stated = tree.get("kitchen", STATISTICAL)
    # Where no table is, the rendered form of a scenario has the word alone.
    model = stated.get("model", STATISTICAL) if isinstance(stated, dict) else stated
    check_kitchen_model("kitchen.model" if isinstance(stated, dict) else "kitchen", model)
    table = {**stated, "model": STATIONS} if isinstance(stated, dict) else {"model": STATIONS}
    settled: Tree = {**tree, "kitchen": table}
    places = tree.get("locations")
    if isinstance(places, dict):
        settled["locations"] = {code: _with_model(code, place, model) for code, place in places.items()}
    return settled if (chosen or model) == STATIONS else _without_kitchens(settled)


def _with_model(code: str, place: Any, model: object) -> Any:
    own = place.get("kitchen") if isinstance(place, dict) else None
    if not isinstance(own, dict):
        return place
    if own.get("model", model) != model:
        raise ScenarioError(
            f"locations.{code}.kitchen.model: expected {model!r} as in [kitchen], got {shown(own['model'])}: "
            "all kitchens of a scenario are of one model."
        )
    return {**place, "kitchen": {**own, "model": STATIONS}}


def _without_kitchens(tree: Tree) -> Tree:
    """Leave out the tables of kitchens, after a check that finds misspelt keys."""
    _check(Scenario, "kitchen", tree["kitchen"])
    left = {key: value for key, value in tree.items() if key != "kitchen"}
    places = tree.get("locations")
    if isinstance(places, dict):
        left["locations"] = {code: _without_own(code, place) for code, place in places.items()}
    return left


def _without_own(code: str, place: Any) -> Any:
    if not isinstance(place, dict) or "kitchen" not in place:
        return place
    _check(Location, f"locations.{code}.kitchen", place["kitchen"])
    return {key: value for key, value in place.items() if key != "kitchen"}


def _check(cls: type, key: str, value: object) -> None:
    spec = field_specs(cls)["kitchen"]
    apply(spec.load, key, spec, value)
