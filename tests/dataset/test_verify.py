"""A sound dataset passes whatever its form; and what it is held against decides what is said of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.dataset.checksums import make_golden
from fastgen.dataset.manifest import read_manifest
from fastgen.dataset.verify.report import CHECKS, OPTIONAL_CHECKS
from fastgen.dataset.verify.run import verify_dataset
from fastgen.errors import DataError
from tests.golden.checksums import Checksums, write_checksums
from tests.helpers import build_small, change_manifest, copy_of, first_part, reseal, rewrite

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.verify.report import Check


def check_named(name: str, dataset: Path, against: Path | None = None) -> Check:
    return next(check for check in verify_dataset(dataset, against).checks if check.name == name)


FORMS: dict[str, dict[str, Any]] = {
    "single": {"layout": "single"},
    "by day": {"partition_by": "location_id,day"},
    "uncompressed": {"compression": "none"},
    "one location": {"locations": ("chicago",)},
    "hardly an order": {"scale": 0.004},
    "no orders": {"scale": 1e-9},
}
SCENARIOS = {
    "the clock of UTC, over its change": 'clock = "utc"\nstart = 2024-03-09',
    "pings on nodes": '[driver]\nping_position = "node"',
    "many pings": "[driver]\nping_interval_s = 1",
    "a kitchen without brands": "[locations.sf]\nbrands = []",
    "large": "[baskets]\nsingle_brand_probability = 0\nbrands_min = 4\nbrands_max = 6\nitems_max = 16",
    "no wait": "[service_times]\nminimum_min = 0.001\ncreated_to_started = { mean_min = 0, sd_min = 0 }",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_passes(form: str, tmp_path: Path) -> None:
    report = verify_dataset(build_small(tmp_path, **FORMS[form]))
    assert report.passed, report.to_lines()
    assert {check.name for check in report.checks} == set(CHECKS) - set(OPTIONAL_CHECKS)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_passes(scenario: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SCENARIOS[scenario])
    report = verify_dataset(build_small(tmp_path, scenario=path))
    assert report.passed, report.to_lines()


def test_checks_count_what_there_is(dataset: Path) -> None:
    report, manifest = verify_dataset(dataset), read_manifest(dataset)
    counts = {check.name: check.checked for check in report.checks}
    assert counts["nulls"] == manifest.rows
    assert counts["lifecycle"] == counts["items"] == counts["routes"] == manifest.orders > 200
    assert counts["pings"] == manifest.rows - 7 * manifest.orders > 200
    assert counts["digests"] == 6
    assert report.digest == manifest.digest


def test_windows_may_be_of_any_size(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders that reach over row groups and windows are checked whole, and once."""
    copy = dataset
    monkeypatch.setattr("fastgen.dataset.reading.row_batches.read_row_batches.__defaults__", (1,))
    assert verify_dataset(copy).passed


def test_small_row_groups_make_many_windows(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = copy_of(dataset, tmp_path)
    monkeypatch.setattr("tests.helpers.ROW_GROUP_ROWS", 5)
    rewrite(first_part(copy), lambda frame: frame)
    reseal(copy)
    monkeypatch.setattr("fastgen.dataset.reading.row_batches.read_row_batches.__defaults__", (16,))
    assert verify_dataset(copy).passed


def test_progress_hears_of_every_row(dataset: Path) -> None:
    heard: list[int] = []
    verify_dataset(dataset, progress=heard.append)
    assert sum(heard) == read_manifest(dataset).rows


def write_pins(path: Path, *datasets: Path) -> Path:
    pins = {f"pin {i}": make_golden(read_manifest(dataset)) for i, dataset in enumerate(datasets)}
    write_checksums(path, Checksums(pins, {}))
    return path


@pytest.fixture(scope="session")
def reseeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the same with another seed."""
    return build_small(tmp_path_factory.mktemp("reseeded"), seed=8)


def test_against_checksums_picks_the_same_parameters(dataset: Path, reseeded: Path, tmp_path: Path) -> None:
    pins = write_pins(tmp_path / "pins.json", reseeded, dataset)
    assert check_named("against", dataset, pins).passed


def test_against_checksums_of_another_stream_fails(dataset: Path, tmp_path: Path) -> None:
    pins = write_pins(tmp_path / "pins.json", dataset)
    raw = json.loads(pins.read_text())
    raw["datasets"]["pin 0"].update(digest="0" * 64, stream_version=0)
    pins.write_text(json.dumps(raw))
    check = check_named("against", dataset, pins)
    assert check.wrong == 1
    assert "'pin 0' in " in check.first
    assert check.first.endswith("; stream_version differ.")


def test_against_checksums_without_such_a_dataset_is_refused(
    dataset: Path, reseeded: Path, tmp_path: Path
) -> None:
    pins = write_pins(tmp_path / "pins.json", reseeded)
    with pytest.raises(DataError, match=r"expected a dataset of .* seed 42, .* got 'pin 0': .* seed 8,"):
        verify_dataset(dataset, pins)


@pytest.mark.parametrize("name", ["", "manifest.json"])
def test_against_another_dataset(name: str, dataset: Path, reseeded: Path) -> None:
    assert check_named("against", dataset, dataset / name).passed
    check = check_named("against", dataset, reseeded / name)
    assert check.first.endswith("; scenario_hash differ.")


def test_against_names_the_first_day_that_differs(dataset: Path, tmp_path: Path) -> None:
    copy = copy_of(dataset, tmp_path)

    def change(raw: dict[str, Any]) -> None:
        raw["location_days"]["digest"][4], raw["digest"] = "0" * 32, "0" * 64

    change_manifest(copy, change)
    assert check_named("against", dataset, copy).first.endswith("; first differing: location 4, day 1.")


@pytest.mark.parametrize("text", ["", "{}", '{"format": "fastgen-checksums"}', None])
def test_against_something_else_is_refused(text: str | None, dataset: Path, tmp_path: Path) -> None:
    path = tmp_path / "pins.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DataError, match=r"pins\.json"):
        verify_dataset(dataset, path)
