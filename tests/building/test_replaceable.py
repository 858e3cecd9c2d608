"""A build replaces what is its own; a user's files only when asked, and what no dataset has not even then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from fastgen import BuildResult, Progress
from fastgen.building.build import build_with
from fastgen.building.options import BuildOptions
from fastgen.dataset.layout import EVENTS, MANIFEST, TABLES, WORK
from fastgen.dataset.manifest import read_manifest
from fastgen.errors import OutputError
from fastgen.inputs.loading import load_inputs
from fastgen.inputs.tables import write_tables
from tests.building.six_files import assert_finished, assert_readable
from tests.building.test_killed import Killed
from tests.building.users_files import MINE, PART, tree_of, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.building.part import PartResult


def one_file(out: Path, _aside: Path) -> list[str]:
    write(out / EVENTS)
    return [EVENTS]


def one_table(out: Path, _aside: Path) -> list[str]:
    write(out / "menus.parquet")
    return ["menus.parquet"]


def an_older_folder(out: Path, aside: Path) -> list[str]:
    """Give all seven files, and one more that a build doesn't touch."""
    write(out / "orders.parquet")
    for table in TABLES:
        write(out / f"{table}.parquet")
    return [*one_file(out, aside), *(f"{table}.parquet" for table in TABLES)]


def files_of_spark(out: Path, _aside: Path) -> list[str]:
    write(out / EVENTS / "_SUCCESS", b"")
    write(out / EVENTS / "part-00000-3f2a.snappy.parquet")
    return [f"{EVENTS}/part-00000-3f2a.snappy.parquet"]


def a_part_of_ours(out: Path, _aside: Path) -> list[str]:
    """Give a file of the very name that the build makes, which no manifest lists."""
    write(out / PART)
    return [PART]


def a_link_to_a_folder(out: Path, aside: Path) -> list[str]:
    write(aside / "location_id=1/part-00000-00000.parquet")
    out.mkdir(exist_ok=True)
    (out / EVENTS).symlink_to(aside, target_is_directory=True)
    return [EVENTS]


def links_to_files(out: Path, aside: Path) -> list[str]:
    write(aside / "mine")
    out.mkdir(exist_ok=True)
    (out / EVENTS).symlink_to(aside / "mine")
    (out / "brands.parquet").symlink_to(aside / "mine")
    return [EVENTS, "brands.parquet"]


def a_link_to_nothing(out: Path, _aside: Path) -> list[str]:
    out.mkdir(exist_ok=True)
    (out / EVENTS).symlink_to("nothing")
    return [EVENTS]


FOREIGN = [one_file, one_table, an_older_folder, files_of_spark, a_part_of_ours, a_link_to_a_folder]
FOREIGN += [links_to_files, a_link_to_nothing]


@pytest.mark.parametrize("layout", ["hive", "single"])
@pytest.mark.parametrize("foreign", FOREIGN, ids=lambda make: make.__name__)
def test_a_users_files_are_named_and_replaced_only_when_asked(
    foreign: Callable[[Path, Path], list[str]], layout: str, small: Callable[..., BuildResult], tmp_path: Path
) -> None:
    out, options = tmp_path / "out", {"days": 1, "layout": layout, "partition_by": "location_id"}
    names = foreign(out, tmp_path / "aside")
    before = tree_of(tmp_path)
    with pytest.raises(OutputError) as refused:
        small(out, **options)
    if layout == "single" and foreign is files_of_spark:
        names = [f"{EVENTS}/_SUCCESS", *names]
    assert str(refused.value) == (
        f"{out}: expected no files of others in the way of the dataset, got {', '.join(names)}. "
        "Use --overwrite to replace what is there, or another folder with -o."
    )
    assert refused.value.exit_code == 1
    assert tree_of(tmp_path) == before

    small(out, **options, overwrite=True)
    assert_readable(out)
    assert not (out / WORK).exists()
    assert not (out / EVENTS).is_symlink()
    after = tree_of(tmp_path)
    others = [name for name in before if name.startswith("aside") or name == "out/orders.parquet"]
    assert {name: after[name] for name in others} == {name: before[name] for name in others}
    digest = read_manifest(out).digest
    small(out, **options)  # and from now on it is a dataset like any other
    assert read_manifest(out).digest == digest


def test_whatever_makes_the_files_a_users_stay(roads: Path, tmp_path: Path) -> None:
    """An engine, such as Spark's, isn't even asked."""

    def never(_job: object) -> list[PartResult]:
        raise AssertionError

    write(tmp_path / EVENTS)
    with pytest.raises(OutputError, match=r"got events\.parquet\. Use --overwrite"):
        build_with(never, tmp_path, BuildOptions(roads=roads, days=1))
    assert tree_of(tmp_path) == {EVENTS: MINE}


def test_equal_tables_are_not_in_the_way(small: Callable[..., BuildResult], tmp_path: Path) -> None:
    """Nothing of them is replaced, whoever wrote them: so a folder of tables can be built into."""
    write_tables(load_inputs(None, None)[1], tmp_path)
    pl.read_parquet(tmp_path / "items.parquet").write_parquet(tmp_path / "items.parquet")
    before = tree_of(tmp_path)
    small(tmp_path)
    assert_readable(tmp_path)
    after = tree_of(tmp_path)
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("layout", ["hive", "single"])
@pytest.mark.parametrize(
    "name", ["notes.txt", "mine.parquet", "location_id=1/mine.parquet", "location_id=1/a/b"]
)
def test_a_users_file_among_the_events_of_a_dataset_stays(
    name: str, layout: str, small: Callable[..., BuildResult], tmp_path: Path
) -> None:
    small(tmp_path)
    write(tmp_path / EVENTS / name)
    before = tree_of(tmp_path)
    with pytest.raises(OutputError) as refused:
        small(tmp_path, seed=7, layout=layout, overwrite=True)
    assert str(refused.value) == (
        f"{tmp_path}: expected only a dataset to overwrite, got {EVENTS}/{name}: "
        "move that away, or use another folder with -o."
    )
    for is_damaged in (False, True):
        if is_damaged:
            min((tmp_path / EVENTS).rglob("part-*.parquet")).unlink()
        before = tree_of(tmp_path)
        with pytest.raises(OutputError, match=f"got {EVENTS}/{name}: move that away, or use another folder"):
            small(tmp_path)
        assert tree_of(tmp_path) == before
    (tmp_path / EVENTS / name).unlink()
    small(tmp_path)
    assert_readable(tmp_path)


def test_what_readers_skip_stays_beside_the_parts(small: Callable[..., BuildResult], tmp_path: Path) -> None:
    small(tmp_path)
    write(tmp_path / EVENTS / ".DS_Store")
    write(tmp_path / EVENTS / "location_id=2" / "_note")
    small(tmp_path, seed=7, locations=["sf"], overwrite=True)
    assert_readable(tmp_path)
    assert (tmp_path / EVENTS / ".DS_Store").read_bytes() == MINE
    assert (tmp_path / EVENTS / "location_id=2" / "_note").read_bytes() == MINE


@pytest.mark.parametrize("name", [MANIFEST, "items.parquet"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_in_place_of_a_file_is_never_removed(
    name: str,
    overwrite: bool,  # noqa: FBT001  # of a parametrised test
    small: Callable[..., BuildResult],
    tmp_path: Path,
) -> None:
    write(tmp_path / name / "mine")
    before = tree_of(tmp_path)
    with pytest.raises(OutputError, match=f"got {name}: move that away, or use another folder with -o"):
        small(tmp_path, overwrite=overwrite)
    assert tree_of(tmp_path) == before


def test_what_another_builds_unfinished_run_left_is_not_ones_own(
    small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    small(tmp_path, seed=7)
    (tmp_path / MANIFEST).unlink()
    (tmp_path / WORK).mkdir()
    (tmp_path / WORK / "build.json").write_text('{"build_id": "another"}')
    before = tree_of(tmp_path)
    with pytest.raises(OutputError, match=r"part-00000-00000\.parquet, .*Use --overwrite"):
        small(tmp_path)
    assert tree_of(tmp_path) == before
    small(tmp_path, overwrite=True)
    assert_finished(tmp_path, digest)


def test_many_files_are_named_in_one_short_line(small: Callable[..., BuildResult], tmp_path: Path) -> None:
    for number in range(1000):
        write(tmp_path / EVENTS / f"{number}.parquet")
    with pytest.raises(OutputError, match=r"/100\.parquet, \S+ .* and 992 more\. Use --overwrite") as refused:
        small(tmp_path)
    assert len(str(refused.value)) < 500


def test_a_file_put_among_an_unfinished_build_is_refused(
    small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    class Dies(Progress):
        def advance(self, orders: int, events: int) -> None:
            raise Killed(orders, events)

    with pytest.raises(Killed):
        small(tmp_path, progress=Dies())
    write(tmp_path / "menus.parquet")
    write(tmp_path / PART)
    with pytest.raises(OutputError, match=rf"got {PART}, menus\.parquet\. Use --overwrite"):
        small(tmp_path)
    assert (tmp_path / "menus.parquet").read_bytes() == MINE
    (tmp_path / "menus.parquet").unlink()
    (tmp_path / PART).unlink()
    small(tmp_path)
    assert_finished(tmp_path, digest)
