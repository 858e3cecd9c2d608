"""The last microsecond before the epoch, -1, is a time as any other, though files have -1 for no time.

A site that lives so many microseconds earlier or later does the same, so much earlier or later. Some of its
times are shifted to -1, which is on day 0 of a site east of Greenwich.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
import polars.selectors as cs
import pytest
from polars.testing import assert_frame_equal

import fastgen
from fastgen.dataset.result_tables import RESULT_TABLES
from fastgen.dataset.verify.run import verify_dataset
from fastgen.model.day_orders import NOT_YET_US
from fastgen.queueing.kernels import records as r
from fastgen.templates.reading import read_universe
from fastgen.universes import run as run_universe_module
from fastgen.universes.integer_tables import exchange_not_yet
from fastgen.universes.recorded_orders import read_recorded, record_day, write_recorded
from fastgen.universes.run import resume_universe, run_universe
from fastgen.universes.run_options import RunOptions
from fastgen.universes.site_plan import SitePlan, plan_sites
from fastgen.universes.site_run import SiteRun, run_days
from fastgen.universes.snapshots import find_snapshot, read_snapshot, write_snapshot
from fastgen.universes.table_files import scan_table
from tests.effort import repeats
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.queueing.day_log import DayLog
    from fastgen.universes.recorded_orders import RecordedOrders

EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
DAYS = 2
# It is 14:00 at the epoch. Orders wait for stations and couriers, and some for longer than there are days.
SITE = {
    "timezone": "Pacific/Kiritimati",
    "population": {"customers": 400, "eating_min": 0},
    "couriers": {"number": 4, "modes": {"bicycle": 1, "car": 1}},
    "disturbances": [
        {"kind": "kitchen_closed", "name": "a burst pipe", "from": "0 14:10", "to": "0 14:40"},
        {"kind": "rain", "name": "rain", "slowdown_percent": 50, "from": "0 12:00", "to": "0 15:00"},
    ],
}
ORDER_TIMES = [r.ORDER_CREATED, *r.ORDER_MILESTONES]


class Moment(NamedTuple):
    """What falls on -1: a column of the orders that end in a state, or of steps."""

    column: int
    state: int = r.DELIVERED


MOMENTS = {
    "created": Moment(r.ORDER_CREATED),
    "started": Moment(r.ORDER_STARTED),
    "finished": Moment(r.ORDER_FINISHED),
    "ready": Moment(r.ORDER_READY),
    "assigned": Moment(r.ORDER_ASSIGNED),
    "arrived": Moment(r.ORDER_ARRIVED),
    "picked_up": Moment(r.ORDER_PICKED_UP),
    "delivered": Moment(r.ORDER_ENDED),
    "failed": Moment(r.ORDER_ENDED, r.FAILED),
    "cancelled": Moment(r.ORDER_ENDED, r.CANCELLED),
}


@dataclass(frozen=True, eq=False)
class ShiftedPlan(SitePlan):
    """A site all of whose times are so much later."""

    shift_us: int = 0

    def day_start_us(self, day: int) -> int:
        return super().day_start_us(day) + self.shift_us

    def minute_starts_us(self, day: int) -> NDArray[np.int64]:
        return shift_times(super().minute_starts_us(day), self.shift_us)


def shift_times(times_us: NDArray[np.int64], shift_us: int) -> NDArray[np.int64]:
    return np.where(np.isin(times_us, [r.NEVER, NOT_YET_US]), times_us, times_us + shift_us)


def shift_plan(plan: SitePlan, shift_us: int) -> SitePlan:
    """Shift a site; to some of its customers no way leads."""
    same: dict[str, Any] = {field.name: getattr(plan, field.name) for field in fields(SitePlan)}
    out_mm = plan.rides.out_mm.copy()
    out_mm[plan.homes.node[::20]] = r.NONE
    same |= {
        "rides": plan.rides._replace(out_mm=out_mm),
        "changes": tuple((time + shift_us, *change) for time, *change in plan.changes),
        "weather": tuple((time + shift_us, permille) for time, permille in plan.weather),
    }
    return ShiftedPlan(**same, shift_us=shift_us)


def shift_log(log: DayLog, shift_us: int) -> DayLog:
    orders, steps = log.orders.copy(), log.steps.copy()
    orders[:, ORDER_TIMES] = shift_times(orders[:, ORDER_TIMES], shift_us)
    steps[:, r.STEP_STARTED] = shift_times(steps[:, r.STEP_STARTED], shift_us)
    return log._replace(orders=orders, steps=steps, cut_us=log.cut_us + shift_us)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("universe")
    write_universe(folder, sf=SITE)
    return folder


@pytest.fixture(scope="module")
def plan(folder: Path) -> SitePlan:
    """Plan the site as its templates have it."""
    universe = read_universe(folder / "templates")
    (plan,) = plan_sites(universe, 42, EPOCH.date(), folder / "roads", lambda _: None)
    return plan


@pytest.fixture(scope="module")
def logs(plan: SitePlan) -> list[DayLog]:
    return [*run_days(shift_plan(plan, 0), DAYS)]


def find_shift(logs: list[DayLog], name: str) -> int:
    """Find by how much to shift a site for one of its times to be -1: the one that is nearest to that."""
    orders, moment = logs[0].orders, MOMENTS[name]
    times = orders[orders[:, r.ORDER_STATE] == moment.state, moment.column]
    return -1 - int(times[np.abs(times).argmin()])


def assert_equal(found: DayLog | RecordedOrders, expected: DayLog | RecordedOrders) -> None:
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("name", MOMENTS)
def test_a_site_does_the_same_with_a_time_of_minus_one(
    plan: SitePlan, logs: list[DayLog], name: str, tmp_path: Path
) -> None:
    """At once, and from snapshots on, some of which are taken at that time and just after it."""
    shift_us = find_shift(logs, name)
    shifted, expected = shift_plan(plan, shift_us), [shift_log(log, shift_us) for log in logs]
    assert (expected[0].orders[:, MOMENTS[name].column] == -1).any()
    run = SiteRun.begin(shifted)
    found: list[DayLog] = []
    for stop in (-1, 0, 60_000_000, 600_000_000, 3_600_000_000, shifted.day_start_us(DAYS + 1)):
        found += run.run_to(stop)
        write_snapshot(run, {}, tmp_path, EPOCH)
        path = find_snapshot(tmp_path)
        assert path is not None
        run, _ = read_snapshot(shifted, path)
    for one, other, whole in zip(found, run_days(shifted, DAYS), expected, strict=True):
        assert_equal(one, whole)
        assert_equal(other, whole)


@pytest.mark.parametrize("name", MOMENTS)
def test_recorded_orders_keep_a_time_of_minus_one(
    plan: SitePlan, logs: list[DayLog], name: str, tmp_path: Path
) -> None:
    shift_us = find_shift(logs, name)
    recorded = record_day(shift_plan(plan, shift_us), shift_log(logs[0], shift_us))
    write_recorded(recorded, tmp_path / "orders.parquet")
    found = read_recorded(tmp_path / "orders.parquet")
    assert_equal(found, recorded)
    usual = record_day(shift_plan(plan, 0), logs[0])
    assert_equal(
        found,
        usual._replace(
            times_us=shift_times(usual.times_us, shift_us),
            cut_us=shift_times(usual.cut_us, shift_us),
            cancelled_us=shift_times(usual.cancelled_us, shift_us),
        ),
    )


def test_files_have_minus_one_for_no_time(plan: SitePlan, logs: list[DayLog], tmp_path: Path) -> None:
    times_us = np.array([NOT_YET_US, -1, -2, 0, r.NEVER])
    assert exchange_not_yet(times_us).tolist() == [-1, NOT_YET_US, -2, 0, r.NEVER]
    np.testing.assert_array_equal(exchange_not_yet(exchange_not_yet(times_us)), times_us)
    shift_us = find_shift(logs, "picked_up")
    run = SiteRun.begin(shift_plan(plan, shift_us))
    assert [*run.run_to(60_000_000)] == []
    write_snapshot(run, {}, tmp_path, EPOCH)
    path = find_snapshot(tmp_path)
    assert path is not None
    write_recorded(record_day(run.plan, next(run.take_incomplete(1))), tmp_path / "orders.parquet")
    for orders in map(pl.read_parquet, (path / "orders.parquet", tmp_path / "orders.parquet")):
        counts = dict(orders["picked_up_us"].value_counts().iter_rows())
        assert counts[-1] > 1
        assert counts[NOT_YET_US] == 1


@pytest.fixture
def run_shifted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Run the universe so much later."""

    def run(name: str, shift_us: int, stop_at_us: int | None = None) -> Path:
        def plan_shifted(*args: Any) -> list[SitePlan]:
            return [shift_plan(plan, shift_us) for plan in plan_sites(*args)]

        monkeypatch.setattr(run_universe_module, "plan_sites", plan_shifted)
        options = RunOptions(days=DAYS, roads=folder / "roads", stop_at_us=stop_at_us)
        made = run_universe(folder / "templates", folder / name, options, force=True, overwrite=True).path
        if stop_at_us is not None:
            resume_universe(made, DAYS, roads=folder / "roads")
        return made

    return run


def read(dataset: Path, table: str, shift_us: int = 0) -> pl.DataFrame:
    """Read a table of a run, with its times so much later."""
    shift = cs.datetime() + pl.duration(microseconds=shift_us)
    return scan_table(dataset / "universe" / "tables", table).with_columns(shift).collect()


@pytest.mark.parametrize("name", [*MOMENTS][:: repeats(3, 1)])
def test_a_dataset_has_the_same_events(
    folder: Path, logs: list[DayLog], name: str, run_shifted: Callable[..., Path]
) -> None:
    """Also of a run that stopped just after the time of -1."""
    if not (folder / "usual").exists():
        run_shifted("usual", 0)
    shift_us = find_shift(logs, name)
    whole = run_shifted(name, shift_us)
    # Days that begin so much later aren't those of the time zone.
    assert {check.name for check in verify_dataset(whole).checks if check.wrong} <= {"days"}
    for table in ("orders", "order_lines", "steps"):
        assert read(whole, table).equals(read(folder / "usual", table, shift_us)), table
    events, usual = (
        fastgen.scan_events(one).drop("ts_seconds", "event_id", strict=False).collect()
        for one in (whole, folder / "usual")
    )
    assert events.equals(usual)
    seconds = fastgen.scan_events(whole).select("event_type_id", "ts_seconds").collect()
    orders = read(whole, "orders")
    is_delivered = pl.col("state") == "delivered"
    columns = ("created", "started", "finished", "ready", "courier_arrived", "picked_up")
    times = [orders[column] for column in columns]
    times += [orders.filter(is_here)["ended"] for is_here in (is_delivered, ~is_delivered)]
    for kind, happened in zip((*range(1, 7), 8, 9), times, strict=True):
        expected = happened.drop_nulls().dt.epoch("us") // 1_000_000
        assert seconds.filter(event_type_id=kind)["ts_seconds"].to_list() == expected.to_list(), kind
    parts = run_shifted(f"{name}-stopped", shift_us, stop_at_us=1)
    assert (parts / "manifest.json").read_bytes() == (whole / "manifest.json").read_bytes()
    for table in RESULT_TABLES:
        assert_frame_equal(read(parts, table), read(whole, table), check_row_order=False)
