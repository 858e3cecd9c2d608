"""A site does to the microsecond what the same model does on SimPy."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.site import run_site
from fastgen.queueing.site import Capacity, Demand, clock_end_us, make_site
from tests.effort import repeats
from tests.queueing.ciw_kitchen import run_ciw
from tests.queueing.simpy_site import SimPySite
from tests.queueing.sites import DAY, MINUTE, Case, draw_case
from tests.queueing.template_sites import draw_template_case

if TYPE_CHECKING:
    from collections.abc import Callable

STATES = ("candidate", "open", "delivered", "failed", "cancelled", "dropped")


def run_both(case: Case) -> tuple[r.SiteArrays, SimPySite]:
    site = make_site(*case)
    run_site(r.NEVER, site)
    reference = SimPySite(*case)
    reference.env.run()
    return site, reference


def assert_equal(site: r.SiteArrays, reference: SimPySite) -> None:
    steps = site.steps[:, [r.STEP_STARTED, r.STEP_STATION]]
    np.testing.assert_array_equal(steps, reference.steps)
    expected = [[STATES.index(one.state), *astuple(one)[1:9]] for one in reference.orders]
    columns = [r.ORDER_STATE, r.ORDER_STARTED, r.ORDER_FINISHED, r.ORDER_READY, r.ORDER_ASSIGNED]
    columns += [r.ORDER_COURIER, r.ORDER_ARRIVED, r.ORDER_PICKED_UP, r.ORDER_ENDED]
    np.testing.assert_array_equal(site.orders[:, columns], expected)


@pytest.mark.parametrize("unit_us", [1, MINUTE], ids=["microseconds", "whole minutes"])
@pytest.mark.parametrize("seed", range(repeats(6, 60)))
def test_every_step_and_courier_is_that_of_simpy(seed: int, unit_us: int) -> None:
    """With whole minutes most events have the time of another one, so the order of ties decides."""
    assert_equal(*run_both(draw_case(seed, unit_us=unit_us)))


@pytest.mark.parametrize("seed", range(repeats(6, 60)))
def test_sites_of_templates_do_what_simpy_does(seed: int) -> None:
    """Couriers of all modes, packing, and disturbances of all kinds, as templates state them."""
    assert_equal(*run_both(draw_template_case(seed)))


def test_a_site_runs_the_same_up_to_the_end_of_its_clock() -> None:
    """Keys of events hold the time and the number of a station or courier, and are never too long."""
    case = draw_case(4)
    early, late = make_site(*case), make_site(*case)
    run_site(r.NEVER, early)
    is_time = [r.ORDER_CREATED, r.ORDER_STARTED, r.ORDER_FINISHED, r.ORDER_READY, r.ORDER_ASSIGNED]
    is_time += [r.ORDER_ARRIVED, r.ORDER_PICKED_UP, r.ORDER_ENDED]
    shift = clock_end_us(case.capacity) - 1 - int(early.orders[:, r.ORDER_ENDED].max())
    late.orders[:, r.ORDER_CREATED] += shift
    late.changes[:, r.CHANGE_TIME] += shift
    late.weather[1:, r.WEATHER_TIME] += shift
    run_site(r.NEVER, late)
    expected = early.orders[:, is_time]
    np.testing.assert_array_equal(
        late.orders[:, is_time], np.where(expected == r.NOT_YET, r.NOT_YET, expected + shift)
    )
    np.testing.assert_array_equal(late.orders[:, r.ORDER_COURIER], early.orders[:, r.ORDER_COURIER])


@pytest.mark.parametrize("draw", [draw_case, draw_template_case])
def test_random_sites_reach_every_outcome(draw: Callable[[int], Case]) -> None:
    """Orders wait, couriers wait; orders are delivered, fail, are cancelled, or never begin."""
    reached: set[int] = set()
    waits = np.zeros(3, np.int64)
    for seed in range(6):
        site = make_site(*draw(seed))
        run_site(r.NEVER, site)
        orders = site.orders
        reached |= set(orders[:, r.ORDER_STATE].tolist())
        carried = orders[orders[:, r.ORDER_STATE] == r.DELIVERED]
        waits += [
            np.count_nonzero(carried[:, r.ORDER_STARTED] > carried[:, r.ORDER_CREATED]),
            np.count_nonzero(carried[:, r.ORDER_ARRIVED] > carried[:, r.ORDER_READY]),
            np.count_nonzero(carried[:, r.ORDER_ARRIVED] < carried[:, r.ORDER_READY]),
        ]
    assert reached == {r.OPEN, r.DELIVERED, r.FAILED, r.CANCELLED, r.DROPPED}
    assert waits.min() > 100


def draw_kitchen_demand() -> Demand:
    """Draw 16 days of one kitchen, whose orders have one line each and come at different times."""
    draws, n = np.random.default_rng(1), 8100
    n_steps = draws.integers(1, 5, n)
    step_start = np.concatenate(([0], np.cumsum(n_steps)))
    expected_us = draws.integers(1, 11, step_start[-1]) * MINUTE
    zeros = np.zeros(n, np.int64)
    return Demand(
        created_us=np.sort(draws.choice(16 * DAY, n, replace=False)),
        number=np.arange(n),
        customer=zeros,
        packing_us=zeros,
        ride_out=zeros,
        ride_back=zeros,
        line_start=np.arange(n + 1),
        step_start=step_start,
        step_type=draws.integers(0, 3, step_start[-1]),
        duration_us=draws.integers(1, 2 * expected_us),
        expected_us=expected_us,
        draw=np.arange(n),
        line_item=np.zeros(n, np.int32),
    )


def test_every_step_of_a_kitchen_starts_as_on_ciw() -> None:
    demand, stations = draw_kitchen_demand(), [3, 4, 3]
    site = make_site(Capacity(stations=np.array([stations]), paces=np.array([1])), demand)
    run_site(r.NEVER, site)
    assert len(site.steps) > 20_000
    waited = site.steps[demand.step_start[:-1], r.STEP_STARTED] - demand.created_us
    assert np.count_nonzero(waited) > 1000
    np.testing.assert_array_equal(site.steps[:, r.STEP_STARTED], run_ciw(demand, stations))


@pytest.mark.parametrize("seed", range(repeats(10, 200)))
def test_lines_take_the_working_stations_from_the_lowest_number_on(seed: int) -> None:
    """A pool has at most 62 stations; all lines come at once, and one of them finds no station."""
    n_stations = 62
    draws = np.random.default_rng(seed)
    works = draws.random(n_stations) < draws.random()
    works[draws.integers(n_stations)] = True
    n = int(works.sum()) + 1
    demand = Demand(
        created_us=np.full(n, MINUTE),
        number=np.arange(n),
        customer=np.zeros(n, np.int64),
        packing_us=np.zeros(n, np.int64),
        ride_out=np.ones(n, np.int64),
        ride_back=np.ones(n, np.int64),
        line_start=np.arange(n + 1),
        step_start=np.arange(n + 1),
        step_type=np.zeros(n, np.int64),
        duration_us=np.full(n, DAY),
        expected_us=np.full(n, DAY),
        draw=np.arange(n),
        line_item=np.zeros(n, np.int32),
    )
    mask = sum(1 << number for number in np.flatnonzero(works).tolist())
    site = make_site(Capacity(np.array([[n_stations]]), np.array([1])), demand, [(0, 0, mask)], [])
    run_site(2 * MINUTE, site)
    found = site.steps[:, r.STEP_STATION]
    np.testing.assert_array_equal(found[:-1], np.flatnonzero(works))
    assert site.steps[-1, r.STEP_STARTED] == r.NOT_YET
