"""The source in a real local Spark: what arrives is what slices and replays give."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyspark
import pytest
from pyspark.errors import PySparkException
from pyspark.sql.datasource import DataSourceStreamReader

import fastgen
from fastgen.replaying.clock import us_from_utc, utc_from_us
from fastgen.spark.offsets import read_position
from fastgen.spark.stream import passes_present_offset
from tests.spark.asking import Row, in_order
from tests.wire.reference import wire_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame, SparkSession

    from fastgen.dataset.index import DatasetIndex

ROOT = Path(__file__).parent.parent.parent
CAN_PUSH = tuple(map(int, pyspark.__version__.split(".")[:2])) >= (4, 1)
IS_NEW = passes_present_offset(DataSourceStreamReader)
PUSHDOWN = "spark.sql.python.filterPushdown.enabled"


def rows_of(frame: DataFrame) -> list[Row]:
    return in_order([row.asDict() for row in frame.collect()])


def expected_rows(dataset: Path, start_s: int, end_s: int, shift_s: int = 0, *, loops: int = 1) -> list[Row]:
    return [json.loads(line) for line in wire_lines(dataset, start_s, end_s, shift_s, loops=loops)]


def test_wire_batch(spark: SparkSession, dataset: Path, index: DatasetIndex) -> None:
    frame = spark.read.format("fastgen").option("start", "0T12:00").option("END", "1").load(str(dataset))
    assert frame.columns == [
        *("event_id", "event_type", "ts", "location_id", "order_id", "sequence", "body"),
    ]
    expected = expected_rows(dataset, index.epoch_s + 43_200, index.epoch_s + 86_400)
    assert rows_of(frame) == expected
    assert len(expected) > 100


def test_raw_batch_under_the_older_name_counts_as_polars_does(
    spark: SparkSession, single_dataset: Path
) -> None:
    raw = spark.read.format("caspers").options(datasetPath=str(single_dataset), schema="raw").load()
    sums = "count(*) n, sum(ts_seconds) ts, sum(sequence) sequence, sum(length(items_json)) items"
    found = raw.groupBy("location_id", "event_type_id").agg(*map(_expr, sums.split(", "))).collect()
    counted = (
        fastgen.scan_events(single_dataset)
        .collect()
        .sql(
            "SELECT location_id, event_type_id, count(*) AS n, sum(ts_seconds) AS ts, "
            "sum(sequence) AS sequence, sum(LENGTH(items_json)) AS items FROM self "
            "GROUP BY location_id, event_type_id"
        )
    )
    key = ("location_id", "event_type_id")
    spark_rows = {tuple(row[k] for k in key): row.asDict() for row in found}
    polars_rows = {tuple(row[k] for k in key): row for row in counted.to_dicts()}
    assert spark_rows.keys() == polars_rows.keys()
    for one, row in polars_rows.items():
        assert {**spark_rows[one], "items": spark_rows[one]["items"] or 0} == {
            **row,
            "items": row["items"] or 0,
        }


def _expr(text: str) -> Any:
    from pyspark.sql import functions as f  # noqa: PLC0415

    return f.expr(text)


@pytest.fixture(params=[False, True] if CAN_PUSH else [False])
def pushing(spark: SparkSession, request: pytest.FixtureRequest) -> Iterator[bool]:
    if CAN_PUSH:
        spark.conf.set(PUSHDOWN, str(request.param).lower())
    yield request.param
    if CAN_PUSH:
        spark.conf.unset(PUSHDOWN)


def test_filters_are_right_pushed_down_or_not(
    spark: SparkSession, dataset: Path, index: DatasetIndex, *, pushing: bool
) -> None:
    frame = spark.read.format("fastgen").load(str(dataset))
    where = "location_id = 1 AND event_type <> 'driver_ping' AND ts >= '2024-01-01 19' AND ts < '2024-01-02'"
    expected = [
        row
        for row in expected_rows(dataset, index.epoch_s + 19 * 3600, index.epoch_s + 86_400)
        if row["location_id"] == 1 and row["event_type"] != "driver_ping"
    ]
    filtered = frame.where(where)
    assert rows_of(filtered) == expected
    assert len(expected) > 20
    plan = filtered._jdf.queryExecution().executedPlan().toString()
    assert ("Filter (" in plan) == (not pushing)
    assert filtered.rdd.getNumPartitions() == (1 if pushing else len(index.codes))


def test_task_that_fails_at_its_first_try(
    dataset: Path, tmp_path: Path, index: DatasetIndex, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fastgen.spark.registration import _own_python  # noqa: PLC0415
    from tests.spark.failing import FailingSource  # noqa: PLC0415

    assert spark.sparkContext.environment is not None
    monkeypatch.setitem(spark.sparkContext.environment, "FASTGEN_TEST_TRIES", str(tmp_path))
    with _own_python(spark):
        spark.dataSource.register(FailingSource)
    frame = spark.read.format("fastgen-failing").load(str(dataset))
    assert rows_of(frame) == expected_rows(dataset, index.first_s, index.end_s)
    assert len(list(tmp_path.iterdir())) == len(index.codes)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"speeed": "3"}, "option speeed: expected one of path"),
        ({"locations": "paris"}, "locations: expected codes or ids among"),
        ({"path": "/nowhere"}, "nowhere"),
        ({"speed": "60"}, "speed: expected on streams only"),
    ],
)
def test_wrong_options(spark: SparkSession, dataset: Path, options: dict[str, str], error: str) -> None:
    with pytest.raises(PySparkException, match=error):
        spark.read.format("fastgen").options(**{"path": str(dataset), **options}).load().count()


def test_a_schema_of_ones_own_is_refused(spark: SparkSession, dataset: Path) -> None:
    with pytest.raises(PySparkException, match=r"schema: expected the source's own columns .leave it out."):
        spark.read.format("fastgen").schema("order_id string").load(str(dataset)).count()


def run(work: Path, options: dict[str, str], trigger: dict[str, Any]) -> subprocess.Popen[str]:
    """Start a stream in a process group of its own: Python, Spark and its workers."""
    env = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"}
    env.pop("PYSPARK_PYTHON", None)
    command = [
        sys.executable,
        "-m",
        "tests.spark.streamer",
        str(work),
        json.dumps(options),
        json.dumps(trigger),
    ]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def positions(work: Path, index: DatasetIndex) -> dict[int, int]:
    """Where each batch ends, by the checkpoint."""
    found = {}
    for path in (work / "checkpoint" / "offsets").glob("[0-9]*"):
        found[int(path.name)] = read_position(json.loads(path.read_text().splitlines()[-1]), index)
    return found


def anchored(work: Path) -> int:
    """Shift of the stream's times, by the anchor in its checkpoint."""
    offset = json.loads((work / "checkpoint" / "offsets" / "0").read_text().splitlines()[-1])
    return us_from_utc(dt.datetime.fromisoformat(offset["terms"]["anchor"]))


def check_table(spark: SparkSession, work: Path, dataset: Path, index: DatasetIndex, start_day: int) -> int:
    """Check that the table has each event up to the last offset once, over the loops; return the loops."""
    end_s = max(positions(work, index).values())
    loops = (end_s - index.epoch_s) // index.length_s + 1
    shift_s = anchored(work) // 1_000_000 // 86_400 * 86_400 - (index.epoch_s + start_day * 86_400)
    expected = expected_rows(dataset, index.first_s, end_s, shift_s, loops=loops)
    assert rows_of(spark.read.parquet(f"{work}/table")) == expected
    assert len(expected) > 100
    return loops


def test_available_now_is_the_history_and_then_what_is_due(
    spark: SparkSession, dataset: Path, index: DatasetIndex, tmp_path: Path
) -> None:
    """The anchor lies an hour back, at which the dataset's two days pass twice."""
    anchor_us = us_from_utc(dt.datetime.now(dt.UTC)) - 3_600_000_000
    anchor = utc_from_us(anchor_us).isoformat()
    options = {"path": str(dataset), "startDay": "1", "speed": "100", "anchor": anchor}
    stream = spark.readStream.format("fastgen").options(**options).load()
    query = (
        stream.writeStream.format("parquet")
        .options(path=f"{tmp_path}/table", checkpointLocation=f"{tmp_path}/checkpoint")
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    ends = positions(tmp_path, index)
    assert len(ends) == (2 if IS_NEW else 1)
    if IS_NEW:
        second_of_day = anchor_us // 1_000_000 % 86_400
        assert ends[0] == index.epoch_s + 86_400 + second_of_day + 1
    assert check_table(spark, tmp_path, dataset, index, 1) >= 3


def test_killed_and_restarted_gives_every_event_once(
    spark: SparkSession, dataset: Path, index: DatasetIndex, tmp_path: Path
) -> None:
    """Killed whole in the middle of its batches, twice, and then run to what is due."""
    options = {"path": str(dataset), "startDay": "1", "speed": "8000"}
    if not IS_NEW:
        options["anchor"] = utc_from_us(us_from_utc(dt.datetime.now(dt.UTC))).isoformat()
    batches = []
    for delay_s in (0.0, 0.25):
        with run(tmp_path, options, {"processingTime": "100 milliseconds"}) as process:
            assert process.stdout is not None
            first, second = process.stdout.readline(), process.stdout.readline()
            time.sleep(delay_s)
            os.killpg(process.pid, signal.SIGKILL)
            assert second, process.stderr and process.stderr.read()[-3000:]
        batches.append((int(first.split()[0]), len(positions(tmp_path, index))))
    with run(tmp_path, options, {"availableNow": True}) as process:
        _, stderr = process.communicate()
    assert process.returncode == 0, stderr[-3000:]
    assert batches[0][0] == 0
    assert batches[1][0] > 0  # the second run went on
    assert len(positions(tmp_path, index)) > batches[1][1] - 1
    assert check_table(spark, tmp_path, dataset, index, 1) >= 2


@pytest.mark.skipif(IS_NEW, reason="It tests what PySpark before 4.2 needs, and a newer one is installed")
def test_older_pyspark_asks_for_an_anchor(spark: SparkSession, dataset: Path, tmp_path: Path) -> None:
    stream = spark.readStream.format("fastgen").load(str(dataset))
    writer = stream.writeStream.format("noop").option("checkpointLocation", str(tmp_path))
    with pytest.raises(PySparkException, match=r"anchor: PySpark .* a restart would lose its clock"):
        writer.trigger(availableNow=True).start().awaitTermination()
