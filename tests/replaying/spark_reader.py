"""Stream a folder of JSON lines with Spark, and count what arrived.

Run as `python -m tests.replaying.spark_reader FOLDER WORK`. Says "streaming" when the query runs, then how
many rows the first batch that had some brought; a line on stdin says that the folder is complete, and the
answer is JSON.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as f

from tests.local_spark import start_spark

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

WIRE = "event_id string, event_type string, ts string, location_id int, order_id string, "
WIRE += "sequence int, body string"
ITEM = "id:int,category_id:int,menu_id:int,brand_id:int,name:string,price:double,qty:int"
BODIES = {
    "order_created": "customer_lat double, customer_lon double, customer_addr string, "
    f"items array<struct<{ITEM}>>",
    "driver_picked_up": "route_points array<array<double>>",
    "driver_ping": "progress_pct double, loc_lat double, loc_lon double",
    "delivered": "delivered_lat double, delivered_lon double",
}
STRICT = {"mode": "FAILFAST"}


def count(rows: DataFrame) -> dict[str, Any]:
    """Count rows and ids, and what of the bodies was parsed."""
    found: dict[str, Any] = {
        "rows": rows.count(),
        "ids": rows.select("event_id").distinct().count(),
        "late_times": rows.where(f.to_timestamp("ts", "yyyy-MM-dd HH:mm:ss.SSS").isNull()).count(),
        "unparsed": 0,
    }
    for name, schema in BODIES.items():
        parsed = rows.where(f.col("event_type") == name).select(
            f.from_json("body", schema, STRICT).alias("b")
        )
        fields = parsed.select("b.*")
        missing = fields.where(" OR ".join(f"{column} IS NULL" for column in fields.columns))
        found["unparsed"] += missing.count()
        if name == "order_created":
            found["orders"] = fields.count()
            items = fields.select(f.explode("items").alias("i")).select("i.*")
            found["items"] = items.count()
            found["unparsed"] += items.where(" OR ".join(f"{c} IS NULL" for c in items.columns)).count()
    return found


def main() -> None:
    """Stream, wait, count."""
    folder, work = sys.argv[1:]
    spark = start_spark()
    stream = spark.readStream.schema(WIRE).json(folder)
    query = (
        stream.writeStream.format("parquet")
        .option("path", f"{work}/table")
        .option("checkpointLocation", f"{work}/checkpoint")
        .trigger(processingTime="500 milliseconds")
        .start()
    )
    say("streaming")
    while not any(progress["numInputRows"] for progress in query.recentProgress):
        time.sleep(0.1)
    time.sleep(1)  # a few batches more, beside the writer
    say(str(sum(progress["numInputRows"] for progress in query.recentProgress)))
    sys.stdin.readline()
    query.processAllAvailable()
    query.stop()
    say(json.dumps(count(spark.read.parquet(f"{work}/table"))))
    spark.stop()


def say(line: str) -> None:
    """Answer in one line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
