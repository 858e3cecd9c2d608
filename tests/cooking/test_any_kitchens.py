"""Whatever kitchens a scenario states, orders are causal, and days come out the same alone and together."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.generating.inputs import simulate_scenario
from fastgen.inputs.scenario_file import load_scenario
from fastgen.inputs.timezones import load_zone
from fastgen.model.disturbances import Disturbance
from fastgen.model.order_source import OrderRange
from fastgen.model.scenario import FIRST_START, LAST_START
from fastgen.model.station_kitchens import StationKitchens
from fastgen.model.wall_clock import instant_us
from fastgen.units import MIN_PER_DAY
from tests.cooking.kitchens import assert_equal, fill, fill_day
from tests.effort import repeats
from tests.small_town import write_towns

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

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

times = st.integers(0, 4 * MIN_PER_DAY)
KINDS: dict[str, dict[str, Any]] = {
    "station_outage": {"station_type": "KITCHEN_STATION_OVEN"},
    "fewer_couriers": {"share": 0.6},
    "demand_surge": {"factor": 3.0},
    "brand_launch": {"brand": "Caffè Tre Cucchiaini"},
    "rain": {"slowdown_percent": 75},
    "kitchen_closed": {},
}


@st.composite
def disturbances(draw: st.DrawFn) -> tuple[Disturbance, ...]:
    """Draw some that overlap in any way, each brand launched once."""
    kinds = draw(st.lists(st.sampled_from([*KINDS]), max_size=6))
    some, launched = list[Disturbance](), False
    for i, kind in enumerate(kinds):
        begins = draw(times)
        to = begins + draw(st.integers(1, MIN_PER_DAY))
        if kind == "brand_launch" and launched:
            continue
        launched |= kind == "brand_launch"
        own = KINDS[kind]
        some.append(Disturbance(kind, str(i), begins, None if kind == "brand_launch" else to, **own))
    return tuple(some)


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


@settings(max_examples=repeats(12, 300), deadline=None)
@given(own=kitchens, some=disturbances(), clock=st.sampled_from(["kitchen", "utc"]))
def test_whatever_disturbs_them_usual_orders_stay_and_all_end(
    roads: Path, own: StationKitchens, some: tuple[Disturbance, ...], clock: Literal["kitchen", "utc"]
) -> None:
    place = replace(CANONICAL.locations[1], base_orders_day=40)
    scenario = replace(CANONICAL, days=DAYS, clock=clock, kitchen=own, locations=(place,))
    begins = min((one.from_min for one in some), default=4 * MIN_PER_DAY)
    usual = simulate_scenario(scenario, roads, lambda _: None)
    disturbed = simulate_scenario(
        replace(scenario, kitchen=replace(own, disturbances=some)), roads, lambda _: None
    )
    for day in range(DAYS):
        mine, theirs = (fill_day(one, place.location_id, day) for one in (disturbed, usual))
        kept = mine.draw < len(theirs.draw)
        np.testing.assert_array_equal(mine.draw[kept], theirs.draw)
        np.testing.assert_array_equal(mine.times_us[kept, 0], theirs.times_us[:, 0])
        np.testing.assert_array_equal(mine.house_number[kept], theirs.house_number)
        if not any(one.brand for one in some):
            moment = instant_us(disturbed_zone(clock, place.timezone), scenario.start, begins)
            before = theirs.times_us < moment
            np.testing.assert_array_equal(mine.times_us[kept][before], theirs.times_us[before])
        delivered = np.ones(len(mine.draw), bool)
        if mine.endings is not None:
            delivered = mine.endings.reason == 0
            np.testing.assert_array_equal(mine.endings.cancelled_us[~delivered], mine.times_us[~delivered, 0])
        created, started, finished, ready, arrived, picked_up = mine.times_us[delivered].T
        assert (created <= started).all()
        assert (started < finished).all()
        np.testing.assert_array_equal(picked_up, np.maximum(ready, arrived))


def disturbed_zone(clock: str, timezone: str) -> ZoneInfo | None:
    """Find the zone that matters for times: none by the local clock."""
    return load_zone(timezone) if clock == "utc" else None
