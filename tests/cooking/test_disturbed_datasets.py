"""Datasets with all kinds of disturbances, and so with cancelled orders: the same however they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import fastgen
from fastgen.dataset.info import describe_dataset
from fastgen.dataset.manifest import read_manifest
from fastgen.dataset.verify.run import verify_dataset
from fastgen.generating.digests import digest_days
from fastgen.generating.inputs import SimulationOptions, load_simulation
from fastgen.generating.unwritten import open_unwritten
from tests.cooking.kitchens import build_day_2_anew
from tests.cooking.towns import ALL_KINDS, text_of
from tests.helpers import slice_of
from tests.small_town import write_towns

if TYPE_CHECKING:
    from pathlib import Path

DAYS = 4
CANCELLED, N_TYPES = 9, 9


class Case:
    """A scenario, its roads, and the dataset that one worker makes."""

    def __init__(self, folder: Path) -> None:
        (folder / "it.toml").write_text(text_of(*ALL_KINDS), encoding="utf-8")
        self.options: dict[str, Any] = {
            "scenario": folder / "it.toml",
            "roads": write_towns(folder / "towns"),
            "days": DAYS,
            "locations": ["sf", "chicago"],
        }
        self.path = fastgen.build(folder / "data", workers=1, **self.options).path
        self.manifest = read_manifest(self.path)
        self.events = fastgen.scan_events(self.path).collect()


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("disturbed"))


def test_it_is_verified_and_has_the_form_of_orders_that_may_end_early(case: Case) -> None:
    report = verify_dataset(case.path)
    assert report.passed, report.to_lines()
    assert case.manifest.digest_version == 2
    assert case.manifest.source is not None
    assert case.manifest.source.may_end_early
    info = describe_dataset(case.path)
    assert len(info.event_types) == N_TYPES
    assert info.event_types["order_cancelled"] > 5


def test_cancelled_orders_have_two_events_of_one_moment(case: Case) -> None:
    last = case.events.filter(pl.col("event_type_id") == CANCELLED)
    assert set(last["cancel_reason"].to_list()) == {"kitchen_closed"}
    assert set(last["location_id"].to_list()) == {1}
    own = case.events.join(last.select("order_id"), on="order_id").sort("order_id", "sequence")
    assert own["event_type_id"].to_list() == [1, CANCELLED] * last.height
    assert own.group_by("order_id").agg(pl.col("ts_seconds").n_unique())["ts_seconds"].max() == 1
    ended = case.events.filter(pl.col("event_type_id").is_in([8, CANCELLED]))
    assert ended.height == case.manifest.orders


@pytest.mark.parametrize(
    "form", [{"layout": "single"}, {"partition_by": "location_id,day"}, {"writer": "polars"}]
)
def test_workers_layouts_and_writers_make_the_same(case: Case, tmp_path: Path, form: dict[str, Any]) -> None:
    made = fastgen.build(tmp_path / "data", workers=2, **case.options, **form)
    assert made.manifest.digest == case.manifest.digest


def test_what_is_missing_is_made_anew(case: Case, tmp_path: Path) -> None:
    again = build_day_2_anew(tmp_path / "data", case.options)
    assert again.manifest.digest == case.manifest.digest


def test_fewer_days_and_locations_are_a_part_of_the_dataset(case: Case, tmp_path: Path) -> None:
    """Days before anything is closed have the form of the others, and the same digests."""
    fewer = case.options | {"days": 2, "locations": ["chicago"]}
    manifest = fastgen.build(tmp_path / "data", **fewer).manifest
    assert manifest.digest_version == 2
    assert {*manifest.days} <= {*case.manifest.days}
    assert len(manifest.days) == 2


def test_the_dataset_without_files_is_that_on_disk(case: Case, tmp_path: Path) -> None:
    simulation = load_simulation(SimulationOptions(**case.options))
    opened = open_unwritten(simulation, "scenario:it.toml", digest_days(simulation, tmp_path / "cache"))
    assert opened.manifest.digest == case.manifest.digest
    assert fastgen.scan_scenario(**case.options).collect().equals(case.events)
    window = ("2T19:30", "2T20:30")
    lines = slice_of(case.path, *window)
    assert slice_of(opened, *window) == lines
    assert b'"order_cancelled"' in lines


def test_without_stations_there_are_no_disturbances(case: Case, tmp_path: Path) -> None:
    options = {**case.options, "kitchen": "statistical"}
    (tmp_path / "plain.toml").write_text(text_of(), encoding="utf-8")
    plain = fastgen.scan_scenario(**{**options, "scenario": tmp_path / "plain.toml"}).collect()
    assert fastgen.scan_scenario(**options).collect().equals(plain)
