"""Spark reads a live folder, clean and with faults; its bad rows are those of the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from pyspark.sql import functions as f

from tests.faults.streams import faults_text
from tests.live_kitchens.runs import config_of, lines, run

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

WIRE = "event_id string, event_type string, ts string, gk_id string, location string, order_id string, "
WIRE += "sequence int, body string, bad string"
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "malformed", "probability": 0.05},
    {"kind": "late", "probability": 0.1, "max_delay_s": 3600},
)


@pytest.mark.parametrize("is_faulty", [False, True])
def test_bad_rows_are_those_of_the_ledger(spark: SparkSession, tmp_path: Path, *, is_faulty: bool) -> None:
    nulls: dict[str, Any] = {"driver_ping": {"loc_lat": 0.2}} if is_faulty else {}
    config = config_of(orders_day_1=300, orders_last=300, batch_rows=100, batch_seconds=60, dq=nulls)
    path, out, ledger = tmp_path / "faults.toml", tmp_path / "out", tmp_path / "ledger.parquet"
    path.write_text(faults_text(*FAULTS))
    options: dict[str, Any] = {"faults": path, "ledger": ledger} if is_faulty else {}
    run(config, out, hours=1, **options)
    # Spark forgets the text of bad rows unless they are cached.
    read = spark.read.schema(WIRE).option("columnNameOfCorruptRecord", "bad").json(str(out)).cache()
    ping = f.from_json("body", "loc_lat double")
    no_lat = read.where("bad IS NULL AND event_type = 'driver_ping'").where(ping["loc_lat"].isNull()).count()
    n_bad, expected, n_nulls = read.where("bad IS NOT NULL").count(), 0, 0
    if is_faulty:
        written = pl.read_parquet(ledger).filter(pl.col("file").is_not_null())
        broken = written.filter(kind="malformed").select("file", "line").unique()
        expected = broken.height
        n_nulls = written.filter(kind="null").join(broken, on=["file", "line"], how="anti").height
        assert min(expected, n_nulls) > 50
    assert (n_bad, no_lat) == (expected, n_nulls)
    assert read.count() == len(lines(out)) > 1000
