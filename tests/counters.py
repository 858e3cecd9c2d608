"""Record every counter that simulating some days of two kitchens asks of the generator, and who asks.

Run as `NUMBA_DISABLE_JIT=1 python -m tests.counters`: prints "key counter caller" lines, each once.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.cooking.asked import Asked, Place, Share
from fastgen.cooking.recipes import make_recipes
from fastgen.inputs.brand_momentum import deal_growth
from fastgen.inputs.loading import load_inputs
from fastgen.kernels import philox
from fastgen.model.day_orders import DayOrders
from fastgen.model.location import Placement
from fastgen.model.momentum import Momentum
from fastgen.model.order_source import OrderRange
from fastgen.model.station_kitchens import StationKitchens
from fastgen.orders.draws import count_added
from fastgen.orders.launches import Launch, replace_baskets
from fastgen.orders.outside import draw_outside_orders
from fastgen.orders.source import StatisticalSource
from fastgen.queueing.population import Surge, draw_homes, draw_names, draw_wishes
from fastgen.rng import Purpose, stream
from fastgen.units import MIN_PER_DAY
from tests.orders.parameters import count_days, make_model, simulate_all
from tests.queueing.populations import POPULATION

if TYPE_CHECKING:
    from fastgen.orders.parameters import LocationParameters

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
        draw_asked(model)
        draw_disturbed(model)
        draw_outside_orders(model, 42, 1000, np.arange(DAYS), np.array([7, 2**32 - 1]), orders)
    for line in sorted(seen):
        sys.stdout.write(" ".join(map(str, line)) + "\n")
    assert np.all([len(line) == 7 for line in seen])


def draw_disturbed(model: LocationParameters) -> None:
    """Draw what a surge adds to some days, and the basket of an order of each that a launch may replace."""
    added, launched = (
        stream(42, model.location_id, purpose) for purpose in (Purpose.ADDED_COUNT, Purpose.LAUNCHED_BASKET)
    )
    count_added(model._replace(surge=model.demand._replace(minute=added)), np.arange(DAYS))
    orders = DayOrders.empty(DAYS, model.lines_max)
    orders.draw[:], orders.times_us[:], orders.line_start[:] = np.arange(DAYS), 0, 0
    launch = Launch(0, 3, model.baskets.item[:1], model.baskets._replace(stream=launched))
    replace_baskets((launch,), np.arange(DAYS), orders)


def draw_asked(model: LocationParameters) -> None:
    """Draw what some orders of each day ask of kitchens with stations."""
    _, dims = load_inputs(None, None)
    place = Place(model.location_id, "", StationKitchens("stations"), make_recipes(dims))
    source = StatisticalSource(42, {model.location_id: model}, {}, {}, {}, model.lines_max, 0)
    routes: Any = SimpleNamespace(n_customers=1000, drive_us=np.zeros(1000, np.int64))
    Asked(source, place, routes).draw([Share(OrderRange(day, 0, 9, 0), 0) for day in range(DAYS)])


if __name__ == "__main__":
    main()
