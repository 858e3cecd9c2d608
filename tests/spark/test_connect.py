"""Spark Connect has no SparkContext; what fastgen does on Spark, it does there too.

Its client is an extra of PySpark's: without `pip install 'pyspark[connect]'` this is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.spark.conftest import ROOT, needs_java

if TYPE_CHECKING:
    from pathlib import Path


@needs_java
@pytest.mark.skipif(
    find_spec("grpc_status") is None, reason="It needs packages of pyspark[connect], which are missing"
)
def test_build_batch_and_stream(tmp_path: Path) -> None:
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    env = {**os.environ, "PYTHONPATH": paths, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    command = [sys.executable, "-m", "tests.spark.connect_client", str(tmp_path)]
    run = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["session"].startswith("pyspark.sql.connect")
    assert found["same"]
    assert found["batch"] == found["stream"] == found["events"] > 100
