"""Arrays of the engine follow the templates, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.site import run_site
from fastgen.queueing.population import draw_wishes
from fastgen.queueing.site import make_site
from fastgen.templates.arrays import (
    make_capacity,
    make_population,
    make_recipes,
    make_site_items,
    minute_weights,
)
from fastgen.templates.reading import read_universe
from tests.templates.folders import OLDER, changed, write

if TYPE_CHECKING:
    from pathlib import Path


def test_recipes_have_the_steps_of_every_item(tmp_path: Path) -> None:
    recipes = make_recipes(read_universe(write(OLDER, tmp_path)))
    # Soup, Egg Toast, Plain Toast.
    assert recipes.step_start.tolist() == [0, 1, 3, 4]
    assert recipes.step_type.tolist() == [2, 2, 1, 3]
    assert recipes.expected_us.tolist() == [300_000_000, 180_000_000, 60_500_000, 240_000_000]
    assert {array.dtype for array in recipes} == {np.dtype(np.int64)}


def test_a_site_sells_the_items_of_its_brands(tmp_path: Path) -> None:
    universe = read_universe(write(changed("sites/london.json", "brands", ["toasts"]), tmp_path))
    (site,) = universe.sites.values()
    items = make_site_items(universe, site)
    assert items.tolist() == [1, 2]
    assert items.dtype == np.dtype(np.int32)


def test_capacity_and_population_are_those_of_the_site(tmp_path: Path) -> None:
    files = changed("sites/london.json", "couriers", {"number": 3, "mode": "car", "dispatch": "oldest"})
    universe = read_universe(write(files, tmp_path))
    (site,) = universe.sites.values()
    capacity = make_capacity(site)
    assert capacity.stations.tolist() == [[0, 2, 2, 2]]
    assert capacity.paces.tolist() == [60, 60, 60]
    assert (capacity.lead_us, capacity.eating_us) == (600_000_000, 1_800_000_000)
    assert (capacity.n_customers, capacity.nearest_first) == (1000, False)
    population = make_population(universe, site, make_recipes(universe), 7)
    assert (population.seed, population.lines_max) == (7, 5)
    assert (population.n_customers, population.orders_per_day) == (1000, 0.3)


def test_people_eat_at_noon_and_in_the_evening() -> None:
    shares = minute_weights()
    assert shares.sum() == pytest.approx(1)
    assert shares[18 * 60 + 30] == shares.max()
    assert shares[12 * 60 : 13 * 60].sum() > 2 * shares[9 * 60 : 10 * 60].sum()


def test_the_engine_runs_on_them(tmp_path: Path) -> None:
    universe = read_universe(write(changed("sites/london.json", "population", {"customers": 100}), tmp_path))
    (site,) = universe.sites.values()
    rides = np.full(100, 1_000_000)
    demand = draw_wishes(make_population(universe, site, make_recipes(universe), 1), 0, rides, rides)
    arrays = make_site(make_capacity(site), demand)
    run_site(r.NEVER, arrays)
    assert len(arrays.orders) > 10
    assert set(arrays.orders[:, r.ORDER_STATE].tolist()) <= {r.DELIVERED, r.DROPPED}
