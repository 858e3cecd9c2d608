"""Builds are killed at any step, and interrupted: no half dataset looks whole, no finished work is lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fastgen import BuildResult, Progress
from fastgen.building import build as build_module
from fastgen.building import receipts, threads, workers
from fastgen.dataset.layout import EVENTS, MANIFEST, WORK
from tests.building.six_files import assert_finished, assert_readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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
        assert_finished(out, digest)
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
    assert_finished(tmp_path, digest)
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
    assert_finished(tmp_path, digest)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"entry": {}, "days": [[1, 2]]}', b"[1]"])
def test_damaged_receipt_costs_one_file(
    content: bytes, small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_module, "place_dataset", _die)
        with pytest.raises(Killed):
            small(tmp_path)
    receipt = min((tmp_path / WORK / receipts.RECEIPTS).iterdir())
    receipt.write_bytes(content)
    assert small(tmp_path).files_kept == 5
    assert_finished(tmp_path, digest)


def _die(*_: object, **__: object) -> None:
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
