"""A source that counts its orders only after it has run a location goes through the whole house too."""

from __future__ import annotations

import datetime as dt
import io
import json
import pickle
from functools import partial
from typing import TYPE_CHECKING

import polars as pl
import pytest

import fastgen
from fastgen.building.forecast import forecast
from fastgen.building.plan import prepare
from fastgen.dataset.index import read_index
from fastgen.dataset.manifest import read_manifest
from fastgen.dataset.verify.run import verify_dataset
from fastgen.faults.slice_file import write_slice
from fastgen.generating.inputs import load_simulation
from fastgen.generating.scan import scan_simulation
from tests.generating.builds import DAYS, LOCATIONS, build_from, options
from tests.generating.queue_kitchens import CALLS_PER_DAY, QueueKitchens, make_queue_kitchens

if TYPE_CHECKING:
    from pathlib import Path

build = partial(build_from, make_queue_kitchens)


@pytest.fixture(scope="module")
def dataset(roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("queue") / "data", roads).path


def test_a_plan_runs_no_location_and_a_forecast_counts_those_built(roads: Path) -> None:
    plan = prepare(options(roads), make_source=make_queue_kitchens)
    source = plan.source
    assert isinstance(source, QueueKitchens)
    assert source.runs == {}
    found = forecast(plan)
    assert set(source.runs) == set(plan.tables)
    assert found.orders == sum(int(run.n_orders.sum()) for run in source.runs.values())
    # The kitchens turn orders away: no count could be known without running them.
    assert 0 < found.orders < DAYS * len(LOCATIONS) * CALLS_PER_DAY


def test_rows_are_the_orders_of_the_runs_and_verify_finds_nothing(dataset: Path, roads: Path) -> None:
    simulation = load_simulation(options(roads), make_source=make_queue_kitchens)
    created = fastgen.scan_events(dataset).filter(pl.col("event_type_id") == 1).collect()
    assert created["order_id"].n_unique() == created.height == read_manifest(dataset).orders
    for location_id in simulation.tables:
        per_day = created.filter(pl.col("location_id") == location_id)["ts_seconds"].to_numpy()
        days = (per_day - simulation.epoch_s) // 86_400
        counts = [int((days == day).sum()) for day in range(DAYS)]
        assert counts == simulation.source.n_orders[location_id].tolist()
    report = verify_dataset(dataset)
    assert report.passed, report.to_lines()


@pytest.mark.parametrize("writer", ["fastgen", "polars"])
@pytest.mark.parametrize("layout", ["single", "hive"])
@pytest.mark.parametrize("workers", [1, 2])
def test_every_worker_layout_and_writer_gives_the_same(
    dataset: Path, roads: Path, tmp_path: Path, workers: int, layout: str, writer: str
) -> None:
    made = build(
        tmp_path / "again", roads, workers, layout=layout, partition_by="location_id,day", writer=writer
    )
    assert made.manifest.digest == read_manifest(dataset).digest


def test_a_pickled_copy_runs_anew_and_counts_the_same(roads: Path) -> None:
    source = prepare(options(roads), make_source=make_queue_kitchens).source
    counts = {key: (source.n_orders[key], source.first_index[key]) for key in source.n_orders}
    copy = pickle.loads(pickle.dumps(source))  # noqa: S301  # made here
    assert copy.runs == {}
    for key, (n_orders, first_index) in counts.items():
        assert copy.first_index[key].tolist() == first_index.tolist()
        assert copy.n_orders[key].tolist() == n_orders.tolist()


def test_a_location_alone_and_fewer_days_are_parts_of_the_whole(
    dataset: Path, roads: Path, tmp_path: Path
) -> None:
    whole = fastgen.scan_events(dataset).filter(pl.col("location_id") == 4).collect()
    alone = build(tmp_path / "alone", roads, locations=("chicago",))
    assert fastgen.scan_events(alone.path).collect().equals(whole)
    assert verify_dataset(alone.path).passed
    short = build(tmp_path / "short", roads, days=DAYS - 1)
    assert short.manifest.days == tuple(d for d in read_manifest(dataset).days if d.day < DAYS - 1)


def test_events_without_files_are_those_of_the_files(dataset: Path, roads: Path) -> None:
    simulation = load_simulation(options(roads), make_source=make_queue_kitchens)
    assert scan_simulation(simulation).collect().equals(fastgen.scan_events(dataset).collect())


def test_slice_and_replay_give_every_event_once(dataset: Path, tmp_path: Path) -> None:
    stored, index = fastgen.scan_events(dataset).collect(), read_index(dataset)
    out = io.BytesIO()
    n_rows = write_slice(dataset, "1T00:00", "1T06:00", out, raw=True)
    start_s = index.epoch_s + 86_400
    inside = stored.filter(pl.col("ts_seconds").is_between(start_s, start_s + 6 * 3600 - 1))
    assert n_rows == len(out.getvalue().splitlines()) == inside.height > 0
    landing, state = tmp_path / "landing", tmp_path / "state.json"
    noon = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    emitted = sum(
        fastgen.replay(dataset, landing, state=state, start_day=0, speed=1, loop=False, now=now).events
        for now in (noon, noon + dt.timedelta(days=30))
    )
    files = sorted(landing.glob("*.jsonl"))
    ids = [json.loads(line)["event_id"] for file in files for line in file.read_text().splitlines()]
    assert emitted == len(ids) == len(set(ids)) == stored.height
