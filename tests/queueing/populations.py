"""A population of customers for tests."""

from __future__ import annotations

import numpy as np

from fastgen.model.recipes import Recipes
from fastgen.queueing.population import Population
from tests.queueing.sites import MINUTE

RECIPES = Recipes(
    step_start=np.array([0, 2, 3, 7]),
    step_type=np.array([0, 1, 2, 0, 1, 1, 0]),
    expected_us=np.array([2, 5, 8, 1, 2, 3, 4]) * MINUTE,
)


# Twice as many orders in the afternoon as before noon.
WEIGHT = np.repeat([1.0, 2.0], 720) / 2160
POPULATION = Population(42, 1, 5000, 0.3, WEIGHT, np.array([0, 2], np.int32), 5, RECIPES)
