"""Builds are killed at any moment, started twice at once, and meet damaged datasets and full disks.

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
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fastgen import BuildResult, DataError, OutputError, Progress, ScenarioError, build, scan_events
from fastgen.building import finalise, local, receipts, threads, workers
from fastgen.dataset.layout import EVENTS, MANIFEST, TABLES, WORK
from fastgen.dataset.manifest import read_manifest
from fastgen.files import hash_file
from tests.building.toy import write_toy_roads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DAYS = 3


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_roads(tmp_path_factory.mktemp("roads") / "toy")


@pytest.fixture(scope="module")
def small(roads: Path) -> Callable[..., BuildResult]:
    """Build 3 days of two locations, a file a day: six files."""

    def run(out: Path, **options: Any) -> BuildResult:
        chosen: dict[str, Any] = {"days": DAYS, "locations": ["sf", "sv"], "partition_by": "location_id,day"}
        return build(out, roads=roads, **(chosen | {"workers": 1} | options))

    return run


@pytest.fixture(scope="module")
def digest(small: Callable[..., BuildResult], tmp_path_factory: pytest.TempPathFactory) -> str:
    return small(tmp_path_factory.mktemp("unbroken")).manifest.digest


def event_files(out: Path) -> dict[str, int]:
    """Tell when each event file in its place was changed."""
    return {str(path.relative_to(out)): path.stat().st_mtime_ns for path in (out / EVENTS).rglob("*.parquet")}


def assert_whole(out: Path, digest: str) -> None:
    manifest = read_manifest(out)
    assert manifest.digest == digest
    expected = {e.path for e in (*manifest.files, *manifest.tables)} | {MANIFEST}
    assert {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()} == expected
    assert_readable(out)


def assert_readable(out: Path) -> None:
    manifest = read_manifest(out)
    assert all(hash_file(out / e.path) == e.sha256 for e in (*manifest.files, *manifest.tables))
    assert scan_events(out).collect().height == manifest.rows


def test_finished_build_is_kept_as_it_is(
    small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    first = small(tmp_path)
    assert (first.files_kept, len(first.manifest.files)) == (0, 6)
    assert_whole(tmp_path, digest)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    again = small(tmp_path)
    assert (again.files_kept, again.manifest.digest) == (6, digest)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


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
        assert_whole(out, digest)


# --- killed -------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours catches it."""


class Mortal:
    """Lets the n-th step on the disk, and every one after it, fail as if the process were dead.

    Clean-up code runs after an exception, unlike after a kill: it finds a disk that no longer obeys.
    """

    NAMES = ("replace", "unlink", "mkdir", "rmdir")

    def __init__(self, steps: float) -> None:
        self.steps = steps
        self.taken = 0

    def _step(self, real: Callable[..., Any], *args: Any, **options: Any) -> Any:
        self.taken += 1
        if self.taken > self.steps:
            raise Killed
        return real(*args, **options)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            places = [(Path, name) for name in self.NAMES] + [(os, "fsync"), (shutil, "rmtree")]
            for place, name in places:
                real = getattr(place, name)

                def step(*args: Any, _real: Callable[..., Any] = real, **options: Any) -> Any:
                    return self._step(_real, *args, **options)

                patch.setattr(place, name, step)
            yield


@pytest.mark.parametrize("before", ["nothing", "another dataset", "a damaged one"])
def test_killed_at_any_step_it_is_no_dataset_and_the_same_command_finishes_it(
    before: str, small: Callable[..., BuildResult], tmp_path: Path
) -> None:
    overwrite = before == "another dataset"

    def run(out: Path, **options: Any) -> str:
        return small(out, days=2, locations=["sf"], **options).manifest.digest

    def prepare(out: Path) -> None:
        if before != "nothing":
            run(out, seed=7 if overwrite else None)
        if before == "a damaged one":
            min((out / EVENTS).rglob("*.parquet")).unlink()

    digest, counted = run(tmp_path / "unbroken"), Mortal(float("inf"))
    prepare(tmp_path / "counted")
    with counted.at_work():
        run(tmp_path / "counted", overwrite=overwrite)
    assert counted.taken > 25
    for steps in range(counted.taken):
        out = tmp_path / str(steps)
        prepare(out)
        with Mortal(steps).at_work(), pytest.raises(Killed):
            run(out, overwrite=overwrite)
        # Whoever has a manifest is whole, but for the damaged one that nobody has touched yet.
        if (out / MANIFEST).exists() and before != "a damaged one":
            assert_readable(out)
        run(out, overwrite=overwrite)
        assert_whole(out, digest)
        shutil.rmtree(out)


def test_finished_files_of_a_killed_build_are_kept(
    small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    class Dies(Progress):
        made = 0

        def advance(self, orders: int, events: int) -> None:
            assert orders > 0
            assert events > 5 * orders
            self.made += 1
            if self.made >= 4:
                raise Killed

    with pytest.raises(Killed):
        small(tmp_path, progress=Dies())
    assert not (tmp_path / MANIFEST).exists()
    assert not (tmp_path / EVENTS).exists()
    done = {path.name: path.stat().st_mtime_ns for path in (tmp_path / WORK / EVENTS).rglob("part-*.parquet")}
    made = {
        str(p.relative_to(tmp_path / WORK)): p.stat().st_ino
        for p in (tmp_path / WORK / EVENTS).rglob("part-*")
    }
    assert len(done) == 3

    class Counts(Progress):
        kept = advanced = 0

        def keep(self, orders: int, events: int) -> None:
            assert events > 5 * orders > 0
            self.kept += 1

        def advance(self, orders: int, events: int) -> None:
            assert events > 5 * orders > 0
            self.advanced += 1

    counts = Counts()
    assert small(tmp_path, progress=counts).files_kept == 3
    assert (counts.kept, counts.advanced) == (3, 3)
    assert_whole(tmp_path, digest)
    assert {path: (tmp_path / path).stat().st_ino for path in made} == made


def test_parts_of_another_plan_are_not_taken_up(
    small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    class Dies(Progress):
        def advance(self, orders: int, events: int) -> None:
            raise Killed(orders, events)

    for options in ({"seed": 7}, {"scale": 0.5}, {"compression": "none"}):
        with pytest.raises(Killed):
            small(tmp_path, progress=Dies(), **options)
    assert small(tmp_path).files_kept == 0
    assert_whole(tmp_path, digest)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"entry": {}, "days": [[1, 2]]}', b"[1]"])
def test_damaged_receipt_costs_one_file(
    content: bytes, small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "publish", _die)
        with pytest.raises(Killed):
            small(tmp_path)
    receipt = min((tmp_path / WORK / receipts.RECEIPTS).iterdir())
    receipt.write_bytes(content)
    assert small(tmp_path).files_kept == 5
    assert_whole(tmp_path, digest)


def _die(*_: object) -> None:
    raise Killed


def test_ctrl_c_waits_for_no_other_worker(small: Callable[..., BuildResult], tmp_path: Path) -> None:
    """The main thread is interrupted while other threads make days; each ends at its next one."""
    ends: list[str] = []

    class Slow(Progress):
        def advance(self, orders: int, events: int) -> None:
            time.sleep(0.05)
            ends.append(f"{orders} {events}")

    def interrupted(*_: object, **__: object) -> None:
        while not ends:
            time.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "may_fork", lambda: False)
        patch.setattr(threads, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            small(tmp_path, progress=Slow(), days=20, workers=2)
    assert len(ends) < 10
    assert threading.active_count() < 10
    assert not (tmp_path / MANIFEST).exists()


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
    assert_whole(tmp_path, digest)


def test_lock_of_a_dead_build_holds_nobody_up(
    small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    (tmp_path / WORK).mkdir()
    holder = (tmp_path / WORK / receipts.LOCK).open("w")
    fcntl.flock(holder, fcntl.LOCK_EX)
    with pytest.raises(OutputError, match="no other build"):
        small(tmp_path)
    holder.close()
    small(tmp_path)
    assert_whole(tmp_path, digest)


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
    assert_whole(tmp_path, digest)
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
        OutputError, match=r"expected no other dataset here, got one of .*seed 7, 3 days, layout single"
    ):
        small(tmp_path)
    assert (tmp_path / MANIFEST).read_bytes() == before
    small(tmp_path, overwrite=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "sub").is_dir()
    (tmp_path / "notes.txt").unlink()
    assert_whole(tmp_path, digest)
    # And back: a folder of files gives way to one file.
    other = small(tmp_path, seed=7, layout="single", partition_by="location_id", overwrite=True)
    assert_whole(tmp_path, other.manifest.digest)


def test_manifest_that_is_damaged_is_not_overwritten_silently(
    small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    (tmp_path / MANIFEST).write_text("{}")
    with pytest.raises(OutputError, match=r"manifest\.json: .* Use --overwrite to replace it\."):
        small(tmp_path)
    small(tmp_path, overwrite=True)
    assert_whole(tmp_path, digest)


def test_folder_without_a_manifest_counts_as_empty(
    small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    small(tmp_path, seed=7)
    (tmp_path / MANIFEST).unlink()
    small(tmp_path)
    assert_whole(tmp_path, digest)


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
        assert_whole(out, digest)


@contextlib.contextmanager
def small_disk(path: Path, kilobytes: int) -> Iterator[Path]:
    """Mount a disk of so many kilobytes; who may not mount ends the test."""
    path.mkdir()
    mount = [_program("mount"), "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", str(path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip(
            "only root can mount a small disk; tests/cli/test_build.py limits the size of files instead"
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
            local, "publish", lambda plan, results, out, work: finalise.publish(plan, results[1:], out, work)
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
        (location, day) for location in (1, 2) for day in range(DAYS)
    ]
    assert [entry["path"] for entry in raw["tables"]] == [f"{table}.parquet" for table in TABLES]
    assert sum(raw["location_days"]["rows"]) == manifest.rows == raw["rows"]
