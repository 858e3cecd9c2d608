"""List the steps that recipes ask of stations for the lines of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.queueing.kernels import filling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.recipes import Recipes


class LineSteps(NamedTuple):
    """Steps of lines; attributes as of `site.Demand`."""

    step_start: NDArray[np.int64]
    step_type: NDArray[np.int64]
    expected_us: NDArray[np.int64]


def list_steps(recipes: Recipes, line_item: NDArray[np.int32]) -> LineSteps:
    """List the steps of lines, each with an item of the recipes, int32 (n_lines,)."""
    step_start = count_offsets(np.diff(recipes.step_start)[line_item])
    steps = LineSteps(step_start, *(np.empty(step_start[-1], np.int64) for _ in range(2)))
    filling.list_steps(*recipes, line_item, *steps)
    return steps


def count_offsets(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum up counts into offsets, from 0 to the sum of all."""
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets
