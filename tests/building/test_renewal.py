"""A build renews an older folder in place, whatever it is killed at."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from fastgen import BuildResult, Progress, build
from fastgen.dataset.layout import MANIFEST
from fastgen.errors import OutputError, ScenarioError
from fastgen.inputs.tables import read_tables
from tests.building.six_files import assert_finished, assert_readable
from tests.building.test_killed import Killed, Mortal
from tests.building.users_files import MINE, older_folder, tree_of
from tests.effort import repeats

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("layout", ["single", "hive"])
def test_an_older_folder_is_renewed_in_place_whatever_a_run_is_killed_at(
    layout: str, roads: Path, tmp_path: Path
) -> None:
    """At any moment its tables are there and say the same; the same command finishes it."""

    def renew(folder: Path, **options: Any) -> BuildResult:
        own: dict[str, Any] = {"dimensions": folder, "roads": roads, "layout": layout, "overwrite": True}
        return build(folder, days=1, locations=["sf"], workers=1, **own | options)

    older_folder(tmp_path / "counted")
    tables = read_tables(tmp_path / "counted").content_hash()
    with pytest.raises(OutputError, match=r"got events\.parquet, locations\.parquet, .*Use --overwrite"):
        renew(tmp_path / "counted", overwrite=False)
    older_folder(tmp_path / "first")
    renew(tmp_path / "first")  # puts digests into the cache, which takes steps of its own
    counted = Mortal(float("inf"))
    with counted.at_work():
        digest = renew(tmp_path / "counted").manifest.digest
    assert_readable(tmp_path / "counted")
    for steps in range(counted.taken - 1, -1, -repeats(4, 1)):
        folder = tmp_path / str(steps)
        older_folder(folder)
        with Mortal(steps).at_work(), pytest.raises(Killed):
            renew(folder)
        assert read_tables(folder).content_hash() == tables
        assert (folder / "orders.parquet").read_bytes() == MINE
        assert renew(folder).manifest.digest == digest
        assert_readable(folder)
        assert (folder / "orders.parquet").read_bytes() == MINE
        shutil.rmtree(folder)


def test_a_failing_renewal_leaves_all_as_it_was(roads: Path, tmp_path: Path) -> None:
    class Fails(Progress):
        def advance(self, orders: int, events: int) -> None:
            raise OutputError(f"{orders} and {events}")

    older_folder(tmp_path)
    before = tree_of(tmp_path)
    with pytest.raises(OutputError):
        build(tmp_path, dimensions=tmp_path, roads=roads, days=1, workers=1, overwrite=True, progress=Fails())
    after = tree_of(tmp_path)
    assert {name: after[name] for name in before} == before


def test_a_scenario_that_changes_the_tables_goes_to_another_folder(roads: Path, tmp_path: Path) -> None:
    """Killed between two tables, the folder would hold tables that don't belong together."""
    older_folder(tmp_path / "tables")
    (tmp_path / "mine.toml").write_text("[locations.sv]\nenabled = false")
    options: dict[str, Any] = {"dimensions": tmp_path / "tables", "scenario": tmp_path / "mine.toml"}
    before = tree_of(tmp_path)
    with pytest.raises(ScenarioError, match=r"expected another folder than that of --dimensions"):
        build(tmp_path / "tables", **options, roads=roads, days=1, overwrite=True)
    assert tree_of(tmp_path) == before


def test_an_overwriting_build_that_was_killed_goes_on_without_the_option_or_says_so(
    small: Callable[..., BuildResult], tmp_path: Path
) -> None:
    """Once it replaces the older dataset, it knows by the manifest put aside what was that one's."""

    def run(out: Path, **options: Any) -> str:
        return small(out, days=2, locations=["sf"], **options).manifest.digest

    older, counted = tmp_path / "older", Mortal(float("inf"))
    run(older, seed=7)
    run(tmp_path / "first")  # puts digests into the cache, which takes steps of its own
    shutil.copytree(older, tmp_path / "counted")
    with counted.at_work():
        digest = run(tmp_path / "counted", overwrite=True)
    gone_on = 0
    for steps in range(counted.taken - 1, -1, -repeats(4, 1)):
        out = tmp_path / str(steps)
        shutil.copytree(older, out)
        with Mortal(steps).at_work(), pytest.raises(Killed):
            run(out, overwrite=True)
        if not (out / MANIFEST).exists():
            gone_on += 1
            assert run(out) == digest
            assert_finished(out, digest)
        shutil.rmtree(out)
    assert gone_on > 2
