"""Stream a dataset into a folder of Parquet, until the whole process is killed or nothing more is due.

Run as `python -m tests.spark.streamer WORK OPTIONS TRIGGER`, options as JSON. Says how many rows each batch
brought.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

from pyspark.sql import SparkSession

import fastgen.spark


def main() -> None:
    """Start the query, and tell of its batches."""
    warnings.simplefilter("ignore")
    work, options, trigger = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    fastgen.spark.register(spark)
    stream = spark.readStream.format("fastgen").options(**options).load()
    query = (
        stream.writeStream.format("parquet")
        .option("path", f"{work}/table")
        .option("checkpointLocation", f"{work}/checkpoint")
        .trigger(**trigger)
        .start()
    )
    told = -1
    while query.isActive or told < (query.lastProgress or {"batchId": -1})["batchId"]:
        for progress in query.recentProgress:
            if progress["batchId"] > told:
                told = progress["batchId"]
                sys.stdout.write(f"{told} {progress['numInputRows']}\n")
                sys.stdout.flush()
        time.sleep(0.05)
    query.awaitTermination()


if __name__ == "__main__":
    main()
