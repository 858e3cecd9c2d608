"""Read Parquet files with one reader and write every value as JSON; runs where only that reader is installed.

    python read_values.py READER FOLDER OUTPUT

The output has one line a file, {"file": ..., "columns": {name: [values]}}: null is null, numbers and texts
are themselves, dates (days) and timestamps (microseconds) are numbers since 1970, decimals are texts.
"""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import os
import sys
from pathlib import Path

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)  # as Python 3.9 has it


def plain(value):
    """Turn a reader's value into one of JSON."""
    if hasattr(value, "item"):
        value = value.item()
    if value.__class__.__name__ in {"NaTType", "NAType"} or (isinstance(value, float) and math.isnan(value)):
        value = None
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    elif isinstance(value, bytes):
        value = value.decode()
    elif isinstance(value, decimal.Decimal):
        value = str(value)
    elif isinstance(value, dt.datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=dt.timezone.utc)
        value = round((aware - EPOCH) / dt.timedelta(microseconds=1))
    elif isinstance(value, dt.date):
        value = (value - EPOCH.date()).days
    return value


def by_pyarrow(path):
    import pyarrow.parquet as pq

    return pq.ParquetFile(path).read().to_pydict()


def by_pandas(path):
    import pandas as pd

    with open(path, "rb") as file:  # by a path, folders become columns
        frame = pd.read_parquet(file, engine="pyarrow")
    return {name: frame[name].astype(object).tolist() for name in frame.columns}


def by_fastparquet(path):
    from fastparquet import ParquetFile

    frame = ParquetFile(str(path)).to_pandas()
    return {name: frame[name].astype(object).tolist() for name in frame.columns}


def by_polars(path):
    import polars as pl

    with open(path, "rb") as file:  # by a path, folders become columns
        frame = pl.read_parquet(file)
    return {name: frame[name].to_list() for name in frame.columns}


def by_duckdb(path):
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        cursor = connection.execute("SELECT * FROM read_parquet(?, hive_partitioning = false)", [str(path)])
        names = [column[0] for column in cursor.description]
        return dict(zip(names, map(list, zip(*cursor.fetchall()))))


def by_spark(path):
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.sql.session.timeZone", "UTC")
    builder = builder.config("spark.ui.enabled", "false").config("spark.driver.memory", "2g")
    spark = builder.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
    assert spark.conf.get("spark.sql.parquet.enableVectorizedReader") == "true"
    frame = spark.read.parquet(str(path))
    rows = frame.collect()
    return {name: [row[c] for row in rows] for c, name in enumerate(frame.columns)}


READERS = {
    "pyarrow": by_pyarrow,
    "pandas": by_pandas,
    "fastparquet": by_fastparquet,
    "polars": by_polars,
    "duckdb": by_duckdb,
    "spark": by_spark,
}


def main() -> None:
    """Read every file below the folder."""
    reader, folder, output = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    with open(output, "w", encoding="utf-8") as out:
        for path in sorted(folder.rglob("*.parquet")):
            if path.is_file():
                columns = READERS[reader](path)
                name = path.relative_to(folder).as_posix()
                values = {key: [plain(value) for value in column] for key, column in columns.items()}
                out.write(json.dumps({"file": name, "columns": values}) + "\n")
    os._exit(0)  # threads of old readers crash while the interpreter ends, now and then


if __name__ == "__main__":
    main()
