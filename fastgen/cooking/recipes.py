"""Make the recipe of every item of the tables, by the category of its menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.model.recipes import Recipes
from fastgen.model.stations import STATION_TYPES
from fastgen.templates.shapes import scale_steps, shapes_by_category
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    from fastgen.model.dimensions import Dimensions
    from fastgen.templates.shapes import ShapeStep


def make_recipes(dims: Dimensions) -> Recipes:
    """Make the recipes of all items, in the order of the items table (docs/model.md, 4.13).

    The items of a brand take its avg_prep_time_min on average.
    """
    shape_of = shapes_by_category()
    category = dict(zip(dims.categories.id.tolist(), dims.categories.name, strict=True))
    shapes = [shape_of.get(category[key], shape_of[""]) for key in dims.items.category_id.tolist()]
    steps: list[tuple[ShapeStep, ...]] = [shape.steps for shape in shapes]
    seconds: list[list[int]] = [[] for _ in shapes]
    minutes = zip(dims.brands.brand_id.tolist(), dims.brands.avg_prep_time_min.tolist(), strict=True)
    for brand_id, mean_min in minutes:
        rows = np.flatnonzero(dims.items.brand_id == brand_id).tolist()
        scaled = scale_steps([shapes[row] for row in rows], mean_min) if rows else []
        for row, of_steps in zip(rows, scaled, strict=True):
            seconds[row] = of_steps
    kinds = [STATION_TYPES.index(f"KITCHEN_STATION_{step.station}") for some in steps for step in some]
    # A step of no time would end before it starts.
    expected_us = [max(one * US_PER_S, 1) for some in seconds for one in some]
    return Recipes(
        step_start=np.cumsum([0, *(len(some) for some in steps)]),
        step_type=np.array(kinds, np.int64),
        expected_us=np.array(expected_us, np.int64),
    )
