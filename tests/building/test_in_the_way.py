"""What another build left is replaced, a user's files stay, and a dataset in the way is named."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fastgen import BuildResult, build
from fastgen.building.part import PartResult
from fastgen.building.receipts import encode_receipt
from fastgen.dataset.layout import EVENTS, MANIFEST, TABLES, WORK
from fastgen.dataset.manifest import read_manifest
from fastgen.errors import OutputError
from fastgen.inputs.loading import load_inputs
from fastgen.inputs.tables import encode_dimension
from tests.building.six_files import SIX_FILES, assert_finished
from tests.building.users_files import tree_of, write

if TYPE_CHECKING:
    from collections.abc import Callable


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
        write(out / f"{table}.parquet", encode_dimension(others, table))
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


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_can_only_be_moved_away_is_said_at_once(
    overwrite: bool,  # noqa: FBT001  # of a parametrised test
    small: Callable[..., BuildResult],
    tmp_path: Path,
) -> None:
    write(tmp_path / "menus.parquet")
    for name in (f"{EVENTS}/notes.txt", "items.parquet/part-0.parquet"):
        write(tmp_path / name)
    with pytest.raises(OutputError) as refused:
        small(tmp_path, overwrite=overwrite)
    told = f"got items.parquet, {EVENTS}/notes.txt: move that away"
    assert told + ("," if overwrite else " and use --overwrite for the rest,") in str(refused.value)


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (Path.touch, "a file"),
        (os.mkfifo, "a device or a pipe"),
        (lambda path: path.symlink_to("nowhere"), "a link to nothing"),
        (lambda path: path.symlink_to(path.name), "a link that leads back to itself"),
    ],
)
def test_what_is_in_the_place_of_the_work_folder_is_named(
    make: Callable[[Path], object],
    kind: str,
    overwrite: bool,  # noqa: FBT001  # of a parametrised test
    small: Callable[..., BuildResult],
    tmp_path: Path,
) -> None:
    make(tmp_path / WORK)
    with pytest.raises(OutputError) as refused:
        small(tmp_path, overwrite=overwrite)
    assert str(refused.value).startswith(f"{tmp_path / WORK}: expected a folder of an unfinished build or no")
    assert f", got {kind}: move that away" in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == [WORK]


@pytest.fixture(scope="module")
def finished(small: Callable[..., BuildResult], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("finished")).path
