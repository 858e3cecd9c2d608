"""Build, read and stream through a local server of Spark Connect; answer in JSON.

Run as `python -m tests.spark.connect_client FOLDER`.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

import fastgen
import fastgen.spark

SMALL: dict[str, Any] = {"days": 2, "locations": ["sf", "sv"], "scale": 0.2}
# PySpark 4.0 needs an anchor; all of a dataset without loops is due since then.
STREAM = {"startDay": "1", "noLoop": "true", "anchor": "2024-03-01T12:00Z"}


def main() -> None:
    """Make a dataset here and by tasks, and count what the source gives of it."""
    folder = Path(sys.argv[1])
    warnings.simplefilter("ignore")
    local = fastgen.build(folder / "local", **SMALL)
    spark = SparkSession.builder.remote("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    made = fastgen.spark.build(spark, None, folder / "spark", **SMALL)
    fastgen.spark.register(spark)
    batch = spark.read.format("fastgen").load(str(folder / "local"))
    stream = spark.readStream.format("fastgen").options(**STREAM).load(str(folder / "local"))
    query = (
        stream.writeStream.format("parquet")
        .option("checkpointLocation", str(folder / "checkpoint"))
        .trigger(availableNow=True)
        .start(str(folder / "events"))
    )
    query.awaitTermination()
    found = {
        "session": type(spark).__module__,
        "same": made.manifest == local.manifest,
        "events": local.manifest.rows,
        "batch": batch.count(),
        "stream": spark.read.parquet(str(folder / "events")).count(),
    }
    sys.stdout.write("\n" + json.dumps(found) + "\n")
    spark.stop()


if __name__ == "__main__":
    main()
