"""Start Spark on this machine, quiet and with its sessions in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def start_spark(master: str = "local[1]", partitions: int = 1) -> SparkSession:
    """Start a session.

    Parameters
    ----------
    master
        Spark's master.
    partitions
        Partitions of a shuffle; Spark's own 200 are slow for small tables.
    """
    from pyspark.sql import SparkSession  # noqa: PLC0415  # heavy

    return (
        SparkSession.builder.master(master)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
        .config("spark.sql.shuffle.partitions", str(partitions))
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
