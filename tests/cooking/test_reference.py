"""A second program by docs/model.md, 4.13 and SimPy's loop make the same times, to the microsecond."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.inputs.timezones import load_zone
from tests.cooking.kitchens import BUSY, CHICAGO, SF, fill_day, simulate
from tests.cooking.second_kitchens import SecondKitchens
from tests.effort import repeats
from tests.queueing.simpy_site import SimPySite
from tests.small_town import write_towns

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

DAYS = repeats(3, 12)


def run_reference(kitchens: SecondKitchens, kitchen_day: int) -> NDArray[np.int64]:
    """Run a kitchen day by SimPy: int64 (n, 6), the times of its orders."""
    demand = kitchens.demand(kitchen_day)
    # SimPy's clock begins at 0.
    begins_us = int(demand.created_us[0])
    site = SimPySite(kitchens.capacity(), demand._replace(created_us=demand.created_us - begins_us), (), ())
    site.env.run()
    assert {order.state for order in site.orders} == {"delivered"}
    made = [(o.started, o.finished, o.ready, o.arrived, o.picked_up) for o in site.orders]
    return np.column_stack([demand.created_us, np.array(made) + begins_us])


@pytest.mark.parametrize("location_id", [SF, CHICAGO])
@pytest.mark.parametrize(
    ("clock", "start"),
    [
        ("kitchen", "2024-01-01"),
        # The clock is set forward on day 1, then on day 0, whose length moves day -1; and back.
        ("utc", "2024-03-09"),
        ("utc", "2024-03-10"),
        ("utc", "2024-11-02"),
        ("utc", "2024-11-03"),
    ],
)
def test_location_days_are_those_of_the_second_program(
    tmp_path: Path, clock: str, start: str, location_id: int
) -> None:
    text, roads = f'clock = "{clock}"\nstart = {start}\n{BUSY}', write_towns(tmp_path / "towns")
    simulation = simulate(tmp_path, text, roads=roads, days=DAYS)
    plain = simulate(tmp_path, text, roads=roads, days=DAYS + 1, kitchen="statistical")
    place = next(one for one in simulation.scenario.locations if one.location_id == location_id)
    tree = simulation.scenario.to_dict()
    table = tree["locations"][place.code].get("kitchen", tree["kitchen"])
    zone = load_zone(place.timezone) if clock == "utc" else None
    kitchens = SecondKitchens(plain, location_id, zone, table)
    runs = {day: run_reference(kitchens, day) for day in range(-1, DAYS)}
    for day in range(DAYS):
        both = np.concatenate([runs[day - 1], runs[day]])
        begins_us, ends_us = (kitchens.midnight_us(one) for one in (day, day + 1))
        of_day = both[(both[:, 0] >= begins_us) & (both[:, 0] < ends_us)]
        np.testing.assert_array_equal(fill_day(simulation, location_id, day).times_us, of_day)
