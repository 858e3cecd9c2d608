"""A dataset that was never written is read as the one on disk, by whatever reads datasets."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import fastgen
from fastgen.dataset.manifest import read_manifest
from fastgen.generating.digests import digest_days, keep_digests
from fastgen.generating.inputs import SimulationOptions, load_simulation
from fastgen.generating.unwritten import open_unwritten
from fastgen.orders.source import StatisticalSource
from tests.building.toy import write_toy_roads
from tests.helpers import slice_of

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.opened import OpenDataset
    from fastgen.generating.simulation import Simulation

DAYS = 3


class Case:
    """A dataset on disk, and the same unwritten."""

    def __init__(self, folder: Path, text: str) -> None:
        (folder / "it.toml").write_text(text)
        self.options: dict[str, Any] = {
            "scenario": folder / "it.toml",
            "days": DAYS,
            "scale": 0.3,
            "roads": write_toy_roads(folder / "roads"),
        }
        self.path = fastgen.build(folder / "data", **self.options).path
        self.simulation = load_simulation(SimulationOptions(**self.options))
        self.opened = open_fresh(self.simulation, folder / "cache")


def open_fresh(simulation: Simulation, cache: Path) -> OpenDataset:
    return open_unwritten(simulation, "scenario:it.toml", digest_days(simulation, cache))


@pytest.fixture(scope="module", params=["", 'clock = "utc"\n'], ids=["kitchen", "utc"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("unwritten"), request.param)


def test_manifest_states_what_that_on_disk_states(case: Case) -> None:
    made, stored = case.opened.manifest, read_manifest(case.path)
    for name in ("digest", "orders", "rows", "scenario_hash", "dimensions_hash", "networks", "tables"):
        assert getattr(made, name) == getattr(stored, name), name


@pytest.mark.parametrize("window", [("0", "3"), ("1T23:30", "2T00:30"), ("2T12:00", "9"), ("1", "1")])
@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("locations", [None, ["chicago"]])
def test_slices(
    case: Case, window: tuple[str, str], form: str, *, raw: bool, locations: list[str] | None
) -> None:
    options: dict[str, Any] = {"format": form, "raw": raw, "locations": locations}
    assert slice_of(case.opened, *window, **options) == slice_of(case.path, *window, **options)


def test_publication_of_one_is_that_of_the_other(case: Case, tmp_path: Path) -> None:
    target = f"parquet:{tmp_path / 'tables'}"
    assert fastgen.publish(case.opened, target).made
    assert not fastgen.publish(case.path, target).made
    events = pl.scan_parquet(tmp_path / "tables" / "events", hive_partitioning=False)
    assert events.select(pl.len()).collect().item() == read_manifest(case.path).rows


def test_raw_rows_need_no_digest(case: Case) -> None:
    without = open_unwritten(case.simulation, "scenario:it.toml", ())
    assert slice_of(without, "1", "2", raw=True) == slice_of(case.path, "1", "2", raw=True)


# --- digests that are kept ----------------------------------------------------------------------------------


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many ranges of orders were filled in since."""
    calls: list[int] = []
    fill = StatisticalSource.fill

    def count(self: Any, location_id: int, ranges: Any, *rest: Any) -> None:
        calls.extend(one.day for one in ranges)
        fill(self, location_id, ranges, *rest)

    monkeypatch.setattr(StatisticalSource, "fill", count)
    return calls


def test_digests_are_made_once(case: Case, tmp_path: Path, counted: list[int]) -> None:
    first = digest_days(case.simulation, tmp_path)
    assert len(counted) == len(first) == 4 * DAYS
    assert digest_days(case.simulation, tmp_path) == first
    assert len(counted) == 4 * DAYS


def test_longer_and_shorter_datasets_share_them(case: Case, tmp_path: Path, counted: list[int]) -> None:
    digest_days(case.simulation, tmp_path)
    shorter, longer = (load_simulation(SimulationOptions(**case.options | {"days": n})) for n in (2, 5))
    counted.clear()
    assert len(digest_days(shorter, tmp_path)) == 8
    assert counted == []
    assert len(digest_days(longer, tmp_path)) == 20
    assert sorted(counted) == [3] * 4 + [4] * 4


@pytest.mark.parametrize("change", [{"seed": 7}, {"scale": 0.2}])
def test_what_decides_events_parts_them(
    case: Case, tmp_path: Path, counted: list[int], change: dict[str, Any]
) -> None:
    digest_days(case.simulation, tmp_path)
    counted.clear()
    digest_days(load_simulation(SimulationOptions(**case.options | change)), tmp_path)
    assert len(counted) == 4 * DAYS


@pytest.mark.parametrize("damage", [b"", b"[1]", b'{"days": [[1]]}', b"\xff"])
def test_damaged_ones_are_made_anew(case: Case, tmp_path: Path, counted: list[int], damage: bytes) -> None:
    first = digest_days(case.simulation, tmp_path)
    files = sorted(tmp_path.iterdir())
    whole = files[0].read_bytes()
    files[0].write_bytes(damage)
    files[1].write_bytes(files[1].read_bytes().replace(b'"', b'"0', 5))
    counted.clear()
    assert digest_days(case.simulation, tmp_path) == first
    assert len(counted) == 2 * DAYS
    assert files[0].read_bytes() == whole


def test_a_run_that_was_ended_goes_on(
    case: Case, tmp_path: Path, counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastgen.generating.digests.SAVE_EVERY_S", -1.0)

    def end(_: int) -> None:
        if len(counted) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        digest_days(case.simulation, tmp_path, end)
    digest_days(case.simulation, tmp_path)
    assert len(counted) == 4 * DAYS


def test_builds_keep_theirs(case: Case, tmp_path: Path, counted: list[int]) -> None:
    keep_digests(case.simulation, read_manifest(case.path).days, tmp_path)
    assert digest_days(case.simulation, tmp_path) == sorted(read_manifest(case.path).days)
    assert counted == []


def test_a_folder_that_cannot_be_written_is_done_without(case: Case, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert digest_days(case.simulation, tmp_path / "file") == digest_days(case.simulation, tmp_path)


def test_events_have_the_ids_of_the_dataset_on_disk(case: Case) -> None:
    made, stored = (
        [json.loads(line)["event_id"] for line in slice_of(one, "0", "4").splitlines()]
        for one in (case.opened, case.path)
    )
    assert made == stored
    assert len(set(made)) == len(made)


# --- replays ------------------------------------------------------------------------------------------------

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def lines_in(folder: Path) -> list[str]:
    return [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines()]


@pytest.mark.parametrize("loop", [True, False])
def test_whoever_builds_later_goes_on_with_the_same_state(case: Case, tmp_path: Path, *, loop: bool) -> None:
    made: OpenDataset | Path = case.opened
    stored: OpenDataset | Path = case.path
    runs = [(made, made), (made, stored), (stored, made)]
    landings = []
    for number, sources in enumerate(runs):
        landing = tmp_path / str(number)
        for later_h, source in zip((0, 9), sources, strict=True):
            now = NOON + dt.timedelta(hours=later_h)
            fastgen.replay(source, landing, start_day=1, speed=2, loop=loop, now=now)
        landings.append(lines_in(landing))
    assert landings[0] == landings[1] == landings[2]
    assert len(landings[0]) > 1000
    assert len({json.loads(line)["event_id"] for line in landings[0]}) == len(landings[0])


def test_a_replay_without_loops_ends_with_the_very_last_event(case: Case, tmp_path: Path) -> None:
    now = NOON + dt.timedelta(days=40)
    sources: dict[str, OpenDataset | Path] = {"made": case.opened, "stored": case.path}
    for name, source in sources.items():
        fastgen.replay(source, tmp_path / name, start_day=0, loop=False, now=NOON)
        fastgen.replay(source, tmp_path / name, loop=False, now=now)
    assert lines_in(tmp_path / "made") == lines_in(tmp_path / "stored")
    assert len(lines_in(tmp_path / "made")) == case.opened.manifest.rows
