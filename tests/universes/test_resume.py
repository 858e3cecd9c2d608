"""A run that is made longer gives the dataset of one that was so long from the beginning."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

import fastgen
from fastgen.errors import DamageError, DataError, ScenarioError
from fastgen.queueing.kernels import records
from fastgen.universes.run import resume_universe, run_universe
from fastgen.universes.run_options import RunOptions
from fastgen.universes.snapshots import COLUMNS
from tests.small_town import KITCHENS
from tests.universes.small_universe import write_universe
from tests.universes.whole_run import DAYS, assert_same, resume, run, run_whole

if TYPE_CHECKING:
    from pathlib import Path

PLACE = dict(zip(("latitude", "longitude"), KITCHENS["chicago"], strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_whole(tmp_path_factory.mktemp("universe"))


def test_more_days_make_the_dataset_of_one_run(folder: Path) -> None:
    run(folder, "longer", days=1)
    resume(folder, "longer", 3)
    resume(folder, "longer")
    assert_same(folder, "longer")


def test_the_same_days_again_change_nothing(folder: Path) -> None:
    def times() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (folder / "whole").glob("*.*")}

    before = times()
    resume(folder, "whole")
    assert times() == before


def test_a_state_on_disk_has_every_column_of_the_engine() -> None:
    widths = {"orders": "ORDER", "lines": "LINE", "steps": "STEP", "pools": "POOL", "stations": "STATION"}
    for table, prefix in {**widths, "couriers": "COURIER"}.items():
        assert len(COLUMNS[table]) == getattr(records, f"{prefix}_COLUMNS"), table


@pytest.mark.parametrize(
    ("days", "error", "message"),
    [(DAYS - 1, ScenarioError, "days: expected at least the 4 days"), (0, ScenarioError, "days: expected 1")],
)
def test_a_run_can_t_be_made_shorter(folder: Path, days: int, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        resume(folder, "whole", days)


@pytest.mark.parametrize("place", ["nowhere", "file", "file/below", "empty", "with_a_file"])
def test_what_is_no_run_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "with_a_file").mkdir()
    (tmp_path / "with_a_file" / "universe").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError) as caught:
        resume_universe(tmp_path / place, DAYS)
    assert str(caught.value) == f"{tmp_path / place}: expected a dataset of 'fastgen universe run', got none."
    assert caught.value.exit_code == 2
    assert sorted(tmp_path.rglob("*")) == before


def test_an_unreadable_record_is_named_once(tmp_path: Path) -> None:
    record = tmp_path / "universe" / "run.json"
    record.mkdir(parents=True)
    with pytest.raises(DamageError) as caught:
        resume_universe(tmp_path, DAYS)
    assert str(caught.value) == f"{record}: expected the record of a run, got: Is a directory."


def test_other_templates_than_those_of_the_run_are_refused(folder: Path, tmp_path: Path) -> None:
    other = write_universe(tmp_path, chicago={}, sf={"timezone": "UTC"})[0]
    copy = shutil.copytree(folder / "whole", tmp_path / "copy")
    shutil.copytree(other, copy / "universe" / "templates", dirs_exist_ok=True)
    with pytest.raises(DataError, match="expected the templates, roads and engine of the run, got others"):
        resume_universe(copy, DAYS, roads=folder / "roads")


@pytest.mark.parametrize("has_folder", [False, True])
def test_missing_roads_are_those_of_the_run(tmp_path: Path, has_folder: bool) -> None:  # noqa: FBT001
    """Roads that are made anew would be of another run, so no command that makes some is shown."""
    templates, roads = write_universe(tmp_path, chicago={"info": {"name": "springfield", **PLACE}})
    (roads / "chicago.roads").rename(roads / "springfield.roads")
    run_universe(templates, tmp_path / "out", RunOptions(days=1, roads=roads), force=True)
    other = tmp_path / "other" if has_folder else None
    if other is not None:
        other.mkdir()
    with pytest.raises(DataError) as caught:
        resume_universe(tmp_path / "out", 2, roads=other)
    assert str(caught.value).startswith("location springfield: expected a road network (")
    assert str(caught.value).endswith("got none: state the --roads of the run.")
    assert "\n" not in str(caught.value)


def test_a_dataset_that_has_replaced_the_run_stays(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder / "whole", tmp_path / "copy")
    fastgen.build(copy, days=1, locations=["sf"], roads=folder / "roads", overwrite=True)
    before = (copy / "manifest.json").read_bytes()
    with pytest.raises(DataError, match="expected a dataset of 'fastgen universe run', got another"):
        resume_universe(copy, DAYS, roads=folder / "roads")
    assert (copy / "manifest.json").read_bytes() == before


def test_the_record_of_a_run_is_json_that_a_person_can_read(folder: Path) -> None:
    record = json.loads((folder / "whole" / "universe" / "run.json").read_text())
    assert (record["seed"], record["start"], record["days"]) == (42, "2024-01-01", DAYS)
    assert sorted(record["sites"]) == ["chicago", "sf"]
    manifest = json.loads((folder / "whole" / "manifest.json").read_text())
    assert sum(sum(site["n_orders"]) for site in record["sites"].values()) == manifest["orders"]
