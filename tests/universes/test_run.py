"""A universe becomes a dataset as any other, the same by any number of workers, and days are a prefix."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

import fastgen
from fastgen.dataset.info import describe_dataset
from fastgen.dataset.manifest import Manifest, read_manifest
from fastgen.dataset.verify.run import verify_dataset
from fastgen.errors import OutputError, ScenarioError
from fastgen.queueing.kernels import records as r
from fastgen.templates.reading import read_universe
from fastgen.universes.recorded_orders import read_recorded
from fastgen.universes.run import run_universe
from fastgen.universes.run_options import RunOptions
from fastgen.universes.site_plan import plan_sites
from fastgen.universes.site_run import run_days
from tests.universes.small_universe import hash_files, write_universe

if TYPE_CHECKING:
    from pathlib import Path

DAYS = 3


def run(folder: Path, name: str, **changes: Any) -> Manifest:
    """Run the universe of a folder into the dataset `name` in it."""
    options = {"days": DAYS, "roads": folder / "roads", **changes}
    return run_universe(folder / "templates", folder / name, RunOptions(**options), force=True).manifest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with templates, roads, and the dataset "week"."""
    folder = tmp_path_factory.mktemp("universe")
    write_universe(folder)
    run(folder, "week", workers=1)
    return folder


def test_all_checks_pass(folder: Path) -> None:
    report = verify_dataset(folder / "week")
    assert [check.name for check in report.checks if check.wrong] == []
    assert report.orders > 100


def test_workers_change_nothing(folder: Path) -> None:
    run(folder, "two", workers=2)
    assert hash_files(folder / "two") == hash_files(folder / "week")


def test_a_shorter_run_gives_the_first_days_of_a_longer_one(folder: Path) -> None:
    whole = read_manifest(folder / "week").days
    for days in (1, 2):
        assert run(folder, f"days{days}", days=days).days == tuple(d for d in whole if d.day < days)


def test_a_site_has_the_same_orders_in_any_company(folder: Path, tmp_path: Path) -> None:
    write_universe(tmp_path, sf={})
    run(tmp_path, "alone")
    # Numbers of locations and ids of orders are those of the dataset.
    columns = ["event_type_id", "ts_seconds", "customer_addr", "ping_lat", "route_json"]
    alone, together = (
        fastgen.scan_events(path).filter(pl.col("location_id") == number).select(columns).collect()
        for path, number in ((tmp_path / "alone", 1), (folder / "week", 2))
    )
    assert len(alone) > 500
    assert alone.equals(together)


def test_events_are_what_the_engine_did(folder: Path) -> None:
    """Times of the events are those of the run, and so are the deliveries, which the routes give."""
    (templates, roads), dataset = (folder / "templates", folder / "roads"), folder / "week"
    plan = plan_sites(read_universe(templates), 42, dt.date(2024, 1, 1), roads, lambda _: None)[1]
    orders = np.concatenate([log.orders for log in run_days(plan, DAYS)])
    events = fastgen.scan_events(dataset).filter(pl.col("location_id") == 2)
    epoch_s = int(dt.datetime(2024, 1, 1, tzinfo=dt.UTC).timestamp())
    kinds = {
        1: r.ORDER_CREATED,
        2: r.ORDER_STARTED,
        3: r.ORDER_FINISHED,
        4: r.ORDER_READY,
        5: r.ORDER_ARRIVED,
        6: r.ORDER_PICKED_UP,
        8: r.ORDER_ENDED,
    }
    for kind, column in kinds.items():
        found = events.filter(pl.col("event_type_id") == kind).select("ts_seconds").collect().to_series()
        np.testing.assert_array_equal(found.to_numpy(), orders[:, column] // 1_000_000 + epoch_s)


def test_recorded_orders_come_back(folder: Path) -> None:
    (path,) = (folder / "week" / "universe" / "orders" / "sf").iterdir()
    recorded = read_recorded(path)
    assert recorded.line_start[-1] == len(recorded.line_item)
    assert (np.diff(recorded.line_start) >= 1).all()
    assert sorted(set(recorded.day.tolist())) == list(range(DAYS))


def test_the_dataset_says_where_its_orders_are_from(folder: Path) -> None:
    manifest = read_manifest(folder / "week")
    assert manifest.source is not None
    assert manifest.source.name.startswith("universe 1 ")
    assert 60 < manifest.source.longest_preparation_s < 86_400
    assert sum(place.orders for place in describe_dataset(folder / "week").locations) == manifest.orders


def test_the_same_command_goes_on_and_another_is_refused(folder: Path) -> None:
    before = (folder / "week" / "manifest.json").stat()
    assert run(folder, "week").digest == read_manifest(folder / "week").digest
    assert (folder / "week" / "manifest.json").stat() == before
    with pytest.raises(OutputError, match="got one of 3 days, which 'fastgen universe resume' makes longer"):
        run(folder, "week", days=4)
    with pytest.raises(OutputError, match="of other templates, roads or seed"):
        run(folder, "week", seed=43)
    assert run(folder, "other", days=1).digest != run_over(folder, seed=43).digest


def run_over(folder: Path, seed: int) -> Manifest:
    options = RunOptions(days=1, seed=seed, roads=folder / "roads")
    return run_universe(folder / "templates", folder / "other", options, force=True, overwrite=True).manifest


def test_a_dataset_without_a_universe_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    write_universe(tmp_path)
    fastgen.build(tmp_path / "plain", days=1, locations=["sf"], roads=folder / "roads")
    with pytest.raises(OutputError, match="got one that is no run of a universe"):
        run(tmp_path, "plain")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("days", 0, "days: expected 1 <= days <= 36500, got 0."),
        ("days", 1.5, "days: expected a whole number, got 1.5."),
        ("days", True, "days: expected a whole number, got True."),
        ("seed", -1, "seed: expected 0 <= seed"),
        ("seed", "42", "seed: expected a whole number, got '42'."),
        ("start", "2024-01-01", "start: expected a date, got '2024-01-01'."),
        ("start", dt.date(1960, 1, 1), "start: expected 1970-01-01 <= start"),
        ("snapshot_every", 0, "snapshot_every: expected a day at least, got 0."),
        ("workers", 0, "workers: expected 1 <= workers"),
        ("stop_at_us", 0, "stop_at: expected a time after the beginning of day 0"),
    ],
)
def test_wrong_options_are_named(folder: Path, key: str, value: object, message: str) -> None:
    with pytest.raises(ScenarioError) as error:
        run(folder, "wrong", **{key: value})
    assert str(error.value).startswith(message)
    assert not (folder / "wrong").exists()


def test_an_overload_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    templates, roads = write_universe(tmp_path, sf={"couriers": {"number": 0}})
    with pytest.raises(ScenarioError, match="--force accepts it"):
        run_universe(templates, tmp_path / "out", RunOptions(days=1, roads=roads))
    assert not (tmp_path / "out").exists()
