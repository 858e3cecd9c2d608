"""Files of a dataset that others replaced, that lack columns, or are pipes, are found by every reader."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from fastgen import scan_events
from fastgen.dataset.verify.run import verify_dataset
from fastgen.errors import DamageError
from fastgen.publishing.run import publish
from tests.helpers import build_small, change_manifest, copy_of, read_raw, rewrite
from tests.readers import READERS, Cut, files_of, read_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def padded(data: bytes, size: int) -> bytes:
    """Make a Parquet file longer that stays one: no reader looks between pages and footer."""
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    return data[:footer] + bytes(size - len(data)) + data[footer:]


def swap_parts(dataset: Path, _: Path) -> None:
    one, other = (dataset / entry["path"] for entry in read_raw(dataset)["files"][:2])
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def put_another_locations(dataset: Path, _: Path) -> None:
    paths = [dataset / entry["path"] for entry in read_raw(dataset)["files"]]
    small, large = sorted(paths, key=lambda path: path.stat().st_size)
    large.write_bytes(padded(small.read_bytes(), large.stat().st_size))


def put_another_seeds(dataset: Path, other: Path) -> None:
    path = read_raw(dataset)["files"][0]["path"]
    size = (dataset / path).stat().st_size
    (dataset / path).write_bytes(padded((other / path).read_bytes(), size))


def replace_by_folder(dataset: Path, _: Path) -> None:
    (dataset / files_of(dataset)[1]).unlink()
    (dataset / files_of(dataset)[1]).mkdir()


def append_byte(dataset: Path, _: Path) -> None:
    with (dataset / files_of(dataset)[1]).open("ab") as file:
        file.write(b"\0")


REPLACEMENTS: dict[str, Callable[[Path, Path], object]] = {
    "parts swapped": swap_parts,
    "another location's part": put_another_locations,
    "another seed's part": put_another_seeds,
    "a part missing": lambda d, _: (d / files_of(d)[1]).unlink(),
    "a byte more": append_byte,
    "an empty part": lambda d, _: (d / files_of(d)[1]).write_bytes(b""),
    "a folder for a part": replace_by_folder,
}


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build with another seed, and a few orders less."""
    return build_small(tmp_path_factory.mktemp("other"), days=2, scale=0.04, seed=7)


def forget_hashes(dataset: Path) -> None:
    """Make a manifest as older versions wrote it."""
    change_manifest(dataset, lambda raw: [entry.pop("footer") for entry in raw["files"]])


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("name", REPLACEMENTS)
def test_replaced_files_are_found(name: str, old: bool, sound: Path, other: Path, tmp_path: Path) -> None:  # noqa: FBT001
    copy = copy_of(sound, tmp_path)
    if old:
        forget_hashes(copy)
    REPLACEMENTS[name](copy, other)
    for reader in READERS.values():
        with pytest.raises(DamageError, match=r"part-\d+-\d+\.parquet: expected .* Run `fastgen verify"):
            reader(copy, Cut())
    with pytest.raises(DamageError):
        scan_events(copy)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("one"), days=2, scale=0.05)


def test_datasets_of_older_versions_are_read_as_ever(sound: Path, tmp_path: Path) -> None:
    copy = copy_of(sound, tmp_path)
    forget_hashes(copy)
    assert read_all(copy) == read_all(sound)
    assert verify_dataset(copy).passed
    assert scan_events(copy).collect().equals(scan_events(sound).collect())


def test_files_of_other_writers_are_read_though_they_keep_the_hashes(sound: Path, tmp_path: Path) -> None:
    """PyArrow copies a file's metadata into the one that it writes."""
    copy = copy_of(sound, tmp_path)
    for entry in read_raw(copy)["files"]:
        path = copy / entry["path"]
        pq.write_table(pq.ParquetFile(path).read(), path, row_group_size=50)
    change_manifest(copy, lambda raw: [entry.update(size_of(copy, entry)) for entry in raw["files"]])
    with pytest.raises(DamageError):
        read_all(copy)
    forget_hashes(copy)
    for name in ("slice", "slice --raw", "replay"):
        assert READERS[name](copy, Cut()) == READERS[name](sound, Cut())


OTHER_COLUMNS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "no order_id": lambda frame: frame.drop("order_id"),
    "no ts_seconds": lambda frame: frame.drop("ts_seconds"),
    "texts for numbers": lambda frame: frame.with_columns(pl.col("ts_seconds").cast(pl.String)),
    "fractions for seconds": lambda frame: frame.with_columns(pl.col("ts_seconds").cast(pl.Float64)),
    "a wider type": lambda frame: frame.with_columns(pl.col("event_type_id").cast(pl.Int64)),
    "numbers for texts": lambda frame: frame.with_columns(items_json=pl.lit(1.5)),
}


@pytest.mark.parametrize("name", OTHER_COLUMNS)
def test_other_columns_in_datasets_of_older_versions_are_one_line(
    name: str, sound: Path, tmp_path: Path
) -> None:
    copy = copy_of(sound, tmp_path)
    forget_hashes(copy)
    rewrite(copy / files_of(copy)[1], OTHER_COLUMNS[name])
    change_manifest(copy, lambda raw: [entry.update(size_of(copy, entry)) for entry in raw["files"]])
    for reader in READERS.values():
        with pytest.raises(DamageError, match=r"part-\d+-\d+\.parquet: expected .* Run `fastgen verify"):
            reader(copy, Cut())


def test_pipe_for_a_part_is_not_waited_for(sound: Path, tmp_path: Path) -> None:
    copy = copy_of(sound, tmp_path)
    (copy / files_of(copy)[1]).unlink()
    os.mkfifo(copy / files_of(copy)[1])
    for reader in READERS.values():
        with pytest.raises(DamageError, match=r"expected .* bytes as the manifest states, got 0"):
            reader(copy, Cut())


def test_pipe_for_a_table_is_not_waited_for(sound: Path, tmp_path: Path) -> None:
    copy = copy_of(sound, tmp_path)
    table = copy / read_raw(copy)["tables"][0]["path"]
    table.unlink()
    os.mkfifo(table)
    with pytest.raises(DamageError, match=rf"{table.name}: expected the file .* got a device or a pipe"):
        publish(copy, f"parquet:{tmp_path}/tables")
    found = [check.first for check in verify_dataset(copy).checks]
    assert f"{table.name}: expected a file, got a device or a pipe." in found


def size_of(dataset: Path, entry: dict[str, Any]) -> dict[str, int]:
    return {"bytes": (dataset / entry["path"]).stat().st_size}


@pytest.mark.parametrize(
    "args",
    [
        ("slice", "--from", "0", "--to", "9"),
        ("slice", "--from", "0", "--to", "9", "--raw"),
        ("slice", "--from", "0", "--to", "9", "--raw", "--format", "parquet", "-o", "{}/slice.parquet"),
        ("slice", "--from", "0", "--to", "9", "--format", "parquet", "-o", "{}/slice.parquet"),
        ("slice", "--from", "0", "--to", "9", "--raw", "--format", "csv"),
        ("replay", "--to", "{}/landing"),
        ("replay", "--to", "{}/landing", "--format", "parquet"),
        ("replay", "--to", "{}/landing", "--format", "jsonl.gz"),
        ("publish", "--to", "duckdb:{}/x.duckdb"),
        ("info",),
        ("info", "--json"),
    ],
)
def test_commands_end_in_one_line(args: tuple[str, ...], sound: Path, tmp_path: Path) -> None:
    copy = copy_of(sound, tmp_path)
    path = copy / files_of(copy)[1]
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(data)
    command = [sys.executable, "-m", "fastgen", args[0], str(copy), *(a.format(tmp_path) for a in args[1:])]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith(f"fastgen: {path}: expected ")
    assert line.endswith(f"Run `fastgen verify {copy}`.")
    assert [found.name for found in tmp_path.iterdir() if "landing" not in found.name] == ["copy"]
    assert list(tmp_path.glob("landing/events-*")) == []
