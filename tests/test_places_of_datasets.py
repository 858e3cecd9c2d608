"""Whatever writes refuses the places of any dataset, finished or being built, and changes nothing there."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

import fastgen
import fastgen.publishing.run
from fastgen import ScenarioError
from fastgen.dataset.layout import EVENTS, MANIFEST, WORK, check_no_part
from fastgen.generating.inputs import SimulationOptions, load_simulation
from fastgen.generating.unwritten import open_unwritten
from tests.building.users_files import tree_of
from tests.helpers import build_small

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.dataset.opened import OpenDataset

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


@pytest.fixture(scope="module")
def undigested(folder: Path) -> OpenDataset:
    """Open a dataset that was never written."""
    options = SimulationOptions(days=1, locations=["sf"], roads=folder / "roads", scale=0.2)
    return open_unwritten(load_simulation(options), "scenario:canonical", ())


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


@pytest.mark.parametrize("form", ["parquet", "delta", "duckdb"])
@pytest.mark.parametrize("place", [*PLACES, "", "new", MANIFEST, "../link", "../link/new", "items.parquet"])
@pytest.mark.parametrize("source", ["dataset", "scenario"])
def test_nothing_is_published_in_the_folder_of_a_dataset(
    source: str, place: str, form: str, folder: Path, undigested: OpenDataset
) -> None:
    """A dataset that was never written has no folder, but others have."""
    other, before = folder / "other", tree_of(folder / "other")
    for overwrite in (False, True):
        with pytest.raises(ScenarioError, match=r"^to: expected a place apart from the dataset "):
            fastgen.publishing.run.publish(
                undigested if source == "scenario" else folder / "dataset",
                f"{form}:{other / place}",
                overwrite=overwrite,
            )
    assert tree_of(other) == before


@pytest.mark.parametrize("form", ["parquet", "delta"])
@pytest.mark.parametrize("name", ["events", "items", "order_items", ".publishing"])
@pytest.mark.parametrize("linked", [False, True])
def test_no_dataset_is_replaced_by_a_table(
    *, form: str, name: str, linked: bool, folder: Path, undigested: OpenDataset, tmp_path: Path
) -> None:
    if linked:
        (tmp_path / name).symlink_to(folder / "other")
    else:
        shutil.copytree(folder / "other", tmp_path / name)
    before, of_other = tree_of(tmp_path), tree_of(folder / "other")
    for source in (undigested, folder / "dataset"):
        with pytest.raises(ScenarioError, match=r"^to: expected a place apart from the dataset "):
            fastgen.publishing.run.publish(source, f"{form}:{tmp_path}", overwrite=True)
    assert (tree_of(tmp_path), tree_of(folder / "other")) == (before, of_other)


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
