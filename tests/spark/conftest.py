"""One local Spark for all tests; its workers find this repository, and a task may fail three times."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

ROOT = Path(__file__).parent.parent.parent
needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs java, which is missing")


@pytest.fixture(scope="session")
def spark(cache_dir: None) -> Iterator[SparkSession]:  # noqa: ARG001  # workers take its environment
    if shutil.which("java") is None:
        pytest.skip("Spark needs java, which is missing")
    from pyspark.sql import SparkSession  # noqa: PLC0415  # heavy

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))
        session = (
            SparkSession.builder.master("local[2,4]")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.session.timeZone", "UTC")
            .getOrCreate()
        )
        session.sparkContext.setLogLevel("OFF")
        yield session
        session.stop()
