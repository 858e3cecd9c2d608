"""Whatever kitchens a scenario states, orders are causal, and days come out the same alone and together."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.generating.inputs import simulate_scenario
from fastgen.inputs.scenario_file import load_scenario
from fastgen.model.order_source import OrderRange
from fastgen.model.scenario import FIRST_START, LAST_START
from fastgen.model.station_kitchens import StationKitchens
from tests.cooking.kitchens import assert_equal, fill, fill_day
from tests.effort import repeats
from tests.small_town import write_towns

if TYPE_CHECKING:
    from pathlib import Path

CANONICAL = load_scenario(None)
DAYS = 3
# Clocks that change by half an hour, by two hours, at midnight, and not at all.
ZONES = (
    "UTC",
    "America/Chicago",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Antarctica/Troll",
)

kitchens = st.builds(
    StationKitchens,
    model=st.just("stations"),
    kitchens=st.integers(1, 3),
    workstations=st.integers(1, 4),
    stoves=st.integers(1, 4),
    ovens=st.integers(1, 2),
    couriers=st.integers(1, 6),
    lead_min=st.sampled_from([0.0, 4.5, 120.0]),
    dispatch=st.sampled_from(["oldest", "nearest"]),
    packing_min=st.sampled_from([0.0, 2.0, 60.0]),
    longest_min=st.just(14_400),
    accept_overload=st.sampled_from([True]),
)


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_towns(tmp_path_factory.mktemp("towns"))


@settings(max_examples=repeats(15, 300), deadline=None)
@given(
    own=kitchens,
    clock=st.sampled_from(["kitchen", "utc"]),
    zone=st.sampled_from(ZONES),
    start=st.dates(FIRST_START, LAST_START) | st.dates(dt.date(2024, 3, 28), dt.date(2024, 4, 8)),
    base=st.integers(0, 120),
)
def test_orders_are_causal_and_days_independent(
    roads: Path, own: StationKitchens, clock: Literal["kitchen", "utc"], zone: str, start: dt.date, base: int
) -> None:
    place = replace(CANONICAL.locations[1], base_orders_day=base, timezone=zone)
    scenario = replace(CANONICAL, start=start, days=DAYS, clock=clock, kitchen=own, locations=(place,))
    simulation = simulate_scenario(scenario, roads, lambda _: None)
    n = simulation.source.n_orders[place.location_id].tolist()
    whole = fill(simulation, place.location_id, *(OrderRange(day, 0, n[day], 0) for day in range(DAYS)))
    created, started, finished, ready, arrived, picked_up = whole.times_us.T
    assert (created <= started).all()
    assert (started < finished).all()
    assert (finished <= ready).all()
    assert (created <= arrived).all()
    np.testing.assert_array_equal(picked_up, np.maximum(ready, arrived))
    alone = simulate_scenario(scenario, roads, lambda _: None)
    at = sum(n[:2])
    assert_equal(fill_day(alone, place.location_id, 2), whole.section(at, at + n[2]))
