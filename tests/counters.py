"""Record every counter that simulating some days of two kitchens asks of the generator, and who asks.

Run as `NUMBA_DISABLE_JIT=1 python -m tests.counters`: prints "key counter caller" lines, each once.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np

from fastgen.inputs.brand_momentum import deal_growth
from fastgen.kernels import philox
from fastgen.model.day_orders import DayOrders
from fastgen.model.location import Placement
from fastgen.model.momentum import Momentum
from fastgen.orders.outside import draw_outside_orders
from fastgen.queueing.population import Surge, draw_homes, draw_names, draw_wishes
from fastgen.units import MIN_PER_DAY
from tests.orders.parameters import count_days, make_model, simulate_all
from tests.queueing.populations import POPULATION

DAYS = 2
MOMENTUM = Momentum(0.2, 0.2, 0.6, 0.8, 0.2)


def main() -> None:
    """Print what is drawn."""
    draw, seen = philox.philox, set()

    def record(*words: Any) -> Any:
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_code.co_filename == philox.__file__:
            frame = frame.f_back
        seen.add((*(int(w) for w in words), frame.f_code.co_name))
        return draw(*words)

    philox.philox = record  # type: ignore[assignment]  # takes the same words
    for code in ("sf", "chicago"):
        model = make_model(code, days=DAYS, scale=0.2)
        deal_growth(MOMENTUM, [Placement(brand) for brand in range(5)], 42, model.location_id)
        count_days(model)
        for day in range(DAYS):
            simulate_all(model, day)
        orders = DayOrders.empty(DAYS, model.lines_max)
        population = replace(
            POPULATION,
            seed=42,
            location_id=model.location_id,
            on_sale_min=np.array([0, 720]),
            surges=(Surge(0, 2 * MIN_PER_DAY, 1.5),),
        )
        homes = draw_homes(population, 50)
        for role in range(2):
            draw_names(population, role, 20, (5, 7))
        for day in range(DAYS):
            draw_wishes(population, day, homes.node, homes.node)
        draw_outside_orders(model, 42, 1000, np.arange(DAYS), np.array([7, 2**32 - 1]), orders)
    for line in sorted(seen):
        sys.stdout.write(" ".join(map(str, line)) + "\n")
    assert np.all([len(line) == 7 for line in seen])


if __name__ == "__main__":
    main()
