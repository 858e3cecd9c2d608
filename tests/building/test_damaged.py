"""The same build over a damaged dataset makes the damaged files anew, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fastgen.dataset.layout import EVENTS, TABLES, table_path
from fastgen.dataset.verify.run import verify_dataset
from fastgen.errors import OutputError
from tests.building.users_files import tree_of, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastgen import BuildResult


def _flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a bit of a page": lambda path: _flip(path, 100),
    "a bit of the footer": lambda path: _flip(path, -20),
    "the last byte": lambda path: _flip(path, -1),
    "the first byte": lambda path: _flip(path, 0),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"x"),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("layout", ["hive", "single"])
def test_damaged_files_are_made_anew(
    damage: str, layout: str, small: Callable[..., BuildResult], tmp_path: Path
) -> None:
    options = {"layout": layout, "partition_by": "location_id"}
    n_files = len(small(tmp_path, **options).manifest.files)
    before = tree_of(tmp_path)
    part = tmp_path / EVENTS if layout == "single" else min((tmp_path / EVENTS).rglob("part-*"))
    DAMAGES[damage](part)
    assert small(tmp_path, **options).files_kept == n_files - 1
    assert tree_of(tmp_path) == before
    for table in TABLES:
        DAMAGES[damage](tmp_path / table_path(table))
    assert small(tmp_path, **options).files_kept == n_files
    assert tree_of(tmp_path) == before


def test_a_part_that_became_another_locations_is_made_anew(
    small: Callable[..., BuildResult], tmp_path: Path
) -> None:
    small(tmp_path)
    before = tree_of(tmp_path)
    first, *_, last = sorted((tmp_path / EVENTS).rglob("part-*"))
    one, other = first.read_bytes(), last.read_bytes()
    first.write_bytes(other)
    last.write_bytes(one)
    assert small(tmp_path).files_kept == 4
    assert tree_of(tmp_path) == before


def test_a_foreign_part_in_a_finished_dataset_is_named(
    small: Callable[..., BuildResult], tmp_path: Path
) -> None:
    name = f"{EVENTS}/location_id=1/day=0/part-00007-00007.parquet"
    small(tmp_path)
    write(tmp_path / name)
    with pytest.raises(OutputError, match=f"got {name}. Use --overwrite"):
        small(tmp_path)
    small(tmp_path, overwrite=True)
    assert verify_dataset(tmp_path).passed
