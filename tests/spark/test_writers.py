"""Spark reads the files of both writers alike, and its tasks write with either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import fastgen.spark
from fastgen import build
from fastgen.dataset.verify.run import verify_dataset
from tests.building.six_files import SIX_FILES, assert_whole
from tests.building.toy import write_toy_roads

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

FORMS: dict[str, dict[str, Any]] = {
    "a file a day": {},
    "a file a location": {"partition_by": "location_id", "compression": "snappy"},
    "one file": {"partition_by": "location_id", "layout": "single", "compression": "none"},
}


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_roads(tmp_path_factory.mktemp("roads") / "toy")


@pytest.mark.parametrize("form", FORMS)
def test_tasks_write_by_polars_what_threads_do_and_spark_reads_it(
    form: str, spark: SparkSession, roads: Path, tmp_path: Path
) -> None:
    options = SIX_FILES | FORMS[form] | {"roads": roads}
    made = fastgen.spark.build(spark, None, tmp_path / "spark", writer="polars", **options)
    assert made.manifest == build(tmp_path / "polars", writer="polars", **options).manifest
    assert_whole(tmp_path / "spark", made.manifest)
    assert verify_dataset(tmp_path / "spark").passed
    build(tmp_path / "fastgen", **options)
    one, other = (
        spark.read.parquet(str(tmp_path / name / "events.parquet")) for name in ("spark", "fastgen")
    )
    assert one.schema == other.schema
    assert one.count() == made.manifest.rows
    assert one.exceptAll(other).count() == other.exceptAll(one).count() == 0
