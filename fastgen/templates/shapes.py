"""Scale the shapes of recipes to the items of menus, by the categories of these."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from fastgen.units import S_PER_MIN

if TYPE_CHECKING:
    from collections.abc import Sequence

# The shape of an item whose category no list has: prepared, cooked on a stove, boxed.
DEFAULT_SHAPE = "simmer"
_ROUND_S = 5  # durations are whole multiples, as people write them


class ShapeStep(NamedTuple):
    """A step of a shape: type of station in capitals, share of the item's time, name, what is done."""

    station: str
    share: float
    name: str
    description: str


class Shape(NamedTuple):
    """How a kind of item is made.

    Attributes
    ----------
    pace
        The item's time over that of its brand's other items.
    steps
        Its steps, one after the other.
    ingredients
        Pairs of a name and a quantity.
    """

    pace: float
    steps: tuple[ShapeStep, ...]
    ingredients: tuple[tuple[str, str], ...]


@cache
def read_recipes() -> dict[str, Any]:
    """Read the shapes, the categories of each, and the ingredients."""
    source = resources.files("fastgen.templates") / "presets" / "recipes.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


@cache
def shapes_by_category() -> dict[str, Shape]:
    """Make the shape of each category; those that aren't there have `DEFAULT_SHAPE`, under the key ""."""
    raw = read_recipes()
    shapes = {
        name: Shape(
            shape["pace"],
            tuple(ShapeStep(*step) for step in shape["steps"]),
            tuple((name, quantity) for name, quantity in shape["ingredients"]),
        )
        for name, shape in raw["shapes"].items()
    }
    listed = {
        category: shapes[name] for name, categories in raw["categories"].items() for category in categories
    }
    return {**listed, "": shapes[DEFAULT_SHAPE]}


def scale_steps(shapes: Sequence[Shape], mean_min: float) -> list[list[int]]:
    """Compute the seconds of the steps of a brand's items, so that the mean item takes a given time.

    Parameters
    ----------
    shapes
        Shape of each item.
    mean_min
        Mean minutes of an item.
    """
    base_s = mean_min * S_PER_MIN * len(shapes) / sum(shape.pace for shape in shapes)
    return [
        [_ROUND_S * round(base_s * shape.pace * step.share / _ROUND_S) for step in shape.steps]
        for shape in shapes
    ]
