"""A location-day is the same whoever asks for it, with whatever else, and has the statistical orders."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.building.shared import to_pickle
from fastgen.cooking import kitchen_days
from fastgen.cooking.asked import Asked
from fastgen.cooking.kitchen_days import KitchenDays
from fastgen.errors import ScenarioError
from fastgen.model.order_source import OrderRange
from tests.cooking.kitchens import BUSY, CHICAGO, SF, SV, assert_equal, fill, fill_day, simulate
from tests.small_town import write_towns

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.cooking.source import StationsSource
    from fastgen.generating.simulation import Simulation

DAYS = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cooking")
    write_towns(folder / "towns")
    return folder


@pytest.fixture(scope="module", params=["kitchen", "utc"])
def simulation(request: pytest.FixtureRequest, folder: Path) -> Simulation:
    return simulate(folder, f'clock = "{request.param}"\n{BUSY}', roads=folder / "towns", days=DAYS)


def source_of(simulation: Simulation) -> StationsSource:
    source: StationsSource = simulation.source  # type: ignore[assignment]
    return source


def test_orders_customers_and_baskets_are_the_statistical_ones(simulation: Simulation, folder: Path) -> None:
    plain = simulate(
        folder,
        f'clock = "{simulation.scenario.clock}"\n{BUSY}',
        roads=folder / "towns",
        days=DAYS,
        kitchen="statistical",
    )
    assert plain.source.name is None
    for location_id in simulation.tables:
        np.testing.assert_array_equal(
            simulation.source.n_orders[location_id], plain.source.n_orders[location_id]
        )
        np.testing.assert_array_equal(
            simulation.source.first_index[location_id], plain.source.first_index[location_id]
        )
        mine, theirs = (fill_day(one, location_id, 2) for one in (simulation, plain))
        theirs.times_us[:, 1:] = mine.times_us[:, 1:]
        assert_equal(mine, theirs)


def test_times_are_causal_and_orders_wait(simulation: Simulation) -> None:
    for location_id in simulation.tables:
        orders = fill_day(simulation, location_id, 1)
        created, started, finished, ready, arrived, picked_up = orders.times_us.T
        assert (created <= started).all()
        assert (started < finished).all()
        assert (finished <= ready).all()
        assert (created <= arrived).all()
        np.testing.assert_array_equal(picked_up, np.maximum(ready, arrived))
    some = fill_day(simulation, SF, 1).times_us
    assert (some[:, 1] > some[:, 0]).any()
    assert (some[:, 4] > some[:, 3]).any()


def test_a_day_alone_is_that_of_the_whole(simulation: Simulation, folder: Path) -> None:
    alone = simulate(
        folder, f'clock = "{simulation.scenario.clock}"\n{BUSY}', roads=folder / "towns", days=DAYS
    )
    for location_id in (SF, CHICAGO):
        n = simulation.source.n_orders[location_id].tolist()
        ranges = [OrderRange(day, 0, n[day], 0) for day in range(DAYS)]
        whole, at = fill(simulation, location_id, *ranges), 0
        for day in range(DAYS):
            assert_equal(fill_day(alone, location_id, day), whole.section(at, at + n[day]))
            at += n[day]


def test_parts_of_a_day_are_those_of_the_whole(simulation: Simulation) -> None:
    whole, at = fill_day(simulation, SV, 3), 0
    n = len(whole.draw)
    n_early = Asked(
        source_of(simulation).orders, source_of(simulation).places[SV], simulation.tables[SV]
    ).count_early(3)
    assert 3 < n_early < n - 3
    for end in (1, n_early - 1, n_early, n_early + 2, n):
        assert_equal(fill(simulation, SV, OrderRange(3, at, end - at, 0)), whole.section(at, end))
        at = end
    assert_equal(fill(simulation, SV, OrderRange(3, n, 0, 0)), whole.section(n, n))


def test_fewer_days_and_locations_are_a_part(simulation: Simulation, folder: Path) -> None:
    text = f'clock = "{simulation.scenario.clock}"\n{BUSY}'
    short = simulate(folder, text, roads=folder / "towns", days=3, locations=["sf"])
    for day in range(3):
        assert_equal(fill_day(short, SF, day), fill_day(simulation, SF, day))


def test_another_process_and_threads_make_the_same(simulation: Simulation) -> None:
    copied = replace(simulation, source=pickle.loads(to_pickle(simulation.source)))  # noqa: S301  # our own
    days = [(location_id, day) for location_id in (SF, SV) for day in range(DAYS)] * 2
    with ThreadPoolExecutor(4) as pool:
        for one, made in zip(days, pool.map(lambda one: fill_day(copied, *one), days), strict=True):
            assert_equal(made, fill_day(simulation, *one))


def test_kitchen_days_share_out_the_orders_of_all_days(simulation: Simulation) -> None:
    """Each order is in one kitchen day: of its own day from 04:00 on, else of the day before."""
    source = source_of(simulation)
    asked = Asked(source.orders, source.places[CHICAGO], simulation.tables[CHICAGO])
    for day in range(DAYS):
        _, early = asked.find_shares(day - 1)
        late, _ = asked.find_shares(day)
        assert (early.shift_us, late.shift_us, early.orders.first_rank) == (0, 0, 0)
        assert early.orders.n_orders == late.orders.first_rank > 0
        assert late.orders.first_rank + late.orders.n_orders == source.n_orders[CHICAGO][day]
    eve, _ = asked.find_shares(-1)
    assert (eve.orders, eve.shift_us) == (asked.find_shares(0)[0].orders, -86_400_000_000)


@pytest.mark.parametrize("at_once", [1, 7, 40])
def test_a_large_kitchen_day_in_parts_is_that_of_one_part(
    simulation: Simulation, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    source = source_of(simulation)
    runs = []
    for most in (kitchen_days.ORDERS_AT_ONCE, at_once):
        monkeypatch.setattr(kitchen_days, "ORDERS_AT_ONCE", most)
        runs.append(
            dict(KitchenDays(source.orders, source.places[SF], simulation.tables[SF]).run(range(-1, 3)))
        )
    for day, times in runs[0].items():
        np.testing.assert_array_equal(runs[1][day], times)


def test_an_order_that_takes_too_long_is_refused(folder: Path) -> None:
    text = BUSY.replace("couriers = 4", "couriers = 1\nlongest_min = 60")
    slow = simulate(folder, text, roads=folder / "towns", days=2, scale=2)
    with pytest.raises(
        ScenarioError, match=r"^kitchen.longest_min: expected every order of sf .* within 60 min"
    ):
        fill_day(slow, SF, 1)
