"""Rides of a site: drives of its events are rides of its engine, whoever rides in whatever weather."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgen.errors import ScenarioError
from fastgen.model.route_table import RouteRequest
from fastgen.model.site_template import Couriers, Modes
from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.site import run_site
from fastgen.queueing.site import Capacity, make_site
from fastgen.roads.routes import compute_route_table
from fastgen.templates.arrays import PACES, make_capacity, make_population, make_recipes
from fastgen.templates.reading import read_universe
from fastgen.templates.rides import RideClass, find_rows, load_lengths, load_rides, make_row_finder
from tests.effort import repeats
from tests.queueing.sites import DAY, draw_demand
from tests.small_town import KITCHENS, make_town, write_towns
from tests.templates.folders import OLDER, write

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.model.site_template import Site
    from fastgen.queueing.site import Demand
    from fastgen.templates.universe import Universe

PLACE = {"latitude": KITCHENS["sf"][0], "longitude": KITCHENS["sf"][1]}
MODES = {"foot": 1, "bicycle": 2, "car": 1}
SLOWDOWNS = range(1000, 5050, 50)


def make_universe(folder: Path, **keys: object) -> Universe:
    """Make templates of one site, "town", with roads of its own in the folder "roads"."""
    site = (
        OLDER["sites/london.json"]
        | {"info": {"name": "town"} | PLACE, "population": {"customers": 200}}
        | keys
    )
    write_towns(folder / "roads", {"town": KITCHENS["sf"]})
    return read_universe(write(OLDER | {"sites/london.json": site}, folder))


def make_town_site(folder: Path, **keys: object) -> Site:
    return make_universe(folder, **keys).sites["london.json"]


def run(
    capacity: Capacity, demand: Demand, weather: list[tuple[int, int]], until: int = r.NEVER
) -> NDArray[np.int64]:
    """Run a site, and return the records of its orders."""
    site = make_site(capacity, demand, weather=weather)
    run_site(until, site)
    return site.orders


@pytest.mark.parametrize(
    ("modes", "n", "expected"),
    [
        (Modes(bicycle=3, car=1), 8, "bbcbbbcb"),
        (Modes(foot=0.5, bicycle=0.5), 5, "fbfbf"),
        (Modes(foot=1, bicycle=1, car=1), 6, "fbcfbc"),
        (Modes(car=0.1), 3, "ccc"),
        (Modes(foot=1, car=100), 0, ""),
    ],
)
def test_modes_are_dealt_evenly(modes: Modes, n: int, expected: str) -> None:
    assert "".join(mode[0] for mode in modes.deal(n)) == expected


part = st.integers(0, 20)


@given(st.tuples(part, part, part).filter(any), st.integers(0, 60))
def test_numbers_are_met_exactly_and_one_courier_more_changes_no_other(
    parts: tuple[int, int, int], n: int
) -> None:
    modes, total = Modes(*parts), sum(parts)
    counts = Counter(modes.deal(total))
    assert [counts[mode] for mode in PACES] == list(parts)
    assert modes.deal(n) == modes.deal(n + 1)[:n]
    # Shares that sum to 1 deal as the numbers do.
    assert Modes(*(10 * part for part in parts)).deal(n) == modes.deal(n)


def test_a_tenth_is_a_tenth() -> None:
    """Ten of 0.1 are one courier of ten, though ten floats of 0.1 don't sum to 1."""
    counts = Counter(Modes(foot=0.1, bicycle=0.2, car=0.7).deal(1000))
    assert counts == {"foot": 100, "bicycle": 200, "car": 700}


def test_how_couriers_move_is_said_once() -> None:
    with pytest.raises(ScenarioError, match="expected either mode or modes"):
        Couriers(mode="foot", modes=Modes(car=1))


def test_couriers_of_the_engine_have_the_pace_of_their_mode(tmp_path: Path) -> None:
    site = make_town_site(tmp_path, couriers={"number": 5, "modes": MODES})
    assert site.couriers.deal_modes(5) == ("bicycle", "foot", "car", "bicycle", "bicycle")
    assert make_capacity(site).paces.tolist() == [240, 720, 60, 240, 240]


def test_packing_reaches_the_orders(tmp_path: Path) -> None:
    universe = make_universe(tmp_path, packing_s=1.5)
    population = make_population(universe, universe.sites["london.json"], make_recipes(universe), 1)
    assert population.packing_us == 1_500_000


def test_paces_are_whole_whatever_the_slowdown() -> None:
    for mode, pace in PACES.items():
        assert all(RideClass(mode, slowdown).pace * 1000 == pace * slowdown for slowdown in SLOWDOWNS)


@pytest.mark.parametrize("mode", PACES)
def test_drives_are_rides_of_the_engine_to_the_microsecond(mode: str) -> None:
    """For every node and slowdown, as a courier of the mode rides in such weather."""
    town = make_town(9)
    for slowdown in SLOWDOWNS[:: repeats(8, 1)]:
        one = RideClass(mode, slowdown)
        request = RouteRequest(*KITCHENS["sf"], 4.0, one.speed_mph, 60, "distance", "Main St")
        table = compute_route_table(town, request, "town")
        n = table.n_customers
        demand = draw_demand(1, n, 1, n, 1)
        demand = demand._replace(customer=np.arange(n), ride_out=table.dist_mm, ride_back=table.dist_mm)
        capacity = Capacity(np.full((1, 3), 9), np.full(9, PACES[mode]))
        orders = run(capacity, demand, [(0, slowdown)])
        assert (orders[:, r.ORDER_STATE] == r.DELIVERED).all()
        rides = orders[:, r.ORDER_ENDED] - orders[:, r.ORDER_PICKED_UP]
        np.testing.assert_array_equal(table.drive_us, rides)


def test_lengths_are_those_of_the_table_out_and_back(tmp_path: Path) -> None:
    site = make_town_site(tmp_path, couriers={"modes": MODES})
    rides = load_rides(site, tmp_path / "roads", print)
    n = len(rides.out_mm)
    assert [one.mode for one in rides.classes] == ["foot", "bicycle", "car"]
    assert rides.table.n_customers == 3 * n
    assert (rides.table.dist_mm.reshape(3, n) == rides.out_mm).all()
    assert (rides.back_mm != rides.out_mm).any()
    alone = load_lengths(site, tmp_path / "roads", print)
    np.testing.assert_array_equal(alone.out_mm, rides.out_mm)
    np.testing.assert_array_equal(alone.back_mm, rides.back_mm)


def test_only_modes_in_use_take_memory(tmp_path: Path) -> None:
    site = make_town_site(tmp_path, couriers={"number": 1, "modes": {"car": 0.6, "foot": 0.4}})
    assert load_rides(site, tmp_path / "roads", print).classes == (RideClass("car", 1000),)
    site = make_town_site(tmp_path, couriers={"number": 0, "mode": "foot"})
    assert load_rides(site, tmp_path / "roads", print).classes == (RideClass("foot", 1000),)


def test_every_order_finds_the_row_whose_drive_is_its_ride(tmp_path: Path) -> None:
    site = make_town_site(tmp_path, couriers={"number": 6, "modes": MODES})
    rides = load_rides(site, tmp_path / "roads", print)
    n = len(rides.out_mm)
    demand = draw_demand(3, 600, 2, n, 1)
    demand = demand._replace(ride_out=rides.out_mm[demand.customer], ride_back=rides.back_mm[demand.customer])
    capacity = make_capacity(site)._replace(stations=np.full((2, 3), 9), n_customers=0)
    orders = run(capacity, demand, [], 2 * DAY)
    rows = find_rows(
        make_row_finder(site, rides, []),
        orders[:, r.ORDER_COURIER],
        orders[:, r.ORDER_PICKED_UP],
        orders[:, r.ORDER_CUSTOMER],
    )
    done = orders[:, r.ORDER_STATE] == r.DELIVERED
    assert 400 < done.sum() < len(done)
    rode = orders[done, r.ORDER_ENDED] - orders[done, r.ORDER_PICKED_UP]
    np.testing.assert_array_equal(rides.table.drive_us[rows[done]], rode)
    # Who has no courier yet has the address of the customer all the same.
    np.testing.assert_array_equal(rides.table.lat[rows], rides.table.lat[orders[:, r.ORDER_CUSTOMER]])
    assert {row // n for row in rows[done].tolist()} == {0, 1, 2}
