"""Datasets of kitchens with stations: the same by every engine and layout, resumed, and without files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import fastgen
from fastgen.dataset.index import read_index
from fastgen.dataset.manifest import read_manifest
from fastgen.dataset.verify.run import verify_dataset
from fastgen.generating.digests import digest_days
from fastgen.generating.inputs import SimulationOptions, load_simulation
from fastgen.generating.unwritten import open_unwritten
from tests.cooking.kitchens import BUSY, build_day_2_anew
from tests.helpers import slice_of
from tests.small_town import write_towns

if TYPE_CHECKING:
    from pathlib import Path

DAYS = 4
# Of the scenario below. It moves only when kitchens make other times of the same orders: `VERSION` of
# fastgen/cooking/source.py is raised then.
DIGEST = "74a42e3f40c4d0fee211211046611429394ab0fc19a662b3f829a65b94368fbd"


class Case:
    """A scenario, its roads, and the dataset that one worker makes."""

    def __init__(self, folder: Path) -> None:
        (folder / "it.toml").write_text(BUSY, encoding="utf-8")
        self.options: dict[str, Any] = {
            "scenario": folder / "it.toml",
            "roads": write_towns(folder / "towns"),
            "days": DAYS,
        }
        self.path = fastgen.build(folder / "data", workers=1, **self.options).path
        self.manifest = read_manifest(self.path)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("stations"))


def test_the_digest_is_pinned(case: Case) -> None:
    assert case.manifest.digest == DIGEST


def test_all_that_verify_checks_holds(case: Case) -> None:
    report = verify_dataset(case.path)
    assert report.passed, report.to_lines()


def test_orders_are_the_statistical_ones_and_times_are_not(case: Case, tmp_path: Path) -> None:
    plain = fastgen.build(tmp_path / "data", kitchen="statistical", **case.options)
    assert plain.manifest.orders == case.manifest.orders
    assert plain.manifest.scenario_hash != case.manifest.scenario_hash
    created = [
        fastgen.scan_events(path).filter(pl.col("event_type_id") == 1).drop("sequence").collect()
        for path in (case.path, plain.path)
    ]
    assert created[0].equals(created[1])
    assert plain.manifest.digest != case.manifest.digest


def test_the_manifest_names_the_source_and_its_bound(case: Case) -> None:
    source = case.manifest.source
    assert source is not None
    assert (source.name, source.longest_preparation_s) == ("stations 1", 720 * 60)
    assert case.manifest.scenario["kitchen"]["model"] == "stations"
    assert read_index(case.path).tail_s > 720 * 60


@pytest.mark.parametrize(
    "form", [{"layout": "single"}, {"partition_by": "location_id,day"}, {"writer": "polars"}]
)
@pytest.mark.parametrize("workers", [1, 2])
def test_workers_layouts_and_writers_make_the_same(
    case: Case, tmp_path: Path, workers: int, form: dict[str, Any]
) -> None:
    made = fastgen.build(tmp_path / "data", workers=workers, **case.options, **form)
    assert made.manifest.digest == case.manifest.digest


def test_what_is_missing_is_made_anew(case: Case, tmp_path: Path) -> None:
    again = build_day_2_anew(tmp_path / "data", case.options)
    assert again.files_kept == 4 * (DAYS - 1)
    assert again.manifest.digest == case.manifest.digest


def test_fewer_days_and_locations_are_a_part_of_the_dataset(case: Case, tmp_path: Path) -> None:
    fewer = case.options | {"days": 2, "locations": ["sv", "chicago"]}
    made = fastgen.scan_events(fastgen.build(tmp_path / "data", **fewer).path)
    days = {(d.location_id, d.day): d for d in case.manifest.days}
    assert all(days[d.location_id, d.day] == d for d in read_manifest(tmp_path / "data").days)
    assert made.select("location_id").unique().collect().height == 2


def test_the_dataset_without_files_is_that_on_disk(case: Case, tmp_path: Path) -> None:
    simulation = load_simulation(SimulationOptions(**case.options))
    opened = open_unwritten(simulation, "scenario:it.toml", digest_days(simulation, tmp_path / "cache"))
    assert opened.manifest.digest == case.manifest.digest
    scanned = fastgen.scan_scenario(**case.options).collect()
    assert scanned.equals(fastgen.scan_events(case.path).collect())
    window = ("1T03:30", "1T04:30")
    assert slice_of(opened, *window) == slice_of(case.path, *window)


def test_a_window_alone_has_the_rows_of_the_whole(case: Case) -> None:
    """A filter makes few location-days, whose kitchen days need orders of other days."""
    wanted = (pl.col("location_id") == 3, pl.col("ts_seconds").is_between(1_704_247_200, 1_704_250_800))
    made = fastgen.scan_scenario(**case.options).filter(*wanted).collect()
    assert made.height > 0
    assert made.equals(fastgen.scan_events(case.path).filter(*wanted).collect())
