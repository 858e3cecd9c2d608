"""A run can be stopped at any time, and what follows is the same, to the microsecond."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

import fastgen
from fastgen.dataset.verify.run import verify_dataset
from fastgen.templates.reading import read_universe
from fastgen.units import US_PER_MIN, US_PER_S
from fastgen.universes.run import resume_universe, run_universe
from fastgen.universes.run_options import RunOptions
from fastgen.universes.site_plan import SitePlan, plan_sites
from fastgen.universes.site_run import SiteRun, run_days
from fastgen.universes.snapshots import find_snapshot, read_snapshot, write_snapshot
from tests.effort import repeats
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.manifest import Manifest
    from fastgen.queueing.day_log import DayLog

DAYS = 4
EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
# More than a kitchen and few couriers can do: of a single one, orders wait for days.
BUSY: dict[str, Any] = {"population": {"customers": 400, "eating_min": 0}, "couriers": {"number": 4}}
CLOSED = {"kind": "kitchen_closed", "name": "a burst pipe", "from": "1 12:00", "to": "1 20:00"}
SITES: dict[str, dict[str, Any]] = {
    "chicago": {**BUSY, "timezone": "America/Chicago", "couriers": {"number": 1}},
    "sf": {**BUSY, "disturbances": [CLOSED]},
}


def run(folder: Path, name: str, *, overwrite: bool = False, **changes: Any) -> Manifest:
    options = RunOptions(**{"days": DAYS, "roads": folder / "roads", **changes})
    return run_universe(
        folder / "templates", folder / name, options, force=True, overwrite=overwrite
    ).manifest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with templates, roads, and the dataset "whole"."""
    folder = tmp_path_factory.mktemp("universe")
    write_universe(folder, **SITES)
    run(folder, "whole")
    return folder


@pytest.fixture(scope="module")
def plans(folder: Path) -> list[SitePlan]:
    universe = read_universe(folder / "templates")
    return plan_sites(universe, 42, EPOCH.date(), folder / "roads", lambda _: None)


def test_all_ways_to_end_occur_and_pass_all_checks(folder: Path) -> None:
    """Orders that wait too long are open when the next day ends; a closed kitchen cancels orders."""
    report = verify_dataset(folder / "whole")
    assert [check.name for check in report.checks if check.wrong] == []
    events = fastgen.scan_events(folder / "whole").select("order_id", "event_type_id").collect()
    n_orders, n_delivered, n_cancelled = (
        len(events.filter(pl.col("event_type_id") == kind)) for kind in (1, 8, 9)
    )
    assert n_orders == report.orders > n_delivered + n_cancelled
    assert n_cancelled > 10
    assert n_delivered > 100


@pytest.mark.parametrize("site", [0, 1])
def test_a_site_goes_on_from_any_snapshot(plans: list[SitePlan], site: int, tmp_path: Path) -> None:
    plan = plans[site]
    draws = np.random.default_rng(site)
    end = plan.day_start_us(DAYS + 1)
    stops = np.sort(draws.integers(plan.day_start_us(0), end, repeats(20, 250))).tolist()
    run = SiteRun.begin(plan)
    found: list[DayLog] = []
    for stop in [*stops, end]:
        found += run.run_to(stop)
        write_snapshot(run, {}, tmp_path, EPOCH)
        path = find_snapshot(tmp_path)
        assert path is not None
        assert [one.name for one in tmp_path.iterdir()] == [path.name]
        run, _ = read_snapshot(plan, path)
    for one, other in zip(found, run_days(plan, DAYS), strict=True):
        assert (one.day, one.cut_us) == (other.day, other.cut_us)
        for mine, theirs in zip(one[1:4], other[1:4], strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_a_dataset_that_was_stopped_at_random_goes_on(folder: Path) -> None:
    draws, whole = np.random.default_rng(7), (folder / "whole" / "manifest.json").read_bytes()
    for number in range(repeats(2, 20)):
        name, last = f"stopped{number}", DAYS * 86_400 * US_PER_S
        stops = np.sort(draws.integers(9 * 3600 * US_PER_S, last, 3)).tolist()
        run(folder, name, stop_at_us=stops[0], snapshot_every=int(draws.integers(1, 4)))
        for stop in [*stops[1:], None]:
            resume_universe(folder / name, DAYS, stop_at_us=stop, roads=folder / "roads")
        assert (folder / name / "manifest.json").read_bytes() == whole


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with templates of a site that has time to spare, at UTC, and roads."""
    folder = tmp_path_factory.mktemp("calm")
    few = {"population": {"customers": 120}, "couriers": {"number": 20}}
    write_universe(folder, sf={"timezone": "UTC", **few})
    return folder


def test_stops_on_one_day_make_datasets_of_their_own(calm: Path) -> None:
    """Neither the days of their scenarios nor all longest preparations tell one from the other."""
    stops_us = [round(hours * 60) * US_PER_MIN for hours in (18.5, 20, 21, 22)]
    alone = [run(calm, f"alone{number}", days=1, stop_at_us=stop) for number, stop in enumerate(stops_us)]
    assert len({one.source.longest_preparation_s for one in alone if one.source is not None}) < len(stops_us)
    assert {one.scenario["days"] for one in alone} == {1}
    assert len({one.digest for one in alone}) == len({one.build_id for one in alone}) == len(stops_us)
    run(calm, "longer", days=1, stop_at_us=stops_us[0])
    for stop, manifest in zip(stops_us[1:], alone[1:], strict=True):
        assert resume_universe(calm / "longer", 1, stop_at_us=stop, roads=calm / "roads").manifest == manifest
    assert run(calm, "longer", days=1, stop_at_us=stops_us[0], overwrite=True) == alone[0]
    assert verify_dataset(calm / "longer").passed


def test_a_stop_after_the_last_day_changes_nothing(calm: Path) -> None:
    assert run(calm, "late", days=1, stop_at_us=2 * 86_400 * US_PER_S) == run(calm, "never", days=1)


@pytest.mark.parametrize("hours", [20, 44.5, 76])
def test_what_had_happened_at_a_stop_is_what_happens_in_a_longer_run(folder: Path, hours: float) -> None:
    stop_us = round(hours * 60) * US_PER_MIN
    name = f"at{hours}"
    run(folder, name, stop_at_us=stop_us)
    assert verify_dataset(folder / name).passed
    stop_s = stop_us // US_PER_S + int(EPOCH.timestamp())
    columns = ["location_id", "ts_seconds", "event_type_id", "customer_addr", "ping_lat", "ping_lon"]
    stopped, whole = (
        fastgen.scan_events(folder / one)
        .filter(pl.col("ts_seconds") < stop_s)
        .select(columns)
        .collect()
        .sort(columns, nulls_last=True)
        for one in (name, "whole")
    )
    assert len(stopped) > 300
    assert len(stopped) == fastgen.scan_events(folder / name).select(pl.len()).collect().item()
    assert stopped.equals(whole)
