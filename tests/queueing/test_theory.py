"""Mean waits are those of queueing theory, where it has a formula.

Each case simulates many orders, drops the first twentieth and compares the mean of 30 batches with the exact
value: the difference is less than four standard errors. The seeds are pinned, so a result never changes by
chance. Times are in minutes.
"""

from __future__ import annotations

from math import factorial, sqrt
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.site import run_site
from fastgen.queueing.site import Capacity, Demand, make_site
from tests.effort import repeats
from tests.queueing.sites import MINUTE

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_ORDERS = repeats(100_000, 1_000_000)
N_BATCHES = 30
MAX_Z = 4.0
SERVICE = 5.0  # mean, minutes


def make_demand(
    created: NDArray[np.float64],
    durations: NDArray[np.float64],
    kinds: NDArray[np.int64] | None = None,
    n_lines: NDArray[np.int64] | None = None,
    n_steps: int = 1,
    customer: NDArray[np.int64] | None = None,
    ride: int = 0,
) -> Demand:
    n = len(created)
    zeros = np.zeros(n, np.int64)
    lines = np.ones(n, np.int64) if n_lines is None else n_lines
    line_start = np.concatenate(([0], np.cumsum(lines)))
    duration_us = np.maximum((durations * MINUTE).astype(np.int64), 1)
    return Demand(
        created_us=(created * MINUTE).astype(np.int64),
        number=np.arange(n),
        customer=zeros if customer is None else customer,
        packing_us=zeros,
        ride_out=zeros + ride,
        ride_back=zeros + ride,
        line_start=line_start,
        step_start=np.arange(line_start[-1] + 1) * n_steps,
        step_type=np.zeros(len(duration_us), np.int64) if kinds is None else kinds,
        duration_us=duration_us,
        expected_us=duration_us,
        draw=np.arange(n),
        line_item=np.zeros(line_start[-1], np.int32),
    )


def run(
    demand: Demand, stations: list[int], n_couriers: int = 1, n_customers: int = 0, eating_us: int = 0
) -> r.SiteArrays:
    capacity = Capacity(
        stations=np.array([stations]),
        paces=np.ones(n_couriers, np.int64),
        eating_us=eating_us,
        n_customers=n_customers,
    )
    site = make_site(capacity, demand)
    run_site(r.NEVER, site)
    return site


def assert_mean(values_us: NDArray[np.int64], exact_min: float) -> None:
    kept = values_us[len(values_us) // 20 :] / MINUTE
    means = np.array([batch.mean() for batch in np.array_split(kept, N_BATCHES)])
    z = (means.mean() - exact_min) / (means.std(ddof=1) / sqrt(N_BATCHES))
    assert abs(z) < MAX_Z, f"measured {means.mean():.4f}, exact {exact_min:.4f}, z {z:.2f}"


def arrivals(draws: np.random.Generator, per_minute: float, n: int = N_ORDERS) -> NDArray[np.float64]:
    return np.cumsum(draws.exponential(1 / per_minute, n))


def wait_us(site: r.SiteArrays) -> NDArray[np.int64]:
    return site.orders[:, r.ORDER_STARTED] - site.orders[:, r.ORDER_CREATED]


def erlang_c(servers: int, load: float) -> float:
    """Return the probability that a job waits in M/M/c (Erlang 1917)."""
    offered = servers * load
    waiting = offered**servers / factorial(servers) / (1 - load)
    return waiting / (sum(offered**k / factorial(k) for k in range(servers)) + waiting)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.8), (2, 0.9), (6, 0.8), (50, 0.9)])
def test_exponential_service(servers: int, load: float) -> None:
    draws = np.random.default_rng([1, servers])
    demand = make_demand(arrivals(draws, servers * load / SERVICE), draws.exponential(SERVICE, N_ORDERS))
    exact = erlang_c(servers, load) * SERVICE / (servers * (1 - load))
    assert_mean(wait_us(run(demand, [servers])), exact)


@pytest.mark.parametrize("load", [0.7, 0.9])
def test_service_of_the_recipes_waits_by_pollaczek_and_khinchine(load: float) -> None:
    draws = np.random.default_rng([2, int(load * 10)])
    factor = (0.7 + draws.random(N_ORDERS)) ** 2 / (0.49 + 0.7 + 1 / 3)
    # The fourth moment of 0.7 + u over the square of its second one.
    second = (1.7**5 - 0.7**5) / 5 / ((1.7**3 - 0.7**3) / 3) ** 2
    exact = load / (1 - load) * SERVICE * second / 2
    assert_mean(wait_us(run(make_demand(arrivals(draws, load / SERVICE), SERVICE * factor), [1])), exact)


@pytest.mark.parametrize(("servers", "load", "exact"), [(1, 0.8, 10.0), (4, 0.9, 4.9998), (20, 0.9, 0.7214)])
def test_constant_service(servers: int, load: float, exact: float) -> None:
    """The exact values are those of M/D/c by Crommelin 1932."""
    draws = np.random.default_rng([3, servers])
    demand = make_demand(arrivals(draws, servers * load / SERVICE), np.full(N_ORDERS, SERVICE))
    assert_mean(wait_us(run(demand, [servers])), exact)


def draw_batches(seed: int, line_rate: float) -> Demand:
    """Draw orders of one to five lines of one step each."""
    draws = np.random.default_rng(seed)
    n_lines = draws.integers(1, 6, N_ORDERS // 3)
    created = arrivals(draws, line_rate / 3, len(n_lines))
    return make_demand(created, draws.exponential(SERVICE, n_lines.sum()), n_lines=n_lines)


def test_lines_that_arrive_together_wait_for_each_other() -> None:
    site = run(draw_batches(4, 0.8 / SERVICE), [1])
    created = site.orders[site.lines[:, r.LINE_ORDER], r.ORDER_CREATED]
    ended = site.steps[:, r.STEP_STARTED] + site.steps[:, r.STEP_DURATION]
    # Mean and mean square of the number of lines are 3 and 11.
    assert_mean(ended - created, SERVICE * (3 + 11) / (2 * 3 * (1 - 0.8)))


def test_an_order_is_ready_when_its_last_line_is() -> None:
    """With a station for every line, the longest of x exponential times takes H(x) times the mean."""
    site = run(draw_batches(5, 2.0), [60])
    harmonic = np.cumsum(1 / np.arange(1, 6))
    assert_mean(site.orders[:, r.ORDER_READY] - site.orders[:, r.ORDER_CREATED], SERVICE * harmonic.mean())


def test_steps_of_a_recipe_wait_as_if_each_were_alone() -> None:
    """Stations in a network wait as M/M/c each (Kelly 1975): workstation, stove, workstation, oven."""
    draws, n = np.random.default_rng(6), N_ORDERS // 2
    means, kinds, servers, rate = np.array([120, 400, 120, 200]) / 60, [0, 1, 0, 2], [3, 6, 3], 0.010625 * 60
    demand = make_demand(
        arrivals(draws, rate, n), draws.exponential(np.tile(means, n)), np.tile(kinds, n), n_steps=4
    )
    site = run(demand, servers)
    started = site.steps[:, r.STEP_STARTED].reshape(n, 4)
    ended = started + site.steps[:, r.STEP_DURATION].reshape(n, 4)
    asked = np.column_stack((site.orders[:, r.ORDER_CREATED], ended[:, :3]))
    for step, kind in enumerate(kinds):
        work = rate * means[np.array(kinds) == kind].sum() / servers[kind]
        exact = erlang_c(servers[kind], work) * means[step] / (servers[kind] * (1 - work))
        assert_mean(started[:, step] - asked[:, step], exact)


@pytest.mark.parametrize(("idle_h", "wait", "an_hour"), [(5, 1.3233, 35.157), (2, 90.0, 48.0)])
def test_customers_who_wait_order_nothing_else(idle_h: int, wait: float, an_hour: float) -> None:
    """200 customers, who eat for 30 minutes, and 8 stations: a closed network, solved exactly."""
    draws, n_customers = np.random.default_rng([7, idle_h]), 200
    created = arrivals(draws, n_customers / (60 * idle_h))
    customer = draws.integers(0, n_customers, N_ORDERS)
    demand = make_demand(created, draws.exponential(10.0, N_ORDERS), customer=customer)
    site = run(demand, [8], n_customers=n_customers, eating_us=30 * MINUTE)
    orders = site.orders[site.orders[:, r.ORDER_STATE] == r.DELIVERED]
    assert_mean(orders[:, r.ORDER_STARTED] - orders[:, r.ORDER_CREATED], wait)
    late = orders[orders[:, r.ORDER_CREATED] > created[-1] * MINUTE / 20]
    assert_mean(np.diff(late[:, r.ORDER_CREATED]), 60 / an_hour)


@pytest.mark.parametrize(("load", "exact"), [(0.8, 0.7175), (0.95, 7.7146)])
def test_orders_wait_for_couriers_as_for_servers(load: float, exact: float) -> None:
    """20 couriers who ride 10 minutes out and 10 back are M/D/20 with a service of 20 minutes."""
    draws = np.random.default_rng([8, int(load * 100)])
    created = arrivals(draws, 20 * load / 20)
    demand = make_demand(created, np.zeros(N_ORDERS), ride=10 * MINUTE)
    site = run(demand, [60], n_couriers=20)
    assert_mean(site.orders[:, r.ORDER_PICKED_UP] - site.orders[:, r.ORDER_READY], exact)
