"""Spark finds as many bad rows of each kind as the ledger has, in slices, replays and live folders."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import polars as pl
import pytest
from pyspark.sql import functions as f

from tests.faults.bad_rows import CASES, COLUMNS, check_counts, emit

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

ROW = "event_id string, event_type string, ts string, body string"


def in_spark(spark: SparkSession, files: list[Path]) -> pl.DataFrame:
    """Read with Spark in its permissive mode; the text of the body has the values of another type."""
    paths = list(map(str, files))
    if files[0].suffix == ".jsonl":
        rows = spark.read.schema(f"{ROW}, bad string").option("columnNameOfCorruptRecord", "bad").json(paths)
    else:
        rows = spark.read.options(header=True, escape='"').csv(paths)
    body = f.from_json("body", "loc_lat double, customer_lat double, tip double")
    has_lat = f.get_json_object("body", "$.customer_lat").isNotNull()
    found = rows.select(
        *COLUMNS[:3],
        ((f.col("event_type") == "driver_ping") & body["loc_lat"].isNull()).alias("no_lat"),
        (has_lat & body["customer_lat"].isNull()).alias("wrong_lat"),
        body["tip"].isNotNull().alias("has_tip"),
        f.input_file_name().alias("file"),
        # It rises with the lines of a file.
        f.monotonically_increasing_id().alias("line"),
    )
    return pl.DataFrame(pl.from_arrow(found.toArrow())).sort("file", "line").select(COLUMNS)


@pytest.mark.parametrize(("source", "form"), CASES)
def test_spark_counts_what_the_ledger_has(
    spark: SparkSession, source: str, form: str, dataset: Path, tmp_path: Path
) -> None:
    check_counts(partial(in_spark, spark), emit(source, form, dataset, tmp_path), form)
