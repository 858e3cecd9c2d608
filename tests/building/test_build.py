"""Builds are started twice at once, and meet damaged datasets and full disks.

Never may half a dataset look whole, or finished work be lost.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fastgen import BuildResult, DataError, OutputError, Progress, ScenarioError, build
from fastgen.building import build as build_module
from fastgen.building import finalise, plan
from fastgen.dataset.layout import LOCK, MANIFEST, TABLES, WORK
from fastgen.inputs import menus, tables
from tests.building.six_files import SIX_FILES, assert_finished, event_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def test_finished_build_is_kept_as_it_is(
    small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    first = small(tmp_path)
    assert (first.files_kept, len(first.manifest.files)) == (0, 6)
    assert_finished(tmp_path, digest)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    again = small(tmp_path)
    assert (again.files_kept, again.manifest.digest) == (6, digest)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_build_reads_menus_encodes_tables_and_hashes_its_inputs_once(
    small: Callable[..., BuildResult], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[tuple[Any, ...]] = []

    def count(module: Any, name: str) -> None:
        function = getattr(module, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            calls.append((name, *arguments[1:]))
            return function(*arguments, **named)

        monkeypatch.setattr(module, name, counted)

    small(tmp_path / "first")  # menus are read once in a process
    count(menus, "number_menus")
    count(tables, "encode_dimension")
    count(plan, "compute_build_id")
    small(tmp_path / "second")
    assert sorted(calls) == sorted([("compute_build_id",), *(("encode_dimension", name) for name in TABLES)])


def test_any_number_of_workers_layout_and_compression_give_one_digest(
    small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    forms: list[dict[str, object]] = [
        {"workers": 2},
        {"workers": 7, "compression": "snappy"},
        {"layout": "single", "partition_by": "location_id", "compression": "none"},
        {"partition_by": "location_id"},
    ]
    for number, form in enumerate(forms):
        out = tmp_path / str(number)
        small(out, **form)
        assert_finished(out, digest)


# --- two at once, others' files -----------------------------------------------------------------------------


def test_second_build_at_once_is_refused(
    small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    class Meets(Progress):
        refused = ""

        def start(self, events_expected: float) -> None:
            assert events_expected > 1000
            with pytest.raises(OutputError) as caught:
                small(tmp_path)
            self.refused = str(caught.value)

    meets = Meets()
    small(tmp_path, progress=meets)
    assert meets.refused == f"{tmp_path}: expected no other build at work here, but one is."
    assert_finished(tmp_path, digest)


def test_lock_of_a_dead_build_holds_nobody_up(
    small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    (tmp_path / WORK).mkdir()
    holder = (tmp_path / WORK / LOCK).open("w")
    fcntl.flock(holder, fcntl.LOCK_EX)
    with pytest.raises(OutputError, match="no other build"):
        small(tmp_path)
    holder.close()
    small(tmp_path)
    assert_finished(tmp_path, digest)


@pytest.mark.parametrize("damage", ["lost", "cut", "a table lost"])
def test_damaged_dataset_is_repaired_without_making_the_rest_anew(
    damage: str, small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    small(tmp_path)
    before = event_files(tmp_path)
    victim = sorted(before)[2] if damage != "a table lost" else "items.parquet"
    if damage == "cut":
        os.truncate(tmp_path / victim, 1000)
    else:
        (tmp_path / victim).unlink()
    expected = 6 if damage == "a table lost" else 5
    assert small(tmp_path).files_kept == expected
    assert_finished(tmp_path, digest)
    after = event_files(tmp_path)
    assert {path for path in before if before[path] != after[path]} == {victim} - {"items.parquet"}


def test_another_dataset_is_replaced_only_when_told_to(
    small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    small(tmp_path, seed=7, layout="single", partition_by="location_id")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "sub").mkdir()
    before = (tmp_path / MANIFEST).read_bytes()
    with pytest.raises(
        OutputError,
        match=r"expected no other dataset here, got one of seed 7 instead of 42; layout single",
    ):
        small(tmp_path)
    assert (tmp_path / MANIFEST).read_bytes() == before
    small(tmp_path, overwrite=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "sub").is_dir()
    (tmp_path / "notes.txt").unlink()
    assert_finished(tmp_path, digest)
    # And back: a folder of files gives way to one file.
    other = small(tmp_path, seed=7, layout="single", partition_by="location_id", overwrite=True)
    assert_finished(tmp_path, other.manifest.digest)


def test_manifest_that_is_damaged_is_not_overwritten_silently(
    small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    (tmp_path / MANIFEST).write_text("{}")
    with pytest.raises(OutputError, match=r"manifest\.json: .* Use --overwrite to replace it\."):
        small(tmp_path)
    small(tmp_path, overwrite=True)
    assert_finished(tmp_path, digest)


# --- disks that refuse --------------------------------------------------------------------------------------


def test_file_in_the_way_is_one_line(small: Callable[..., BuildResult], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    for out in (path, path / "below"):
        with pytest.raises(OutputError, match=r"expected a folder to write to, got: Not a directory\.$"):
            small(out)
    assert path.read_text() == "mine"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_folder_that_cannot_be_written_is_one_line(
    number: int, small: Callable[..., BuildResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(OutputError, match=f"expected a folder to write to, got: {os.strerror(number)}"):
        small(tmp_path / "out")


@pytest.mark.parametrize("layout", ["hive", "single"])
def test_full_disk_is_one_line_and_space_is_all_that_is_missing(
    layout: str, small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", kilobytes=200) as out:
        with pytest.raises(OutputError) as caught:
            small(out, compression="none", layout=layout, partition_by="location_id")
        assert "\n" not in str(caught.value)
        assert "No space left on device" in str(caught.value)
        assert not (out / MANIFEST).exists()
        assert not list(out.rglob(".*.tmp"))
        resize(out, kilobytes=20_000)
        small(out, compression="none", layout=layout, partition_by="location_id")
        assert_finished(out, digest)


@contextlib.contextmanager
def small_disk(path: Path, kilobytes: int) -> Iterator[Path]:
    """Mount a disk of so many kilobytes; who may not mount ends the test."""
    path.mkdir()
    mount = [_program("mount"), "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", str(path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip(
            "This user may not mount a disk, as root may; tests/cli/test_build.py limits the size of files"
        )
    try:
        yield path
    finally:
        subprocess.run([_program("umount"), str(path)], check=True)


def _program(name: str) -> str:
    return shutil.which(name) or name


def resize(path: Path, kilobytes: int) -> None:
    subprocess.run([_program("mount"), "-o", f"remount,size={kilobytes}k", str(path)], check=True)


def test_publication_refuses_gaps(small: Callable[..., BuildResult], tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            build_module,
            "place_dataset",
            lambda plan, results, *rest, **options: finalise.place_dataset(
                plan, results[1:], *rest, **options
            ),
        )
        with pytest.raises(OutputError, match=r"expected 6 finished files, events\.parquet/.* is missing"):
            small(tmp_path)
    assert not (tmp_path / MANIFEST).exists()


# --- options ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"layout": "flat"}, ScenarioError, "layout: expected 'hive' or 'single', got 'flat'."),
        (
            {"partition_by": "day"},
            ScenarioError,
            "partition_by: expected 'location_id' or 'location_id,day', got 'day'.",
        ),
        ({"workers": 0}, ScenarioError, "workers: expected 1 <= workers <= 256, got 0."),
        (
            {"locations": ["sf", "mars"]},
            ScenarioError,
            "expected codes among sf, sv, bellevue, chicago, got 'mars'.",
        ),
        ({"roads": "missing"}, DataError, "missing: expected a folder of .roads files, got none."),
    ],
)
def test_wrong_options_are_one_line_and_write_nothing(
    options: dict[str, Any], error: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error) as caught:
        build(tmp_path / "out", **options)
    assert str(caught.value).endswith(message)
    assert not (tmp_path / "out").exists()


def test_manifest_lists_what_was_built(small: Callable[..., BuildResult], tmp_path: Path) -> None:
    manifest = small(tmp_path).manifest
    raw = json.loads((tmp_path / MANIFEST).read_text())
    assert [n["code"] for n in raw["networks"]] == ["sf", "sv"]
    assert sorted(zip(raw["location_days"]["location_id"], raw["location_days"]["day"], strict=True)) == [
        (location, day) for location in (1, 2) for day in range(SIX_FILES["days"])
    ]
    assert [entry["path"] for entry in raw["tables"]] == [f"{table}.parquet" for table in TABLES]
    assert sum(raw["location_days"]["rows"]) == manifest.rows == raw["rows"]
