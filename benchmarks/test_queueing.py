"""Measure queueing sites: against SimPy and Ciw on the same drawn orders, by size, and their memory."""

from __future__ import annotations

import json
import time
import tracemalloc
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.figures import Bound
from benchmarks.processes import fastgen_command, run
from benchmarks.sites import count_model_events, join_days, plan_customers, plan_site
from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.site import run_site
from fastgen.queueing.site import Capacity, make_site
from fastgen.templates.preset_files import make_preset
from fastgen.universes.site_plan import reseed
from fastgen.universes.site_run import draw_day, run_days
from tests.queueing.ciw_kitchen import run_ciw
from tests.queueing.simpy_site import SimPySite
from tests.queueing.test_site import draw_kitchen_demand
from tests.templates.folders import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.conftest import Bench
    from fastgen.queueing.site import Demand
    from fastgen.universes.site_plan import SitePlan

DAYS = 7
# The loop takes milliseconds: it runs so often in each round.
REPEATS = 20
N_SITES = 100
CUSTOMERS = (1_000, 10_000, 100_000)
MEGABYTE = 1e6


def plan_week() -> SitePlan:
    """Plan 1,000 customers, 8 kitchens of 24 stations and 100 couriers, on the streets of sf."""
    stations = [
        {"name": f"{kind}-{n}", "station_type": f"KITCHEN_STATION_{kind.upper()}"}
        for kind, count in (("workstation", 6), ("stove", 12), ("oven", 6))
        for n in range(count)
    ]
    kitchens = [{"info": {"name": f"kitchen-{k}"}, "stations": stations} for k in range(8)]
    return plan_site(
        kitchens=kitchens, population={"customers": 1000}, couriers={"number": 100}, radius_mi=4.0
    )


def cpu_seconds(function: Callable[[], object]) -> float:
    """Return the processor seconds of one call."""
    began = time.process_time()
    function()
    return time.process_time() - began


def loop_seconds(capacity: Capacity, demand: Demand) -> float:
    """Return the processor seconds of one run of the loop, the best of some."""

    def once() -> float:
        site = make_site(capacity, demand)
        return cpu_seconds(lambda: run_site(r.NEVER, site))

    return min(once() for _ in range(REPEATS))


def cost_ns(plan: SitePlan, days: int, repeats: int) -> tuple[float, int]:
    """Return the best processor nanoseconds a model event of a run, draws included, and the model events."""
    n_events = count_model_events(list(run_days(plan, days + 1)))
    best = min(cpu_seconds(lambda: list(run_days(plan, days))) for _ in range(repeats))
    # A run of some days goes through one more, in which the last of them is completed.
    return best * 1e9 / n_events, n_events


def test_full_model(bench: Bench) -> None:
    plan = plan_week()
    demand = join_days([draw_day(plan, day) for day in range(DAYS)])
    n_events = count_model_events(list(run_days(plan, DAYS)))
    own, whole, rival = list[float](), list[float](), list[float]()

    def loop(_: Path) -> None:
        own.append(loop_seconds(plan.capacity, demand))
        whole.append(min(cpu_seconds(lambda: list(run_days(plan, DAYS))) for _ in range(REPEATS)))

    def simpy(_: Path) -> None:
        reference = SimPySite(plan.capacity, demand, [], [])
        rival.append(cpu_seconds(reference.env.run))

    bench.compare(loop, simpy, rounds=5)
    bench.record(
        f"SimPy / the loop of a queueing site, full model, a week of {len(demand.created_us):,} wishes",
        min(rival) / min(own),
        bound=Bound(100, aim=120, at_most=False),
        detail=f"{min(rival):.3f} s; {min(own) * 1e3:.2f} ms, {n_events / min(own) / 1e6:.1f} M events/s",
    )
    bench.record(
        "SimPy without draws / a queueing site with its draws and the day that completes the last one",
        min(rival) / min(whole),
        detail=f"{min(rival):.3f} s; {min(whole) * 1e3:.2f} ms",
    )


def test_kitchen(bench: Bench) -> None:
    demand, stations = draw_kitchen_demand(), [3, 4, 3]
    capacity = Capacity(stations=np.array([stations]), paces=np.array([1]))
    own, rival = list[float](), list[float]()

    def loop(_: Path) -> None:
        own.append(loop_seconds(capacity, demand))

    def ciw(_: Path) -> None:
        rival.append(cpu_seconds(lambda: run_ciw(demand, stations)))

    bench.compare(loop, ciw, rounds=2)
    bench.record(
        f"Ciw / the loop of a queueing site, one kitchen, {len(demand.created_us):,} orders",
        min(rival) / min(own),
        bound=Bound(300, at_most=False),
        detail=f"{min(rival):.2f} s; {min(own) * 1e3:.2f} ms",
    )


def test_cost_by_customers(bench: Bench) -> None:
    plans = [plan_customers(n) for n in CUSTOMERS]
    found: list[list[float]] = [[] for _ in plans]

    def run(_: Path) -> None:
        for costs, plan, n in zip(found, plans, CUSTOMERS, strict=True):
            costs.append(cost_ns(plan, DAYS if n < CUSTOMERS[-1] else 2, 3 if n < CUSTOMERS[-1] else 1)[0])

    bench.compare(run, rounds=3)
    small, middle, large = (min(costs) for costs in found)
    bench.record(
        "cost of a model event, a site of 100,000 customers / of 1,000",
        large / small,
        bound=Bound(1.2),
        detail=", ".join(f"{n:,} customers {min(c):.0f} ns" for n, c in zip(CUSTOMERS, found, strict=True)),
    )
    for n, cost in zip(CUSTOMERS, (small, middle, large), strict=True):
        bench.record(
            f"model events a second on one core, draws included, a site of {n:,} customers",
            1e3 / cost,
            "M/s",
            bound=Bound(6, aim=12, at_most=False),
        )


def test_whole_run(bench: Bench, tmp_path: Path) -> None:
    """Run a universe as a user does: events, result tables and snapshots are written and hashed."""
    templates = write(make_preset("canonical"), tmp_path / "templates")
    seconds, found = list[float](), set[int]()

    def whole(out: Path) -> None:
        command = ["universe", "run", str(templates), "--days", "30", "--workers", "1", "-o", str(out)]
        seconds.append(run(fastgen_command(*command)))
        found.add(json.loads((out / "manifest.json").read_text(encoding="utf-8"))["rows"])

    bench.compare(whole, rounds=3)
    (n_events,) = found
    bench.record(
        "fastgen universe run, canonical preset, 30 days, whole process: events a second of processor time",
        n_events / min(seconds) / 1e3,
        "k/s",
        detail=f"{n_events:,} events, {min(seconds):.2f} s; result tables included",
    )


def run_all(plans: list[SitePlan]) -> None:
    """Run all sites for a week, each by a day in turn."""
    for _ in zip(*(run_days(plan, DAYS) for plan in plans), strict=True):
        pass


def test_cost_by_sites(bench: Bench) -> None:
    """Hold all sites at once and go on with each in turn, which is harder on caches than any run is."""
    first = plan_customers(CUSTOMERS[0])
    plans = [reseed(first, seed) for seed in range(N_SITES)]
    alone, together = list[float](), list[float]()

    def run(_: Path) -> None:
        alone.append(sum(cpu_seconds(partial(run_all, [plan])) for plan in plans))
        together.append(cpu_seconds(partial(run_all, plans)))

    bench.compare(run, rounds=3)
    n_events = sum(count_model_events(list(run_days(plan, DAYS))) for plan in plans)
    bench.record(
        f"a week of {N_SITES} sites of 1,000 customers in turn, day by day / one site after the other",
        min(together) / min(alone),
        bound=Bound(1.2),
        detail=f"{min(together):.2f} s; {min(alone):.2f} s; {n_events / 1e6:.1f} M model events",
    )


def test_memory(bench: Bench) -> None:
    plan = plan_customers(10_000)

    def peak_bytes(days: int) -> int:
        tracemalloc.start()
        for _ in run_days(plan, days):
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    def run(_: Path) -> None:
        peak_bytes(1)

    bench.compare(run, rounds=1)
    week, year = peak_bytes(DAYS), peak_bytes(52 * DAYS)
    log_bytes = sum(part.nbytes for log in run_days(plan, DAYS) for part in log[1:4])
    bench.record(
        "memory of the run of a site of 10,000 customers, a year / a week",
        year / week,
        bound=Bound(1.15),
        detail=f"{year / MEGABYTE:.2f} MB; {week / MEGABYTE:.2f} MB; a week's orders have "
        f"{log_bytes / MEGABYTE:.2f} MB",
    )
