"""Spark reads a stream with faults in its permissive mode, and finds the bad rows that the ledger has."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl
from pyspark.sql import functions as f

import fastgen
from tests.faults.streams import faults_text

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

WIRE = "event_id string, event_type string, ts string, location_id int, order_id string, "
WIRE += "sequence int, body string"
# The copies are made first: a copy of a broken line would be broken, with no entry of its own for that.
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "duplicate", "probability": 0.1, "max_delay_s": 60},
    {"kind": "malformed", "probability": 0.05},
    {"kind": "truncated", "probability": 0.05},
    {"kind": "wrong_type", "probability": 0.1, "field": "ts"},
    {"kind": "null", "probability": 0.3, "types": ["driver_ping"], "field": "loc_lat"},
    {"kind": "lost", "probability": 0.05},
    {"kind": "late", "probability": 0.1, "max_delay_s": 3600},
)


def test_bad_rows_are_those_of_the_ledger(spark: SparkSession, dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "faults.toml").write_text(faults_text(*FAULTS))
    now = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
    for minutes in (0, 5):
        emitted = fastgen.replay(
            dataset,
            tmp_path / "landing",
            start_day=1,
            now=now + dt.timedelta(minutes=minutes),
            max_rows_per_file=500,
            faults=tmp_path / "faults.toml",
            ledger=tmp_path / "ledger.parquet",
        )
    assert emitted.events > 0
    ledger = pl.read_parquet(tmp_path / "ledger.parquet").filter(pl.col("file").is_not_null())
    place = ["file", "line"]

    def places(kind: str) -> pl.DataFrame:
        return ledger.filter(pl.col("kind") == kind).select(place).unique()

    broken = pl.concat([places("malformed"), places("truncated")]).unique()
    rows = (
        spark.read.schema(f"{WIRE}, bad string")
        .option("columnNameOfCorruptRecord", "bad")
        .json(str(tmp_path / "landing"))
        .cache()
    )
    assert rows.where("bad IS NOT NULL").count() == broken.height > 50
    good = rows.where("bad IS NULL")
    other_dates = good.where(f.expr("try_to_timestamp(ts, 'yyyy-MM-dd HH:mm:ss.SSS')").isNull()).count()
    assert other_dates == places("wrong_type").join(broken, on=place, how="anti").height > 50
    ping = f.from_json("body", "loc_lat double, loc_lon double")
    nulls = good.where("event_type = 'driver_ping'").where(ping["loc_lat"].isNull()).count()
    assert nulls == places("null").join(broken, on=place, how="anti").height > 20
    # The ledger itself is a table that Spark reads.
    entries = spark.read.parquet(str(tmp_path / "ledger.parquet"))
    assert entries.where("file IS NOT NULL").count() == ledger.height
