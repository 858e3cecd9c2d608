"""Measure the loop of a queueing site: against SimPy and Ciw on the same drawn orders, and by itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.figures import Bound
from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.site import run_site
from fastgen.queueing.site import Capacity, make_site
from tests.queueing.ciw_kitchen import run_ciw
from tests.queueing.simpy_site import SimPySite
from tests.queueing.sites import MINUTE, draw_demand
from tests.queueing.test_site import draw_kitchen_demand

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.conftest import Bench
    from fastgen.queueing.site import Demand

# A week of a site with 1,000 customers: 8 kitchens of 6 workstations, 12 stoves and 6 ovens, 100 couriers.
N_ORDERS, DAYS, N_CUSTOMERS = 2000, 7, 1000
CAPACITY = Capacity(
    stations=np.tile(np.array([6, 12, 6]), (8, 1)),
    paces=np.full(100, 240),
    lead_us=10 * MINUTE,
    eating_us=30 * MINUTE,
    n_customers=N_CUSTOMERS,
)
# The loop takes milliseconds: it runs so often in each round.
REPEATS = 20


def count_model_events(site: r.SiteArrays) -> int:
    """Count created, starts and ends of steps, ready, assigned, picked up and delivered."""
    taken = np.count_nonzero(site.orders[:, r.ORDER_STATE] != r.DROPPED)
    n_steps = np.count_nonzero(site.steps[:, r.STEP_STARTED] != r.NONE)
    return 5 * int(taken) + 2 * int(n_steps)


def run_seconds(capacity: Capacity, demand: Demand) -> float:
    """Return the seconds of one run of the loop, the best of some."""
    found = []
    for _ in range(REPEATS):
        site = make_site(capacity, demand)
        began = time.perf_counter()
        run_site(r.NEVER, site)
        found.append(time.perf_counter() - began)
    return min(found)


def test_full_model(bench: Bench) -> None:
    demand = draw_demand(1, N_ORDERS, DAYS, N_CUSTOMERS, 1)
    site = make_site(CAPACITY, demand)
    run_site(r.NEVER, site)
    n_events, own = count_model_events(site), [1e9]

    def loop(_: Path) -> None:
        own.append(run_seconds(CAPACITY, demand))

    def simpy(_: Path) -> None:
        reference = SimPySite(CAPACITY, demand, [], [])
        reference.env.run()

    _, rival = bench.compare(loop, simpy, rounds=5)
    bench.record(
        "SimPy / the loop of a queueing site, a week of 2,000 orders",
        rival / min(own),
        bound=Bound(100, aim=300, at_most=False),
        detail=f"{rival:.3f} s; {min(own) * 1e3:.2f} ms, {n_events / min(own) / 1e6:.1f} M model events/s",
    )


def test_kitchen(bench: Bench) -> None:
    demand, stations = draw_kitchen_demand(), [3, 4, 3]
    capacity, own = Capacity(stations=np.array([stations]), paces=np.array([1])), [1e9]

    def loop(_: Path) -> None:
        own.append(run_seconds(capacity, demand))

    def ciw(_: Path) -> None:
        run_ciw(demand, stations)

    _, rival = bench.compare(loop, ciw, rounds=2)
    bench.record(
        "Ciw / the loop of a queueing site, one kitchen, 7,000 orders",
        rival / min(own),
        bound=Bound(300, at_most=False),
        detail=f"{rival:.2f} s; {min(own) * 1e3:.2f} ms",
    )
