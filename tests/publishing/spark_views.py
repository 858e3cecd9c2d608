"""Run the views of a folder of Parquet tables in Spark; answer their rows, as text, in JSON.

Run as `python -m tests.publishing.spark_views FOLDER`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fastgen.publishing.views import VIEWS
from tests.local_spark import start_spark
from tests.publishing.test_views import as_text

TYPED = ("location_id", "event_type_id", "sequence", "ts", "date", "ts_seconds")


def main() -> None:
    """Lay the views, ask each for all of its rows."""
    spark = start_spark()
    script = (Path(sys.argv[1]) / "views_spark.sql").read_text(encoding="utf-8")
    for statement in script.split(";\n\n")[:-1]:
        spark.sql(statement)
    types = dict(spark.table("events").dtypes)
    found: dict[str, object] = {"types": {name: types[name] for name in TYPED}}
    for view in VIEWS:
        rows = spark.sql(as_text(view, spark.table(view).columns, "STRING")).collect()
        found[view] = [list(row) for row in rows]
    # An instant, which is shown in the session's zone and stays what it is.
    spark.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    found["moved"] = spark.table("events").where("unix_timestamp(ts) <> ts_seconds").count()
    sys.stdout.write(json.dumps(found) + "\n")
    spark.stop()


if __name__ == "__main__":
    main()
