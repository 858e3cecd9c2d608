"""Items are made as the presets of universes make them; categories that these don't know have one shape."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from fastgen.cooking.recipes import make_recipes
from fastgen.inputs.loading import load_inputs
from fastgen.templates.arrays import make_recipes as make_template_recipes
from fastgen.templates.preset_files import write_preset
from fastgen.templates.reading import read_universe
from fastgen.templates.shapes import DEFAULT_SHAPE, read_recipes
from fastgen.units import US_PER_MIN

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO, DIMS = load_inputs(None, None)


def test_shipped_items_are_made_as_in_the_preset(tmp_path: Path) -> None:
    write_preset("canonical", tmp_path / "kitchens")
    universe = read_universe(tmp_path / "kitchens")
    recipes, theirs = make_recipes(DIMS), make_template_recipes(universe)
    names = [item.name for brand in universe.brands.values() for item in brand.items]
    brands = [brand.name for brand in universe.brands.values() for _ in brand.items]
    rows = {key: row for row, key in enumerate(zip(brands, names, strict=True))}
    brand_name = dict(zip(DIMS.brands.brand_id.tolist(), DIMS.brands.name, strict=True))
    assert len(DIMS.items.name) == len(rows)
    for mine, (brand_id, name) in enumerate(zip(DIMS.items.brand_id.tolist(), DIMS.items.name, strict=True)):
        other = rows[brand_name[brand_id], name]
        for values in ("step_type", "expected_us"):
            here = getattr(recipes, values)[slice(*recipes.step_start[[mine, mine + 1]])]
            there = getattr(theirs, values)[slice(*theirs.step_start[[other, other + 1]])]
            np.testing.assert_array_equal(here, there)


def test_an_unknown_category_has_the_stated_shape_and_the_time_of_its_brand() -> None:
    categories = DIMS.categories._replace(name=tuple(f"Ours {name}" for name in DIMS.categories.name))
    recipes = make_recipes(dataclasses.replace(DIMS, categories=categories))
    shape = read_recipes()["shapes"][DEFAULT_SHAPE]
    n_items = len(DIMS.items.name)
    np.testing.assert_array_equal(np.diff(recipes.step_start), len(shape["steps"]))
    of_item = recipes.expected_us.reshape(n_items, -1).sum(axis=1) / US_PER_MIN
    wanted = dict(zip(DIMS.brands.brand_id.tolist(), DIMS.brands.avg_prep_time_min.tolist(), strict=True))
    # Durations are whole multiples of 5 s.
    np.testing.assert_allclose(of_item, [wanted[key] for key in DIMS.items.brand_id.tolist()], atol=0.13)


def test_a_brand_that_takes_no_time_has_steps_nevertheless() -> None:
    brands = DIMS.brands._replace(avg_prep_time_min=np.zeros_like(DIMS.brands.avg_prep_time_min))
    assert (make_recipes(dataclasses.replace(DIMS, brands=brands)).expected_us == 1).all()


def test_categories_are_listed_once() -> None:
    listed = [name for names in read_recipes()["categories"].values() for name in names]
    assert len(listed) == len(set(listed))
