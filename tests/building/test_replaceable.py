"""A build replaces what is its own; a user's files only when asked, and what no dataset has not even then."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from fastgen import BuildResult, Progress, build
from fastgen.building.local import build_with
from fastgen.building.part import PartResult
from fastgen.building.receipts import encode_receipt
from fastgen.dataset.layout import EVENTS, MANIFEST, TABLES, WORK
from fastgen.dataset.manifest import read_manifest
from fastgen.errors import OutputError, ScenarioError
from fastgen.inputs.loading import load_inputs
from fastgen.inputs.tables import encode_table, read_tables, write_tables
from tests.building.six_files import SIX_FILES, assert_finished, assert_readable
from tests.building.test_killed import Killed, Mortal
from tests.effort import repeats

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MINE = b"a user's own"
PART = f"{EVENTS}/location_id=1/part-00000-00000.parquet"


def write(path: Path, data: bytes = MINE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def tree_of(folder: Path) -> dict[str, bytes | str]:
    """Give every file, folder and link below a folder, links not followed."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        else:
            found[name] = "folder" if path.is_dir() else path.read_bytes()
    return found


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
        build_with(never, tmp_path, roads=roads, days=1)
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
    small(tmp_path)  # finished already
    assert tree_of(tmp_path) == before
    min((tmp_path / EVENTS).rglob("part-*.parquet")).unlink()
    with pytest.raises(OutputError, match=f"got {EVENTS}/{name}. Use --overwrite"):
        small(tmp_path)
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
    with pytest.raises(OutputError, match=f"{name}"):
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


# --- renewal in place, and kills ----------------------------------------------------------------------------


def older_folder(folder: Path) -> None:
    """Make what the older demo has: one file of events, tables of another writer, and a file more."""
    write_tables(load_inputs(None, None)[1], folder)
    for table in TABLES:
        path = folder / f"{table}.parquet"
        pl.read_parquet(path).with_columns(note=pl.lit("x")).write_parquet(path)
    write(folder / EVENTS)
    write(folder / "orders.parquet")


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


# --- another build's work folder ----------------------------------------------------------------------------


@pytest.mark.parametrize("tables", [(), ("locations", "items")])
def test_what_another_build_was_killed_at_placing_is_replaced(
    tables: tuple[str, ...], small: Callable[..., BuildResult], tmp_path: Path
) -> None:
    """As after an update of fastgen: the same command has another build id, and other tables."""
    out, work = tmp_path / "out", tmp_path / "out" / WORK
    small(out, seed=7)
    manifest = read_manifest(out)
    (out / MANIFEST).unlink()
    write(work / "build.json", b'{"build_id": "another"}')
    days = {(d.location_id, d.day): d for d in manifest.days}
    for entry in manifest.files:
        name = entry.path.split("/")
        key = int(name[1].partition("=")[2]), int(name[2].partition("=")[2])
        receipt = encode_receipt(PartResult(entry, (days[key],)))
        write(work / "receipts" / (entry.path.replace("/", "+") + ".json"), receipt)
    others = load_inputs(None, None)[1]
    names = tuple(f"{name}!" for name in others.brands.name)
    others = replace(others, brands=others.brands._replace(name=names))
    for table in TABLES:
        write(out / f"{table}.parquet", encode_table(others, table))
        if table not in tables and tables:
            (out / f"{table}.parquet").replace(work / f"{table}.parquet")
    result = small(out, locations=["sf"])
    assert_finished(out, result.manifest.digest)


def test_a_users_file_beside_what_another_build_has_placed_stays(
    small: Callable[..., BuildResult], tmp_path: Path
) -> None:
    small(tmp_path, seed=7)
    entry, day = read_manifest(tmp_path).files[0], read_manifest(tmp_path).days[0]
    (tmp_path / MANIFEST).unlink()
    write(tmp_path / WORK / "build.json", b'{"build_id": "another"}')
    receipt = encode_receipt(PartResult(entry, (day,)))
    write(tmp_path / WORK / "receipts" / (entry.path.replace("/", "+") + ".json"), receipt)
    placed = tmp_path / entry.path
    write(placed, bytes(entry.bytes))  # as large as the receipt says, and a user's
    write(tmp_path / "items.parquet")
    before = tree_of(tmp_path)
    with pytest.raises(OutputError, match=r"got .*items\.parquet\. Use --overwrite"):
        small(tmp_path)
    assert tree_of(tmp_path) == before


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", ["mine.txt", "receipts/mine", f"{EVENTS}/mine.parquet", "run-1/a", "a/b"])
def test_a_users_file_in_a_folder_of_the_work_folders_name_stays(
    name: str,
    overwrite: bool,  # noqa: FBT001  # of a parametrised test
    small: Callable[..., BuildResult],
    tmp_path: Path,
) -> None:
    write(tmp_path / WORK / name)
    before = tree_of(tmp_path)
    with pytest.raises(OutputError) as refused:
        small(tmp_path, overwrite=overwrite)
    assert str(refused.value) == (
        f"{tmp_path}: expected nothing but an unfinished build in {WORK}, got {WORK}/{name}: "
        "move that away, or use another folder with -o."
    )
    assert tree_of(tmp_path) == before


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"seed": 7}, "seed 42 instead of 7"),
        ({"days": 2, "scale": 0.5}, "days 3 instead of 2; scale 1.0 instead of 0.5"),
        ({"locations": ["sf"]}, "locations sf,sv instead of sf"),
        ({"roads": None}, "other roads of sf,sv"),
        ({"layout": "single"}, "layout hive instead of single"),
        ({"compression": "none"}, "compression zstd instead of none"),
    ],
)
def test_the_line_says_in_what_the_dataset_in_the_way_differs(
    options: dict[str, Any], told: str, finished: Path, roads: Path
) -> None:
    with pytest.raises(OutputError) as refused:
        build(finished, **(SIX_FILES | {"roads": roads, "workers": 1} | options))
    assert str(refused.value).startswith(f"{finished}: expected no other dataset here, got one of {told}")


def test_tables_of_an_older_version_are_named_as_what_differs(
    finished: Path, small: Callable[..., BuildResult], tmp_path: Path
) -> None:
    shutil.copytree(finished, tmp_path / "older")
    older = replace(read_manifest(finished), dimensions_hash="0" * 64)
    older = replace(older, build_id=older.expected_build_id())
    (tmp_path / "older" / MANIFEST).write_text(older.to_json())
    with pytest.raises(OutputError, match=r"got one of other tables, or those of an older version"):
        small(tmp_path / "older")


@pytest.fixture(scope="module")
def finished(small: Callable[..., BuildResult], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("finished")).path
