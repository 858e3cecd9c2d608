"""The orders of the canonical scenario, ten times as many, for tests of their distributions."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.inputs.loading import load_inputs
from tests.orders.parameters import count_days, model_of, simulate_stretch

if TYPE_CHECKING:
    from numpy.typing import NDArray

CODES = ("sf", "sv", "bellevue", "chicago")
DAYS, SCALE, N_CUSTOMERS = 90, 10, 733


class Sample(NamedTuple):
    """Orders of one location over all days; a line belongs to order `line_order`."""

    day: NDArray[np.int64]
    times_us: NDArray[np.int64]
    customer: NDArray[np.int32]
    house_number: NDArray[np.int32]
    line_order: NDArray[np.int64]
    line_brand: NDArray[np.int64]
    line_item: NDArray[np.int32]
    line_qty: NDArray[np.int8]

    @property
    def first_line(self) -> NDArray[np.bool_]:
        """Whether a line is the first of its order and brand."""
        new = np.ones(len(self.line_order), bool)
        new[1:] = (np.diff(self.line_order) != 0) | (np.diff(self.line_brand) != 0)
        return new


@cache
def draw_samples() -> dict[str, Sample]:
    """Draw the orders of each location; once in a process."""
    scenario, dims = load_inputs(None, None)
    scenario = dataclasses.replace(scenario, scale=float(SCALE))
    brand_of_item, drawn = dims.items.brand_id, {}
    for code in CODES:
        model = model_of(scenario, code, dims)
        counts = count_days(model)
        parts = [simulate_stretch(model, day, 0, int(n), N_CUSTOMERS) for day, n in enumerate(counts)]
        n_lines = [int(p.line_start[-1]) for p in parts]
        items = np.concatenate([p.line_item[:n] for p, n in zip(parts, n_lines, strict=True)])
        lines = np.concatenate([np.diff(p.line_start) for p in parts])
        drawn[code] = Sample(
            day=np.repeat(np.arange(DAYS), counts),
            times_us=np.concatenate([p.times_us for p in parts]),
            customer=np.concatenate([p.customer for p in parts]),
            house_number=np.concatenate([p.house_number for p in parts]),
            line_order=np.repeat(np.arange(len(lines)), lines),
            line_brand=brand_of_item[items],
            line_item=items,
            line_qty=np.concatenate([p.line_qty[:n] for p, n in zip(parts, n_lines, strict=True)]),
        )
    return drawn
