"""The demand curve decides in which minute every order falls; its last bit must not depend on the machine."""

import dataclasses
import hashlib
import math

import numpy as np
import pytest

from fastgen.inputs.scenario_file import load_scenario
from fastgen.model.demand import DemandEvent, DemandWindow
from fastgen.orders.demand_curve import active_events, demand_weights, event_factors

CANONICAL = load_scenario(None)
SF, SV, *_ = CANONICAL.locations
PINNED = "60e2473af3ad942fd1245ce3ab6eceff8ab462fa6e3245b7e7db2e81c4482c56"


def test_weights_are_the_formula() -> None:
    weights = demand_weights(SF, CANONICAL.demand)
    expected = [1.0] * 1440
    for m in range(150):
        expected[660 + m] += 2.0 * math.sin(math.pi * m / 150) ** 2
    for m in range(180):
        expected[1020 + m] += 2.5 * math.sin(math.pi * m / 180) ** 2
    np.testing.assert_allclose(weights, expected, rtol=1e-14)
    assert weights[[660, 735, 1110, 0]].tolist() == pytest.approx([1.0, 3.0, 3.5, 1.0])


def test_own_windows_are_added() -> None:
    weights = demand_weights(SV, CANONICAL.demand)
    assert weights[[0, 59, 60, 735, 1260, 1350]].tolist() == pytest.approx([2.0, 2.0, 1.0, 3.0, 1.0, 2.0])
    assert weights[1439] == pytest.approx(1 + math.sin(math.pi * 179 / 180) ** 2)


def test_weights_are_pinned_to_the_last_bit() -> None:
    weights = np.concatenate([demand_weights(place, CANONICAL.demand) for place in (SF, SV)])
    assert hashlib.sha256(weights.astype("<f8").tobytes()).hexdigest() == PINNED


def test_windows_that_cancel_leave_nothing_negative() -> None:
    thirds = tuple(DemandWindow(str(i), 60, 120, p, "flat") for i, p in enumerate((0.9, 0.4, 0.7)))
    place = dataclasses.replace(SF, windows=thirds)
    weights = demand_weights(place, CANONICAL.demand)
    assert weights.min() == pytest.approx(0.0, abs=1e-15)
    assert (weights >= 0).all()


def test_windows_cut_at_their_ends() -> None:
    place = dataclasses.replace(SF, windows=(DemandWindow("w", 100, 200, 5.0, "flat"),))
    weights = demand_weights(place, CANONICAL.demand)
    assert weights[[99, 100, 199, 200]].tolist() == [1.0, 5.0, 5.0, 1.0]


RUSH = DemandEvent("rush", ("sf",), 3, 5, 2.0, 600, 660)
FEAST = DemandEvent("feast", (), 5, 5, 0.5)


@pytest.mark.parametrize(
    ("code", "day", "active"),
    [("sf", 2, ()), ("sf", 3, (RUSH,)), ("sf", 5, (RUSH, FEAST)), ("sf", 6, ()), ("sv", 5, (FEAST,))],
)
def test_events_are_active_where_and_when_they_say(
    code: str, day: int, active: tuple[DemandEvent, ...]
) -> None:
    assert active_events((RUSH, FEAST), code, day) == active


def test_events_that_meet_multiply() -> None:
    factors = event_factors((RUSH, FEAST), "sf", 5)
    assert factors[[0, 599, 600, 659, 660]].tolist() == [0.5, 0.5, 1.0, 1.0, 0.5]
    assert event_factors((RUSH, FEAST), "sf", 0).tolist() == [1.0] * 1440
