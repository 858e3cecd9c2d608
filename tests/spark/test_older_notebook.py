"""A notebook of the older demo reads format "caspers" and moves the times itself: it comes out at today."""

from __future__ import annotations

import datetime as dt
import json
import operator
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as f

import fastgen
from fastgen.dataset.index import read_index
from fastgen.errors import ScenarioError
from fastgen.replaying.clock import utc_from_us
from fastgen.spark.offsets import read_position
from fastgen.spark.options import read_batch_options, read_selection, read_stream_options
from fastgen.spark.source import CaspersSource, FastgenSource
from fastgen.spark.stream import now_us
from tests.spark.asking import stream
from tests.wire.reference import wire_lines

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from fastgen.dataset.index import DatasetIndex

START_DAY = 1
COLUMNS = [
    "order_id",
    "location_id",
    "event_type_id",
    "ts_seconds",
    "sequence",
    "customer_lat",
    "customer_lon",
]
COLUMNS += ["customer_addr", "items_json", "route_json", "ping_lat", "ping_lon", "ping_progress"]
NAMES = ["order_created", "gk_started", "gk_finished", "gk_ready", "driver_arrived", "driver_picked_up"]
NAMES += ["driver_ping", "delivered"]


def options_of(dataset: Path) -> dict[str, str]:
    return {"datasetPath": str(dataset), "simulationStartDay": str(START_DAY), "speedMultiplier": "1.0"}


def brought_to_today(raw: DataFrame, today: dt.date) -> DataFrame:
    """Do what the notebook does: name the types, move the times by whole days, lay out the body."""
    shift_s = (today - dt.timedelta(START_DAY) - dt.date(2024, 1, 1)).days * 86_400
    kind = f.lit(None).cast("string")
    for number, name in enumerate(NAMES, 1):
        kind = f.when(f.col("event_type_id") == number, name).otherwise(kind)
    ping = f.struct(
        f.col("ping_progress").cast("double").alias("progress_pct"),
        f.col("ping_lat").cast("double").alias("loc_lat"),
        f.col("ping_lon").cast("double").alias("loc_lon"),
    )
    items = f.from_json("items_json", "array<struct<id:int,name:string,price:double,qty:int>>")
    route = f.from_json("route_json", "array<array<double>>")
    body = (
        f.when(f.col("event_type_id") == 1, f.to_json(f.struct("customer_addr", items.alias("items"))))
        .when(f.col("event_type_id") == 6, f.to_json(f.struct(route.alias("route_points"))))
        .when(f.col("event_type_id") == 7, f.to_json(ping))
        .otherwise("{}")
    )
    moved = f.from_unixtime(f.col("ts_seconds") + f.lit(shift_s))
    return raw.select(
        f.expr("uuid()").alias("event_id"),
        kind.alias("event_type"),
        f.date_format(moved, "yyyy-MM-dd HH:mm:ss.SSS").alias("ts"),
        "location_id",
        "order_id",
        "sequence",
        body.alias("body"),
    )


def test_the_older_notebook_lands_at_today_with_each_event_once(
    spark: SparkSession, single_dataset: Path, tmp_path: Path
) -> None:
    """Two scheduled runs with one checkpoint, as a job has them."""
    options, today = options_of(single_dataset), utc_from_us(now_us()).date()
    raw = spark.readStream.format("caspers").options(**options).load()
    assert raw.columns == COLUMNS
    for _ in range(2):
        query = (
            brought_to_today(raw, today)
            .writeStream.format("json")
            .option("path", str(tmp_path / "events"))
            .option("checkpointLocation", str(tmp_path / "checkpoint"))
            .trigger(availableNow=True)
            .start()
        )
        query.awaitTermination()
    rows = [row.asDict() for row in spark.read.json(str(tmp_path / "events")).collect()]
    index = read_index(single_dataset)
    window = index.first_s, read_position(last_offset(tmp_path / "checkpoint"), index)
    shift_s = (today - dt.timedelta(START_DAY) - dt.date(2024, 1, 1)).days * 86_400
    keys = ("order_id", "sequence", "event_type", "ts", "location_id")
    expected = [json.loads(line) for line in wire_lines(single_dataset, *window, shift_s, loops=2)]
    key = operator.itemgetter(*keys)
    assert sorted(map(key, rows)) == sorted(map(key, expected))
    assert len(rows) > 100
    assert str(today - dt.timedelta(START_DAY)) == min(row["ts"] for row in rows)[:10]
    assert max(row["ts"] for row in rows) <= f"{utc_from_us(now_us()):%Y-%m-%d %H:%M:%S.999}"
    bodies = [json.loads(row["body"]) for row in rows if row["event_type"] == "order_created"]
    assert all(body["items"][0]["price"] > 0 for body in bodies)


def last_offset(checkpoint: Path) -> dict[str, Any]:
    """Read the source's line of the newest file of offsets, after its version and its metadata."""
    newest = max(
        (p for p in (checkpoint / "offsets").iterdir() if p.name.isdigit()), key=lambda p: int(p.name)
    )
    offset: dict[str, Any] = json.loads(newest.read_text().splitlines()[2])
    return offset


def test_a_batch_of_the_older_format_gives_the_stored_columns_unmoved(
    spark: SparkSession, dataset: Path
) -> None:
    frame = spark.read.format("caspers").load(str(dataset))
    assert frame.columns == COLUMNS
    own = {(row["order_id"], row["sequence"], row["ts_seconds"]) for row in frame.collect()}
    stored = fastgen.scan_events(dataset).collect().to_dicts()
    assert own == {(row["order_id"], row["sequence"], row["ts_seconds"]) for row in stored}
    assert len(own) == len(stored)


@pytest.mark.parametrize(("source", "raw"), [(FastgenSource, False), (CaspersSource, True)])
@pytest.mark.parametrize("given", [None, "wire", "raw", "RAW"])
def test_formats_differ_by_their_default_schema_alone(
    source: type[FastgenSource],
    raw: bool,  # noqa: FBT001  # of a parametrised test
    given: str | None,
    dataset: Path,
) -> None:
    options = {"path": str(dataset)} | ({} if given is None else {"schema": given})
    raw = raw if given is None else given.lower() == "raw"
    assert read_selection(options, source.default_schema).raw == raw
    assert read_batch_options(options, source.default_schema).selection.raw == raw
    assert read_stream_options(options, source.default_schema).selection.raw == raw
    assert ("event_type_id" in source(options).schema()) == raw


def test_an_older_checkpoint_of_wire_rows_goes_on_with_the_option(dataset: Path, index: DatasetIndex) -> None:
    """The default of "caspers" was the wire format once: such a stream is told how to go on."""
    options = {"startDay": "1", "anchor": "2026-03-01T12:00"}
    wire = stream(dataset, **options)
    begun = wire.latestOffset(wire.initialOffset(), None)
    with pytest.raises(
        ScenarioError, match=r'expected wire, .*; \.option\("schema", "wire"\) goes on with it'
    ):
        stream(dataset, schema="raw", **options).latestOffset(begun, None)
    later = stream(dataset, schema="wire", **options).latestOffset(begun, None)
    assert read_position(later, index) > read_position(begun, index)
