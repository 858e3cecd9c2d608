"""Whatever writes refuses the places of any dataset, finished or being built, and changes nothing there."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

import fastgen
from fastgen import ScenarioError
from fastgen.dataset.layout import EVENTS, MANIFEST, WORK, check_no_part
from tests.building.users_files import tree_of
from tests.helpers import build_small

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLACES = (
    EVENTS,
    f"{EVENTS}/location_id=1",
    f"{EVENTS}/new/below",
    f"x/../{EVENTS}/new",
    f"{WORK}",
    f"{WORK}/new",
    "items.parquet/new",
    "../link/events.parquet/new",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make two datasets: `dataset`, and `other`, to which `link` leads."""
    folder = tmp_path_factory.mktemp("places")
    shutil.copytree(build_small(folder, days=1, locations=("sf",)), folder / "other")
    (folder / "link").symlink_to("other")
    return folder


@pytest.mark.parametrize("place", PLACES)
def test_no_dataset_is_written_into_by_another(place: str, folder: Path) -> None:
    other, before = folder / "other", tree_of(folder / "other")
    there, dataset = other / place, folder / "dataset"
    calls: list[Callable[[], object]] = [
        lambda: fastgen.build(there, days=1, locations=["sf"], roads=folder / "roads", workers=1),
        lambda: fastgen.replay(dataset, there),
        lambda: fastgen.replay(dataset, folder / "landing", state=there / "state.json"),
        lambda: fastgen.publish(dataset, f"parquet:{there}"),
        lambda: fastgen.publish(dataset, f"duckdb:{there / 'file'}"),
    ]
    for call in calls:
        with pytest.raises(fastgen.FastgenError) as refused:
            call()
        assert ": expected a place apart from the dataset " in str(refused.value) or (
            there.parent.name == "items.parquet" and "Not a directory" in str(refused.value)
        )
    assert tree_of(other) == before


@pytest.mark.parametrize("state", ["finished", "being built", "neither"])
def test_a_place_belongs_to_a_dataset_where_there_is_one(state: str, tmp_path: Path) -> None:
    (tmp_path / EVENTS).mkdir()
    if state == "finished":
        (tmp_path / MANIFEST).touch()
    elif state == "being built":
        (tmp_path / WORK).mkdir()
        (tmp_path / WORK / "lock").touch()
    for name in (EVENTS, WORK, MANIFEST, "menus.parquet", f"{EVENTS}/a/b", ""):
        for may_be_whole in (False, True):
            if state == "neither" or (name == "" and may_be_whole):
                check_no_part(tmp_path / name, "to", may_be_whole=may_be_whole)
                continue
            with pytest.raises(ScenarioError) as refused:
                check_no_part(tmp_path / name, "to", may_be_whole=may_be_whole)
            here = os.path.realpath(tmp_path)
            assert str(refused.value).startswith(f"to: expected a place apart from the dataset {here}, got ")
    for name in ("mine", "orders.parquet", "a/events.parquet", "../beside"):
        check_no_part(tmp_path / name, "to")
