"""A real local Spark makes the dataset that threads make, whatever happens to its tasks and its driver."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from importlib import util
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import fastgen.spark
from fastgen import OutputError, Progress, ScenarioError, build
from fastgen.building.build import build_with
from fastgen.building.options import BuildOptions
from fastgen.building.receipts import RUN
from fastgen.cli import main
from fastgen.dataset.layout import MANIFEST, WORK
from fastgen.spark import session
from fastgen.spark.building import make_with_spark
from fastgen.spark.tasks import make_files
from tests import own_keys
from tests.building.six_files import SIX_FILES, assert_whole
from tests.building.toy import write_toy_roads
from tests.spark import faults
from tests.spark.conftest import ROOT, needs_java

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyspark.sql import SparkSession

    from fastgen import BuildResult
    from fastgen.dataset.manifest import Manifest

# PySpark 4.0 leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_roads(tmp_path_factory.mktemp("roads") / "toy")


@pytest.fixture(scope="module")
def manifest(roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """Manifest of the six files, made by one thread."""
    return build(tmp_path_factory.mktemp("local"), roads=roads, workers=1, **SIX_FILES).manifest


@pytest.fixture
def build_by(spark: SparkSession, roads: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., BuildResult]:
    """Build the six files with tasks of the test's own, a file a task."""
    monkeypatch.setattr("fastgen.spark.building.EVENTS_A_TASK", 1)

    def run(out: Path, task: Callable[..., object], **options: Any) -> BuildResult:
        engine = partial(make_with_spark, session=lambda: spark, task=task)
        return build_with(engine, out, BuildOptions(roads=roads, **(SIX_FILES | options)))

    return run


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"partition_by": "location_id"},
        {"layout": "single", "partition_by": "location_id", "compression": "snappy"},
        {"kitchen": "stations"},
    ],
)
def test_dataset_is_that_of_threads(
    spark: SparkSession, roads: Path, tmp_path: Path, form: dict[str, Any]
) -> None:
    class Counts(Progress):
        rows = 0

        def advance(self, orders: int, events: int) -> None:
            assert events > 5 * orders > 0
            self.rows += events

    progress, options = Counts(), SIX_FILES | form
    made = fastgen.spark.build(spark, None, tmp_path / "spark", roads=roads, progress=progress, **options)
    for workers in (1, 2):
        threads = build(tmp_path / str(workers), roads=roads, workers=workers, **options)
        assert made.manifest == threads.manifest
    assert_whole(tmp_path / "spark", made.manifest)
    assert progress.rows == made.manifest.rows
    again = fastgen.spark.build(spark, None, tmp_path / "spark", roads=roads, **options)
    assert again.files_kept == len(made.manifest.files)


def test_orders_that_may_end_early_are_those_of_threads(
    spark: SparkSession, roads: Path, tmp_path: Path
) -> None:
    """A day of closed kitchens, which cancel its orders, is a task's own like any other."""
    closed = '{ kind = "kitchen_closed", name = "it", from = "1 17:00", to = "1 20:00" }'
    kitchen = f'[kitchen]\nmodel = "stations"\ndisturbances = [{closed}]\n'
    (tmp_path / "closed.toml").write_text(kitchen)
    made = fastgen.spark.build(spark, tmp_path / "closed.toml", tmp_path / "spark", roads=roads, **SIX_FILES)
    local = build(
        tmp_path / "threads", scenario=tmp_path / "closed.toml", roads=roads, workers=1, **SIX_FILES
    )
    assert made.manifest == local.manifest
    assert made.manifest.digest_version == 2
    assert_whole(tmp_path / "spark", made.manifest)
    events = fastgen.scan_events(tmp_path / "spark").collect()
    assert (
        events["cancel_reason"].drop_nulls().to_list()
        == ["kitchen_closed"]
        * events.filter(
            pl.col("event_type_id") == 9  # order_cancelled
        ).height
    )
    assert events["cancel_reason"].count() > 10


def test_scenario_tables_and_networks_of_the_driver_reach_the_tasks(
    spark: SparkSession, roads: Path, tmp_path: Path
) -> None:
    """What they are made from is gone for the workers: all of it travels with the build."""
    build(tmp_path / "tables", roads=roads, days=1)
    for name in ("spark", "threads"):
        shutil.copytree(tmp_path / "tables", tmp_path / f"{name}-in")
    text = f'clock = "utc"\nseed = 9\n[driver]\narrival_alpha = 2.5\n{own_keys.TEXT}'
    (tmp_path / "mine.toml").write_text(text)
    inputs: dict[str, Any] = {"dimensions": tmp_path / "tables", "roads": roads, "days": 2, "scale": 2}
    made = fastgen.spark.build(spark, tmp_path / "mine.toml", tmp_path / "spark", **inputs)
    local = build(tmp_path / "threads", scenario=tmp_path / "mine.toml", **inputs)
    assert made.manifest == local.manifest
    assert made.manifest.scenario["seed"] == 9


@pytest.mark.parametrize("moment", ["file half-written", "no receipt yet"])
def test_killed_task_changes_nothing(
    build_by: Callable[..., BuildResult], manifest: Manifest, tmp_path: Path, moment: str
) -> None:
    marker = tmp_path / "killed"
    build_by(tmp_path / "out", partial(faults.make_and_die_once, marker=str(marker), moment=moment))
    assert marker.exists()
    assert_whole(tmp_path / "out", manifest)


def test_failed_build_keeps_what_is_finished(
    build_by: Callable[..., BuildResult], roads: Path, manifest: Manifest, tmp_path: Path
) -> None:
    with pytest.raises(OutputError) as caught:
        build_by(tmp_path, partial(faults.make_but_one, numbers=(4, 5)))
    assert str(caught.value) in {
        f"file {number}: expected to write the file, got: No space left on device." for number in (4, 5)
    }
    assert not (tmp_path / MANIFEST).exists()
    # Any engine goes on from there.
    result = build(tmp_path, roads=roads, **SIX_FILES)
    assert result.files_kept == 4
    assert_whole(tmp_path, manifest)


def test_error_of_another_kind_is_one_line(build_by: Callable[..., BuildResult], tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"^Spark: expected every file to be made, got: .*$") as caught:
        build_by(tmp_path, faults.fail)
    assert "ZeroDivisionError: no reason" in str(caught.value)


def test_driver_refuses_gaps(
    build_by: Callable[..., BuildResult], manifest: Manifest, tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match=r"^expected 6 finished files, events\.parquet/\S+ is missing\.$"):
        build_by(tmp_path, faults.lose_one)
    assert not (tmp_path / MANIFEST).exists()
    assert build_by(tmp_path, make_files).files_kept == 6
    assert_whole(tmp_path, manifest)


def test_route_tables_are_mapped_once_a_worker(
    build_by: Callable[..., BuildResult], manifest: Manifest, tmp_path: Path
) -> None:
    build_by(tmp_path / "out", partial(faults.make_and_log, log=str(tmp_path / "log")))
    mapped = (tmp_path / "log").read_text().splitlines()
    assert len(set(mapped)) == len(mapped)
    # Six tasks, two at a time, each in a worker that is there already where there is one.
    assert 2 <= len(mapped) <= 2 * 2
    assert_whole(tmp_path / "out", manifest)


# --- the command --------------------------------------------------------------------------------------------


@needs_java
def test_killed_command_goes_on_where_it_stopped(roads: Path, tmp_path: Path) -> None:
    """No PYSPARK_PYTHON is set, and Spark has nothing to say on stderr."""
    options = ["--days", "10", "--partition-by", "location_id,day", "--scale", "2", "--roads", str(roads)]
    command = [sys.executable, "-m", "fastgen", "build", *options, "-o", str(tmp_path)]
    command += ["--engine", "spark", "--master", "local[2]"]
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    env = {key: value for key, value in os.environ.items() if key != "PYSPARK_PYTHON"} | {"PYTHONPATH": paths}
    with subprocess.Popen(command, env=env, cwd=tmp_path.parent, start_new_session=True) as driver:
        while driver.poll() is None and not list(tmp_path.glob(f"{WORK}/{RUN}*/*.json")):
            time.sleep(0.01)
        driver.send_signal(signal.SIGKILL)
    assert not (tmp_path / MANIFEST).exists()
    again = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stderr) == (0, "")
    assert "of 40 files of events were finished already" in again.stdout
    local = build(tmp_path.parent / "local", roads=roads, days=10, partition_by="location_id,day", scale=2)
    assert_whole(tmp_path, local.manifest)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            "--engine spark -o dbfs:/x",
            "expected a POSIX path that every executor sees, such as /Volumes/..., got",
        ),
        ("--engine spark -o s3://bucket/x", "expected a POSIX path"),
        ("--engine spark -o file:///x", "expected a POSIX path"),
        ("--engine spark --workers 2 -o x", "--workers: expected --engine local with it"),
        ("--master local[2] -o x", "--master: expected --engine spark with it"),
        ("--engine flink -o x", "'flink' is not one of 'local', 'spark'"),
        ("--engine spark --days 0 -o x", "--days: expected 1 <= days"),
    ],
)
def test_wrong_use_is_one_line_before_spark_starts(
    args: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["build", *args.split()])
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert message in said.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("lacking", ["pyspark", "pandas"])
def test_missing_package_is_named_with_its_extra(
    lacking: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = util.find_spec
    monkeypatch.setattr(
        "fastgen.spark.session.find_spec", lambda name: None if name == lacking else real(name)
    )
    with pytest.raises(SystemExit) as ended:
        main(["build", "--engine", "spark"])
    assert ended.value.code == 2
    expected = f"fastgen: Spark needs {lacking}: run pip install 'fastgen[spark]', then try again.\n"
    assert capsys.readouterr().err == expected


def test_url_is_refused_by_the_library_too() -> None:
    with pytest.raises(ScenarioError, match="expected a POSIX path"):
        fastgen.spark.build(None, None, "dbfs:/mnt/x")  # no session is asked for


@pytest.mark.parametrize(
    "said",
    [
        "  File \"worker.py\", line 9\nModuleNotFoundError: No module named 'fastgen'\n",
        "[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.9",
        'Cannot run program "python3": error=2, No such file or directory',
    ],
)
def test_another_python_in_the_workers_says_what_to_set(said: str) -> None:
    error = str(session.explain(RuntimeError(said)))
    assert "\n" not in error
    assert f"set PYSPARK_PYTHON={sys.executable} before the session starts." in error


def test_names_are_loaded_at_first_use() -> None:
    assert callable(fastgen.spark.build)
    with pytest.raises(AttributeError, match="no attribute 'biuld'"):
        fastgen.spark.biuld  # noqa: B018


def test_manifests_can_be_compared(manifest: Manifest) -> None:
    assert manifest == dataclasses.replace(manifest)
    assert manifest != dataclasses.replace(manifest, rows=manifest.rows + 1)
