"""The source for Spark gives cancelled and open orders, in batches and in streams, and the stored column."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl
import pytest
from pyspark.sql.types import ByteType, FloatType, LongType, StringType, StructType

import fastgen
from fastgen.dataset.index import DatasetIndex, read_index
from fastgen.errors import ScenarioError
from fastgen.events.schema import EVENT_TYPES
from fastgen.spark.offsets import read_position
from fastgen.spark.source import FastgenSource
from tests.building.toy import write_toy_roads
from tests.generating.closing_builds import build_closing
from tests.spark.asking import batch, in_order, read_batch, read_between, rows_of, stream
from tests.spark.conftest import needs_java
from tests.spark.stream_clock import HOUR_US, OPTIONS, START_US, Clock
from tests.spark.test_filters import named, pushed
from tests.spark.test_stream_reader import shift_s
from tests.wire.reference import wire_lines

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession


TYPES = {"STRING": StringType, "TINYINT": ByteType, "BIGINT": LongType, "FLOAT": FloatType}


@pytest.fixture(scope="module")
def closing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("closing")
    return build_closing(folder / "data", write_toy_roads(folder / "roads")).path


@pytest.fixture(scope="module")
def closing_index(closing: Path) -> DatasetIndex:
    return read_index(closing)


def test_batches_are_those_of_plain_python(closing: Path, closing_index: DatasetIndex) -> None:
    index = closing_index
    expected = [json.loads(line) for line in wire_lines(closing, index.first_s, index.end_s)]
    assert in_order(read_batch(closing)) == expected
    found = read_batch(closing, types="order_cancelled")
    assert in_order(found) == [row for row in expected if row["event_type"] == "order_cancelled"]
    assert len(found) > 100


def test_raw_batches_have_the_column(closing: Path) -> None:
    stored, key = fastgen.scan_events(closing).collect(), ["order_id", "sequence"]
    found = pl.DataFrame(read_batch(closing, schema="raw"), schema=stored.schema)
    assert found.sort(key).equals(stored.sort(key))


@pytest.mark.parametrize("name", ["order_cancelled", "delivered"])
def test_a_filter_of_the_type_is_taken_over(closing: Path, name: str) -> None:
    reader = batch(closing)
    assert pushed(reader, named("EqualTo", "event_type", name)) == []
    found = {row["event_id"] for row in rows_of(reader, reader.partitions())}
    assert found == {row["event_id"] for row in read_batch(closing, types=name)}


@pytest.mark.usefixtures("newest")
def test_streams_over_the_seam(closing: Path, closing_index: DatasetIndex, clock: Clock) -> None:
    index, offsets = closing_index, [stream(closing, **OPTIONS).initialOffset()]
    for hours in (0, 0.001, 1.5):
        clock.us = START_US + int(hours * HOUR_US)
        offsets.append(stream(closing, **OPTIONS).latestOffset(offsets[-1], None))
    types = set[str]()
    for start, end in pairwise(offsets):
        found = in_order(read_between(stream(closing, **OPTIONS), start, end))
        start_s, end_s = (read_position(offset, index) for offset in (start, end))
        lines = wire_lines(closing, start_s, end_s, shift_s(index), loops=4)
        assert found == [json.loads(line) for line in lines]
        types |= {row["event_type"] for row in found}
    assert types == set(EVENT_TYPES)
    assert offsets[-1]["position"]["loop"] > 0


def spark_type(schema: str) -> StructType:
    """Make Spark's type of a schema as text, for which it would need a session."""
    made = StructType()
    for field in schema.split(", "):
        name, kind = field.split(" ")
        made = made.add(name, TYPES[kind]())
    return made


def test_the_stored_schema_has_the_column_only_there(closing: Path, dataset: Path) -> None:
    with_reason, without = (
        FastgenSource({"path": str(path), "schema": "raw"}).schema() for path in (closing, dataset)
    )
    assert with_reason == f"{without}, cancel_reason STRING"
    source = FastgenSource({"path": str(closing), "schema": "raw"})
    assert source.reader(spark_type(with_reason))
    with pytest.raises(ScenarioError, match="schema: expected the source's own columns"):
        source.reader(spark_type(f"{without}, reason STRING"))


@needs_java
def test_spark_reads_batches_of_both_schemas(spark: SparkSession, closing: Path) -> None:
    raw = spark.read.format("fastgen").option("schema", "raw").load(str(closing))
    counts = {row["cancel_reason"]: row["count"] for row in raw.groupBy("cancel_reason").count().collect()}
    stored = fastgen.scan_events(closing).collect()["cancel_reason"].value_counts()
    assert counts == dict(stored.rows())
    wire = spark.read.format("fastgen").load(str(closing)).where("event_type = 'order_cancelled'")
    reasons = [json.loads(row["body"])["reason"] for row in wire.collect()]
    assert {reason: reasons.count(reason) for reason in set(reasons)} == {
        reason: n for reason, n in counts.items() if reason is not None
    }
