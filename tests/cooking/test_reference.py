"""SimPy's model of a site gives a kitchen day the same times, to the microsecond."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.cooking.asked import FIRST_MINUTE, Asked
from fastgen.cooking.kitchen_days import make_capacity
from fastgen.model.wall_clock import minute_starts_s
from tests.cooking.kitchens import BUSY, CHICAGO, SF, fill_day, simulate
from tests.effort import repeats
from tests.queueing.simpy_site import SimPySite
from tests.small_town import write_towns

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.cooking.source import StationsSource
    from fastgen.generating.simulation import Simulation

DAYS = repeats(3, 20)


def run_reference(simulation: Simulation, location_id: int, kitchen_day: int) -> NDArray[np.int64]:
    """Run a kitchen day by SimPy: int64 (n, 6), the times of its orders."""
    source: StationsSource = simulation.source  # type: ignore[assignment]
    place = source.places[location_id]
    asked = Asked(source.orders, place, simulation.tables[location_id])
    demand = asked.draw(asked.find_shares(kitchen_day))
    # SimPy's clock begins at 0.
    begins_us = int(demand.created_us[0])
    site = SimPySite(
        make_capacity(place.kitchens), demand._replace(created_us=demand.created_us - begins_us), (), ()
    )
    site.env.run()
    made = [(o.started, o.finished, o.ready, o.arrived, o.picked_up) for o in site.orders]
    assert {order.state for order in site.orders} == {"delivered"}
    return np.column_stack([demand.created_us, np.array(made) + begins_us])


@pytest.mark.parametrize("location_id", [SF, CHICAGO])
@pytest.mark.parametrize(
    ("clock", "start"),
    [
        ("kitchen", "2024-01-01"),
        ("utc", "2024-01-01"),
        # The clock is set forward on day 1, and back on day 1; then on day 0, whose length moves day -1.
        ("utc", "2024-03-09"),
        ("utc", "2024-11-02"),
        ("utc", "2024-03-10"),
        ("utc", "2024-11-03"),
    ],
)
def test_location_days_are_those_of_simpy(tmp_path: Path, clock: str, start: str, location_id: int) -> None:
    text = f'clock = "{clock}"\nstart = {start}\n{BUSY}'
    simulation = simulate(tmp_path, text, roads=write_towns(tmp_path / "towns"), days=DAYS)
    zone = simulation.source.orders.parameters[location_id].zone  # type: ignore[attr-defined]
    for day in range(DAYS):
        both = np.concatenate([run_reference(simulation, location_id, one) for one in (day - 1, day)])
        begins_s = [int(minute_starts_s(zone, simulation.scenario.start, one)[0]) for one in (day, day + 1)]
        of_day = both[(both[:, 0] >= begins_s[0] * 10**6) & (both[:, 0] < begins_s[1] * 10**6)]
        times = fill_day(simulation, location_id, day).times_us
        np.testing.assert_array_equal(times, of_day)
        cut_us = int(minute_starts_s(zone, simulation.scenario.start, day)[FIRST_MINUTE]) * 10**6
        assert (times[:, 0] < cut_us).any()
        assert (times[:, 0] >= cut_us).any()
