"""A universe that runs on Spark is the one that runs in threads, whatever happens to its tasks."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import fastgen
import fastgen.spark
from fastgen.building.receipts import RUN
from fastgen.dataset.layout import MANIFEST, WORK
from fastgen.errors import OutputError, ScenarioError
from fastgen.spark.universe import spark_engine
from fastgen.universes.run import run_universe
from fastgen.universes.run_options import RunOptions, RunProgress
from tests.effort import repeats
from tests.spark import site_faults
from tests.spark.conftest import ROOT
from tests.universes.small_universe import hash_files, write_universe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyspark.sql import SparkSession

DAYS = 3
# What a run has just written when its driver is killed, and whether Spark goes on then: the first orders of a
# site, the first snapshot, and, once all sites are recorded, the folder by which tasks make the events.
DRIVER_KILLS = [
    ("universe/orders/*/*.parquet", True),
    ("universe/snapshots/*/*", False),
    (f"{WORK}/{RUN}*", True),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with templates, roads, and the dataset "threads"."""
    folder = tmp_path_factory.mktemp("universe")
    write_universe(folder)
    options = RunOptions(days=DAYS, roads=folder / "roads", snapshot_every=1, workers=1)
    run_universe(folder / "templates", folder / "threads", options, force=True)
    return folder


@pytest.fixture
def run_by(spark: SparkSession, folder: Path) -> Callable[..., None]:
    """Run the universe with tasks of the test's own."""

    def run(name: str, task: Callable[..., object]) -> None:
        options = RunOptions(days=DAYS, roads=folder / "roads", snapshot_every=1)
        engine = spark_engine(spark, task)
        run_universe(folder / "templates", folder / name, options, force=True, engine=engine)

    return run


def test_every_file_is_that_of_threads(
    spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one worker, of two, and of Spark; by a path that only the driver's folder makes whole."""

    class Days(RunProgress):
        n = 0

        def advance_days(self, n: int) -> None:
            self.n += n

    options: dict[str, Any] = {"days": DAYS, "roads": folder / "roads", "snapshot_every": 1, "force": True}
    monkeypatch.chdir(folder)
    fastgen.universe.run("templates", "two", workers=2, **options)
    progress = Days()
    made = fastgen.spark.run_universe(spark, "templates", "spark", progress=progress, **options)
    expected = hash_files(folder / "threads")
    assert hash_files(folder / "two") == expected
    assert hash_files(folder / "spark") == expected
    assert progress.n == 2 * DAYS
    assert made.manifest.orders > 100
    assert {"events.parquet", "universe"} <= {path.split("/")[0] for path in expected}


def test_a_run_is_resumed_on_spark(spark: SparkSession, folder: Path) -> None:
    options: dict[str, Any] = {"roads": folder / "roads", "snapshot_every": 1}
    templates, dataset = folder / "templates", folder / "resumed"
    fastgen.spark.run_universe(
        spark,
        templates,
        dataset,
        days=2,
        stop_at="1 19:30",
        cloud_events=folder / "stream",
        force=True,
        **options,
    )
    fastgen.spark.resume_universe(spark, dataset, days=DAYS, **options)
    # Result tables have other files, which end where the first run has ended.
    found, expected = (
        {path: sha256 for path, sha256 in hash_files(one).items() if not path.startswith("universe/")}
        for one in (dataset, folder / "threads")
    )
    assert found == expected
    assert len([*(folder / "stream").iterdir()]) >= 2


@pytest.mark.parametrize("moment", ["table", "orders", "snapshot"])
def test_a_killed_task_changes_nothing(folder: Path, run_by: Callable[..., None], moment: str) -> None:
    """The process dies while it has a file half-written; the next attempt goes on from the last snapshot."""
    marker, name = folder / f"killed-{moment}", f"retried-{moment}"
    run_by(name, partial(site_faults.record_and_die_once, marker=str(marker), moment=moment))
    assert marker.exists()
    assert hash_files(folder / name) == hash_files(folder / "threads")


@pytest.mark.parametrize(("written", "on_spark"), DRIVER_KILLS[: repeats(1, 3)])
def test_a_killed_driver_changes_nothing(
    spark: SparkSession, folder: Path, written: str, *, on_spark: bool
) -> None:
    name = f"driver-{written.split('/')[1]}"
    dataset = folder / name
    command = [sys.executable, "-m", "tests.spark.universe_driver", str(folder), name, str(DAYS)]
    with subprocess.Popen(command, cwd=ROOT) as driver:
        while driver.poll() is None and not list(dataset.glob(written)):
            time.sleep(0.01)
        driver.send_signal(signal.SIGKILL)
    assert driver.returncode == -signal.SIGKILL
    assert not (dataset / MANIFEST).exists()
    run = partial(fastgen.spark.run_universe, spark) if on_spark else fastgen.universe.run
    run(folder / "templates", dataset, days=DAYS, roads=folder / "roads", snapshot_every=1, force=True)
    assert hash_files(dataset) == hash_files(folder / "threads")


def test_an_attempt_that_is_overtaken_gives_up(folder: Path, run_by: Callable[..., None]) -> None:
    run_by("overtaken", partial(site_faults.record_twice, log=str(folder / "log")))
    log = (folder / "log").read_text().splitlines()
    assert sorted(log) == [
        f"{site}: expected to be the last attempt at this site, got another." for site in ("chicago", "sf")
    ]
    assert hash_files(folder / "overtaken") == hash_files(folder / "threads")


def test_a_site_that_fails_is_one_line_and_the_next_run_goes_on(
    folder: Path, run_by: Callable[..., None], spark: SparkSession
) -> None:
    with pytest.raises(OutputError) as caught:
        run_by("failed", partial(site_faults.record_but_one, site="sf"))
    assert str(caught.value) == "sf: expected to write, got: No space left on device."
    assert not (folder / "failed" / "manifest.json").exists()
    assert not (folder / "failed" / "universe" / "tasks").exists()
    fastgen.spark.run_universe(
        spark,
        folder / "templates",
        folder / "failed",
        days=DAYS,
        roads=folder / "roads",
        snapshot_every=1,
        force=True,
    )
    assert hash_files(folder / "failed") == hash_files(folder / "threads")


def test_urls_are_refused_before_anything_is_read() -> None:
    nobody: Any = None
    for refused in (
        partial(fastgen.spark.run_universe, nobody, "templates", "dbfs:/x"),
        partial(fastgen.spark.resume_universe, nobody, "dbfs:/x", days=2),
    ):
        with pytest.raises(ScenarioError, match="expected a POSIX path that every executor sees"):
            refused()
