"""The load that is computed beforehand is that of queueing theory, and of the engine's own runs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from fastgen.model.recipes import Recipes
from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.site import run_site
from fastgen.queueing.load import (
    MEAN,
    PEAK,
    SQUARE_FACTOR,
    compute_load,
    erlang_c,
    mean_pace,
    measure_work,
    queue_load,
)
from fastgen.queueing.population import Population, draw_wishes
from fastgen.queueing.site import Capacity, make_site
from fastgen.units import US_PER_DAY
from tests.queueing.sites import MINUTE

# Two items: types 0 and 1 for 4 and 6 minutes; type 0 twice, for 1 and 3 minutes.
RECIPES = Recipes(
    step_start=np.array([0, 2, 4]),
    step_type=np.array([0, 1, 0, 0]),
    expected_us=np.array([4, 6, 1, 3]) * MINUTE,
)
# From 12:00 to 13:00 as much as in the other 23 hours.
WEIGHT = np.full(1440, 0.5 / 1380)
WEIGHT[720:780] = 0.5 / 60
POPULATION = Population(5, 1, 200, 0.6, WEIGHT, np.array([0, 1], np.int32), 3, RECIPES)
RIDES = np.array([8.0, 12.0]) * MINUTE


def capacity(stations: list[list[int]], n_couriers: int = 30) -> Capacity:
    return Capacity(stations=np.array(stations), paces=np.full(n_couriers, 240))


@pytest.mark.parametrize(
    ("servers", "load", "busy", "wait"),
    [(1, 0.8, 0.8, 20.0), (2, 0.9, 0.8526, 21.3158), (6, 0.8, 0.5178, 2.1574), (50, 0.9, 0.3639, 0.3639)],
)
def test_waits_of_exponential_service_are_erlangs(
    servers: int, load: float, busy: float, wait: float
) -> None:
    work = servers * load
    assert erlang_c(servers, work) == pytest.approx(busy, abs=1e-4)
    # Service of mean 5 minutes; the mean square of an exponential time is twice the square of its mean.
    np.testing.assert_allclose(queue_load(servers, work, work / 5 * 50), (load, wait), atol=1e-4)


@pytest.mark.parametrize(("load", "wait"), [(0.7, 10.7455), (0.9, 41.4468)])
def test_waits_at_one_station_are_those_of_pollaczek_and_khinchine(load: float, wait: float) -> None:
    mean = 5 * (0.49 + 0.7 + 1 / 3)
    assert queue_load(1, load, load / mean * mean**2 * SQUARE_FACTOR)[1] == pytest.approx(wait, abs=1e-3)


def test_limits() -> None:
    assert queue_load(3, 0.0, 0.0) == (0.0, 0.0)
    assert queue_load(0, 0.0, 0.0) == (0.0, 0.0)
    assert queue_load(0, 1.0, 1.0) == (math.inf, math.inf)
    assert queue_load(2, 2.0, 9.0) == (1.0, math.inf)
    assert queue_load(2, 5.0, 9.0) == (2.5, math.inf)
    assert queue_load(10_000, 9_000.0, 9_000.0)[1] == pytest.approx(0, abs=1e-9)


def test_work_of_a_line_is_the_mean_over_the_items() -> None:
    work = measure_work(RECIPES, POPULATION.items, 3)
    assert work.steps.tolist() == [1.5, 0.5, 0]
    assert work.work_min.tolist() == [4, 3, 0]
    np.testing.assert_allclose(work.square_min2, np.array([13, 18, 0]) * SQUARE_FACTOR)
    assert measure_work(RECIPES, np.array([1], np.int32), 2).work_min.tolist() == [4, 0]


def test_loads_are_work_over_capacity() -> None:
    load = compute_load(POPULATION, capacity([[4, 3, 1], [8, 6, 0]]), RIDES, RIDES)
    # 120 orders a day of 2 lines; 60 in the busiest hour.
    assert load.orders_per_h == pytest.approx([5, 60])
    assert load.peak_minute == 720
    np.testing.assert_allclose(load.stations[PEAK], np.array([[1, 1, 0], [0.5, 0.5, 0]]))
    np.testing.assert_allclose(load.stations[MEAN], load.stations[PEAK] / 12)
    assert np.isinf(load.station_wait_min[PEAK, 0, :2]).all()
    assert load.ready_min[PEAK] == math.inf
    assert load.couriers == pytest.approx([5 * 20 / 60 / 30, 60 * 20 / 60 / 30])


def test_a_day_without_waits_takes_the_longest_line_and_the_ride() -> None:
    load = compute_load(POPULATION, capacity([[60, 60]], 1000), RIDES, RIDES)
    # Items take 10 and 4 minutes; the longest of 1, 2 or 3 lines: 10 - 6 / 2**n.
    longest = 10 - 6 * (1 / 2 + 1 / 4 + 1 / 8) / 3
    assert load.ready_min[MEAN] == pytest.approx(longest, abs=1e-6)
    assert load.delivered_min[MEAN] == pytest.approx(longest + 10, abs=1e-6)


def test_packing_comes_last_and_gives_couriers_time() -> None:
    usual, packed = (
        compute_load(one, capacity([[60, 60]], 21)._replace(lead_us=MINUTE), RIDES, RIDES)
        for one in (POPULATION, replace(POPULATION, packing_us=2 * MINUTE))
    )
    np.testing.assert_allclose(packed.ready_min, usual.ready_min + 2)
    # In a mean hour couriers come at once; in the busiest one later than packing and lead together.
    assert usual.courier_wait_min[PEAK] > 3
    np.testing.assert_allclose(packed.delivered_min - usual.delivered_min, [2, 0], atol=1e-4)


def test_rides_back_keep_couriers_busy_and_no_customer_waiting() -> None:
    same, far = (compute_load(POPULATION, capacity([[60, 60]], 1000), RIDES, k * RIDES) for k in (1, 2))
    np.testing.assert_allclose(far.couriers, 1.5 * same.couriers)
    np.testing.assert_allclose(far.delivered_min, same.delivered_min)


def test_the_mean_pace_is_that_of_a_mean_order() -> None:
    """In an hour of rides of 1 m a courier of 60 us rides four times as often as one of 240."""
    assert mean_pace(np.array([60, 240])) == pytest.approx((4 * 60 + 240) / 5)
    assert mean_pace(np.full(7, 240)) == pytest.approx(240)


def test_couriers_of_two_modes_can_do_what_their_load_says() -> None:
    """At a load of 1 all ride without a pause: as many orders as their paces allow."""
    paces = np.array([60, 60, 240, 240, 720])
    ride_mm = 1e6
    rides = np.array([ride_mm * mean_pace(paces)])
    has = Capacity(stations=np.array([[60, 60]]), paces=paces)
    per_h = compute_load(POPULATION, has, rides, rides).orders_per_h[MEAN]
    most_per_h = (3600e6 / (2 * ride_mm * paces)).sum()
    assert compute_load(POPULATION, has, rides, rides).couriers[MEAN] == pytest.approx(per_h / most_per_h)


def test_an_hour_may_pass_midnight() -> None:
    weight = np.full(1440, 0.1 / 1440)
    weight[[1430, 5]] += 0.45
    load = compute_load(
        Population(5, 1, 200, 1, weight, POPULATION.items, 3, RECIPES), capacity([[9, 9]]), RIDES, RIDES
    )
    assert load.orders_per_h[PEAK] == pytest.approx(200 * (0.9 + 0.1 / 24))
    assert 1386 <= load.peak_minute <= 1430


def test_runs_of_the_engine_are_as_busy_and_nearly_as_quick() -> None:
    has = Capacity(stations=np.array([[5, 4], [5, 4]]), paces=np.full(26, 240), n_customers=200)
    load = compute_load(POPULATION, has, RIDES, RIDES)
    np.testing.assert_allclose(load.stations[PEAK], [[0.8, 0.75], [0.8, 0.75]])
    lengths = np.resize(RIDES / 240, 200).astype(np.int64)
    work, ready, delivered, days = np.zeros(2), [], [], 60
    for day in range(days):
        demand = draw_wishes(POPULATION, day, lengths, lengths)
        work += np.bincount(demand.step_type, demand.duration_us, 2)
        site = make_site(has, demand)
        run_site(r.NEVER, site)
        orders = site.orders[site.orders[:, r.ORDER_STATE] == r.DELIVERED]
        ready += ((orders[:, r.ORDER_READY] - orders[:, r.ORDER_CREATED]) / MINUTE).tolist()
        delivered += ((orders[:, r.ORDER_ENDED] - orders[:, r.ORDER_CREATED]) / MINUTE).tolist()
    # Of 60 days with 120 orders: the sum of their work varies by about 1.2 per cent.
    np.testing.assert_allclose(work / (days * US_PER_DAY), load.stations[MEAN, 0] * [10, 8], rtol=0.05)
    # Half of all orders are made in the busiest hour, the others hardly wait.
    assert np.mean(ready) == pytest.approx(load.ready_min.mean(), rel=0.25)
    assert np.mean(delivered) == pytest.approx(load.delivered_min.mean(), rel=0.25)
