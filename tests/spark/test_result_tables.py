"""Spark reads the result tables of a universe as Polars does, the site from the name of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from fastgen.dataset.result_tables import RESULT_TABLES
from fastgen.universes.part_files import site_folder
from fastgen.universes.table_files import scan_table
from tests.spark.conftest import needs_java
from tests.universes.tables import run_sites, write_tables

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = run_sites(tmp_path_factory.mktemp("universe"))
    write_tables(runs)
    return runs[0].tables


@needs_java
def test_spark_reads_every_row_of_every_table(spark: SparkSession, tables: Path) -> None:
    for name in RESULT_TABLES:
        wanted = scan_table(tables, name).collect()
        found = spark.read.parquet(str(tables / name))
        assert found.columns == wanted.columns
        # A datetime of PySpark goes by the time zone of the machine.
        instants = [column for column, kind in found.dtypes if kind == "timestamp"]
        assert instants == [column for column, kind in wanted.schema.items() if kind == pl.Datetime]
        found = found.selectExpr(*(f"unix_micros({c})" if c in instants else c for c in found.columns))
        rows = wanted.with_columns(pl.col(instants).dt.epoch("us")).rows()
        assert sorted(map(tuple, found.collect()), key=repr) == sorted(rows, key=repr)


@needs_java
def test_spark_unescapes_the_names_of_sites(spark: SparkSession, tmp_path: Path) -> None:
    names = ("a=b", "50 % off", "Zürich", "what?", "x:y")
    for n, site in enumerate(names):
        path = site_folder(tmp_path, "kitchens", site)
        path.mkdir(parents=True)
        pl.DataFrame({"kitchen": [n]}).write_parquet(path / "part-00000.parquet")
    found = spark.read.parquet(str(tmp_path / "kitchens")).collect()
    assert {(row["kitchen"], row["site"]) for row in found} == set(enumerate(names))
