"""Run the Spark code of docs/replay.md over a folder of JSON lines; count the times that a zone moves.

Run as `python -m tests.replaying.spark_zone`, with the folder "landing" in the current one. The answer is
JSON: how many rows there are, and of how many `ts` is shown otherwise than it was written.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

PAGE = Path(__file__).parent.parent.parent / "docs" / "replay.md"
ZONE = "America/Los_Angeles"
MOVED = "SELECT count(*), count_if(ts::timestamp::string <> left(ts, 19)) FROM lines"


def main() -> None:
    """Count in a session whose zone has daylight saving, then by the code of docs/replay.md in it."""
    (code,) = re.findall(r"```python\n([^`]*\nwire = [^`]*)```", PAGE.read_text(encoding="utf-8"))
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.log.level", "ERROR")
        .config("spark.sql.session.timeZone", ZONE)
        .getOrCreate()
    )
    spark.read.schema("ts string").json("landing").createOrReplaceTempView("lines")
    found = {ZONE: list(spark.sql(MOVED).first() or ())}
    names: dict[str, Any] = {"spark": spark}
    exec(code, names)  # noqa: S102  # our own document
    for query in spark.streams.active:
        query.processAllAvailable()
        query.stop()
    shown = names["events"].selectExpr("ts::string AS ts")
    query = shown.writeStream.format("memory").queryName("shown").trigger(availableNow=True).start()
    query.awaitTermination()
    theirs = "SELECT left(ts, 19) AS ts FROM lines"
    moved = spark.sql(f"{theirs} EXCEPT ALL FROM shown").count()
    found["docs"] = [spark.table("shown").count(), moved]
    sys.stdout.write(json.dumps(found) + "\n")
    spark.stop()


if __name__ == "__main__":
    main()
