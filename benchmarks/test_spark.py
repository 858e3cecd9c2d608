"""Compare Spark reading the data source with Spark reading the same Parquet files by SQL."""

from __future__ import annotations

import shutil
import warnings
from typing import TYPE_CHECKING

import pytest

import fastgen
from benchmarks.figures import Bound
from fastgen.events.schema import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from benchmarks.conftest import Bench

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore:PySpark does not yet:FutureWarning"),
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs java, which is missing"),
]

# The wire format in SQL. SQL lacks the hash of event ids: two hashes of another kind take its place.
NAMES = ", ".join(f"'{name}'" for name in EVENT_TYPES)
WIRE = (
    "concat(hex(xxhash64(order_id, sequence)), hex(xxhash64(sequence, order_id))) AS event_id",
    f"element_at(array({NAMES}), int(event_type_id)) AS event_type",
    "date_format(timestamp_seconds(ts_seconds), 'yyyy-MM-dd HH:mm:ss.SSS') AS ts",
    "int(location_id) AS location_id",
    "order_id",
    "int(sequence) AS sequence",
    """CASE event_type_id
       WHEN 1 THEN concat('{"customer_lat":', format_string('%.6f', customer_lat),
            ',"customer_lon":', format_string('%.6f', customer_lon),
            ',"customer_addr":"', replace(customer_addr, '"', '\\\\"'), '","items":', items_json, '}')
       WHEN 6 THEN concat('{"route_points":', route_json, '}')
       WHEN 7 THEN concat('{"progress_pct":', format_string('%.1f', ping_progress),
            ',"loc_lat":', format_string('%.6f', ping_lat),
            ',"loc_lon":', format_string('%.6f', ping_lon), '}')
       WHEN 8 THEN concat('{"delivered_lat":', format_string('%.6f', customer_lat),
            ',"delivered_lon":', format_string('%.6f', customer_lon), '}')
       ELSE '{}' END AS body""",
)


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    from pyspark.sql import SparkSession  # noqa: PLC0415  # heavy

    import fastgen.spark  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.log.level", "ERROR")
            .config("spark.sql.session.timeZone", "UTC")
            .getOrCreate()
        )
        fastgen.spark.register(session)
        yield session
        session.stop()


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("canonical")
    fastgen.build(folder, days=90)
    return folder


def take_all(frame: DataFrame) -> None:
    """Read every row and discard it."""
    frame.write.format("noop").mode("overwrite").save()


@pytest.mark.parametrize("schema", ["wire", "raw"])
def test_batch(bench: Bench, spark: SparkSession, dataset: Path, schema: str) -> None:
    source = spark.read.format("fastgen").option("schema", schema).load(str(dataset))
    files = spark.read.parquet(str(dataset / "events.parquet"))
    rival = files.selectExpr(*WIRE) if schema == "wire" else files.select(*source.columns)
    n_rows = rival.count()
    assert source.count() == n_rows
    own, sql = bench.compare(lambda _: take_all(source), lambda _: take_all(rival), rounds=3)
    bench.record(
        f"Spark, a batch of the data source / spark.read.parquet and SQL, rows a second, {schema} schema",
        sql / own,
        bound=Bound(0.4 if schema == "wire" else 0.1, aim=1, at_most=False),
        detail=f"{n_rows / own / 1e6:.2f} M/s; {n_rows / sql / 1e6:.2f} M/s",
    )
