"""Another source of orders goes through the whole house, and nothing but itself is written for it."""

from __future__ import annotations

import dataclasses
import io
import json
from functools import partial
from typing import TYPE_CHECKING

import polars as pl
import pytest

import fastgen
from fastgen.dataset.index import read_index
from fastgen.dataset.manifest import read_manifest
from fastgen.dataset.verify.run import verify_dataset
from fastgen.errors import OutputError
from fastgen.faults.slice_file import write_slice
from tests.generating.builds import DAYS, LOCATIONS, build_from
from tests.generating.timetable import EVERY_MIN, PER_DAY, WAIT_MIN, Timetable, make_timetable

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.generating.simulation import MakeSource

build_timetable = partial(build_from, make_timetable)


def changed(**fields: object) -> MakeSource:
    """Timetable with other values for some fields."""
    return lambda *given: dataclasses.replace(make_timetable(*given), **fields)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def dataset(roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_timetable(tmp_path_factory.mktemp("timetable") / "data", roads).path


def test_rows_are_those_of_the_timetable(dataset: Path) -> None:
    rows = fastgen.scan_events(dataset).filter(pl.col("event_type_id") == 1).collect()
    assert rows.height == len(LOCATIONS) * DAYS * PER_DAY
    assert rows["order_id"].n_unique() == rows.height
    assert set(rows["ts_seconds"].to_numpy() % (60 * EVERY_MIN)) == {0}


def test_all_that_verify_checks_holds(dataset: Path) -> None:
    report = verify_dataset(dataset)
    assert report.passed, report.to_lines()


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"steps_min": (0, 0, 0, 0, 0, 0)}, id="no step takes time"),
        pytest.param({"qty": 9}, id="nine of an item"),
    ],
)
def test_rules_of_the_draws_do_not_bind_another_source(
    roads: Path, tmp_path: Path, fields: dict[str, object]
) -> None:
    report = verify_dataset(build_from(changed(**fields), tmp_path / "data", roads).path)
    assert report.passed, report.to_lines()


@pytest.mark.parametrize(
    ("fields", "check"),
    [
        ({"steps_min": (0, 1, 9, 8, 13, 15)}, "times"),
        ({"steps_min": (0, 1, 9, 12, 16, 15)}, "times"),
        ({"qty": 0}, "baskets"),
    ],
)
def test_what_no_source_may_do_is_found(
    roads: Path, tmp_path: Path, fields: dict[str, object], check: str
) -> None:
    report = verify_dataset(build_from(changed(**fields), tmp_path / "data", roads).path)
    assert [one.name for one in report.checks if one.wrong] == [check]


def test_manifest_names_the_source_and_how_long_its_orders_last(dataset: Path) -> None:
    source = read_manifest(dataset).source
    assert source is not None
    assert (source.name, source.longest_preparation_s) == ("timetable 1", Timetable.longest_preparation_s)
    assert read_index(dataset).tail_s > Timetable.longest_preparation_s


@pytest.mark.parametrize("layout", ["single", "hive"])
@pytest.mark.parametrize("workers", [1, 2])
def test_every_worker_and_layout_gives_the_same(
    dataset: Path, roads: Path, tmp_path: Path, workers: int, layout: str
) -> None:
    made = build_timetable(tmp_path / "again", roads, workers, layout=layout, partition_by="location_id,day")
    assert made.manifest.digest == read_manifest(dataset).digest


def test_it_is_another_dataset_than_that_of_the_draws(dataset: Path, roads: Path) -> None:
    with pytest.raises(OutputError, match="expected no other dataset here"):
        fastgen.build(dataset, days=DAYS, locations=LOCATIONS, roads=roads)


def test_an_order_that_waits_for_hours_is_in_the_window_of_its_delivery(dataset: Path) -> None:
    """Windows look back as far as the source says, beyond what service times of the scenario allow."""
    out = io.BytesIO()
    midnight = f"1T{WAIT_MIN // 60 - 1:02}:00"
    n_rows = write_slice(dataset, midnight, "1T04:00", out, raw=True)
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    stored = fastgen.scan_events(dataset).collect()
    epoch_s = read_index(dataset).epoch_s + 86_400
    inside = stored.filter(
        pl.col("ts_seconds").is_between(epoch_s + 3600 * (WAIT_MIN // 60 - 1), epoch_s + 4 * 3600 - 1)
    )
    assert n_rows == len(found) == inside.height
    late = stored.filter(pl.col("ts_seconds") < epoch_s, pl.col("event_type_id") == 1)["order_id"]
    assert {row["order_id"] for row in found} & set(late.to_list())


def test_replay_emits_every_event_once(dataset: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    emitted = fastgen.replay(dataset, tmp_path / "landing", state=state, start_day=DAYS - 1, loop=False)
    lines = [
        line
        for file in sorted((tmp_path / "landing").glob("*.jsonl"))
        for line in file.read_text().splitlines()
    ]
    assert emitted.events == len(lines) > 0
    assert len({json.loads(line)["event_id"] for line in lines}) == len(lines)
