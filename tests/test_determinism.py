"""One seed, one dataset: neither machine, environment, workers nor layout may change a byte of it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from fastgen.building.build import build
from fastgen.building.job import Progress
from fastgen.dataset.reading.scan import scan_events
from fastgen.dataset.verify.run import verify_dataset
from fastgen.generating import maker
from fastgen.orders import source
from tests.processes import Circumstance, has_locale, masked_features, numpy_groups, run_build
from tests.small_town import write_towns

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.building.job import BuildResult

DAYS = 4
SMALL: dict[str, Any] = {"days": DAYS, "scale": 0.5}


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_towns(tmp_path_factory.mktemp("towns"))


@pytest.fixture(scope="module")
def whole(roads: Path, tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    return build(tmp_path_factory.mktemp("whole"), roads=roads, workers=1, **SMALL)


CIRCUMSTANCES: dict[str, Circumstance] = {
    "hash seed 0, east": ({"PYTHONHASHSEED": "0", "TZ": "Asia/Kathmandu"}, {"workers": 2}),
    "hash seed 4242, west": ({"PYTHONHASHSEED": "4242", "TZ": "America/Los_Angeles"}, {"layout": "single"}),
    "locale C": ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {}),
    **{f"masked for {name}": case for name, case in masked_features().items()},
}
CIRCUMSTANCES |= {
    f"locale {name}": ({"LC_ALL": name}, {}) for name in ("de_DE.utf8", "fr_FR.utf8") if has_locale(name)
}


@pytest.mark.parametrize("name", [*CIRCUMSTANCES])
def test_circumstances_change_nothing(name: str, whole: BuildResult, roads: Path, tmp_path: Path) -> None:
    assert run_build(roads, tmp_path / "out", CIRCUMSTANCES[name], **SMALL) == whole.manifest.digest


def test_numpy_has_groups_to_mask() -> None:
    """Else the test above shows nothing on this machine."""
    assert numpy_groups()


def test_kernels_as_plain_python_give_the_same(roads: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"days": 1, "scale": 0.02, "locations": ["sv"]}
    plain = run_build(roads, tmp_path / "plain", ({"NUMBA_DISABLE_JIT": "1"}, {"plain": True}), **options)
    assert plain == build(tmp_path / "compiled", roads=roads, **options).manifest.digest


@pytest.mark.parametrize(
    "form",
    [
        {"layout": "single"},
        {"partition_by": "location_id,day"},
        {"compression": "snappy"},
        {"compression": "none", "layout": "single"},
        {"workers": 2, "partition_by": "location_id,day"},
    ],
)
def test_form_of_the_files_changes_nothing(
    form: dict[str, Any], whole: BuildResult, roads: Path, tmp_path: Path
) -> None:
    made = build(tmp_path, roads=roads, **SMALL, **form).manifest
    assert made.digest == whole.manifest.digest
    assert made.days == whole.manifest.days
    assert scan_events(tmp_path).collect().equals(scan_events(whole.path).collect())


def test_the_first_days_are_those_of_more_days(whole: BuildResult, roads: Path, tmp_path: Path) -> None:
    """30 days are the first 30 of 90: ids, times, all."""
    longer = build(tmp_path / "long", roads=roads, days=90, scale=0.5).manifest
    month = build(tmp_path / "month", roads=roads, days=30, scale=0.5).manifest
    assert month.days == tuple(d for d in longer.days if d.day < 30)
    assert whole.manifest.days == tuple(d for d in longer.days if d.day < DAYS)


@pytest.mark.parametrize("codes", [["sf"], ["sv", "chicago"]])
def test_some_locations_are_their_part_of_the_whole(
    codes: list[str], whole: BuildResult, roads: Path, tmp_path: Path
) -> None:
    made = build(tmp_path, roads=roads, locations=codes, **SMALL).manifest
    ids = {n.location_id for n in made.networks}
    assert made.days == tuple(d for d in whole.manifest.days if d.location_id in ids)
    rows = scan_events(whole.path).filter(pl.col("location_id").is_in(sorted(ids))).collect()
    assert scan_events(tmp_path).collect().equals(rows)


def test_start_moves_dates_and_weekdays_alone(roads: Path, tmp_path: Path) -> None:
    """A week later is the same but for seven days in every time."""
    here, later = (
        scan_events(build(tmp_path / str(d), roads=roads, start=d, **SMALL).path).collect()
        for d in (dt.date(2024, 1, 1), dt.date(2024, 1, 8))
    )
    assert later.with_columns(pl.col("ts_seconds") - 7 * 86_400).equals(here)


class Stretches(Progress):
    """Hears how many pieces a build is made in."""

    def __init__(self) -> None:
        self.events: list[int] = []

    def advance(self, orders: int, events: int) -> None:
        assert orders <= events
        self.events.append(events)


@pytest.mark.parametrize("layout", ["hive", "single"])
def test_a_large_day_in_stretches_equals_the_whole(
    layout: str, roads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {
        "days": 1,
        "scale": 30.0,
        "locations": ["sf"],
        "roads": roads,
        "layout": layout,
    }
    at_once = build(tmp_path / "at once", **options)
    for name in ("WHOLE_DAY_EVENTS", "CHUNK_EVENTS"):
        monkeypatch.setattr(maker, name, 3000)
    heard = Stretches()
    pieces = build(tmp_path / "pieces", progress=heard, **options)
    assert len(heard.events) > 10
    assert pieces.manifest.days == at_once.manifest.days
    assert verify_dataset(pieces.path).passed
    assert scan_events(pieces.path).collect().equals(scan_events(at_once.path).collect())


def test_days_together_and_minutes_kept_change_nothing(
    roads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {"days": 8, "scale": 0.3, "locations": ["sf", "chicago"], "roads": roads}
    together = build(tmp_path / "together", **options)
    monkeypatch.setattr(source, "_DAYS_AT_ONCE", 3)
    monkeypatch.setattr(source, "_LOCATION_DAYS_KEPT", 0)
    apart = build(tmp_path / "apart", **options)
    assert apart.manifest.files == together.manifest.files


def test_another_seed_is_another_dataset(whole: BuildResult, roads: Path, tmp_path: Path) -> None:
    other = build(tmp_path, roads=roads, seed=43, **SMALL)
    assert other.manifest.digest != whole.manifest.digest
    one, two = (
        set(scan_events(path).select("order_id").collect()["order_id"]) for path in (tmp_path, whole.path)
    )
    assert len(one & two) <= 1
