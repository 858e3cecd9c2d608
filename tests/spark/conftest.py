"""Small datasets, and one local Spark for all tests of this folder; nobody changes them."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fastgen.dataset.index import DatasetIndex, read_index
from fastgen.spark import stream as stream_module
from tests.helpers import build_small
from tests.local_spark import start_spark
from tests.spark.stream_clock import Clock, OldBase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

ROOT = Path(__file__).parent.parent.parent
HERE = Path(__file__).parent
LATE = '[events.late]\nday = 1\nfrom = "23:00"\nto = "24:00"\nfactor = 30.0\n'


needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs java, which is missing")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """PySpark warns of pandas 3 and leaves sockets to the garbage collector."""
    for item in items:
        if HERE in item.path.parents:
            for ignored in ("ignore::ResourceWarning", "ignore:PySpark does not yet:FutureWarning"):
                item.add_marker(pytest.mark.filterwarnings(ignored))


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dataset of two locations and two days, with many orders just before the last midnight."""
    folder = tmp_path_factory.mktemp("spark")
    (folder / "late.toml").write_text(LATE)
    return build_small(folder, days=2, scale=0.1, scenario=folder / "late.toml")


@pytest.fixture(scope="session")
def single_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Equal rows in one file."""
    folder = tmp_path_factory.mktemp("single")
    (folder / "late.toml").write_text(LATE)
    return build_small(folder, days=2, scale=0.1, scenario=folder / "late.toml", layout="single")


@pytest.fixture(scope="session")
def index(dataset: Path) -> DatasetIndex:
    """Index of the dataset."""
    return read_index(dataset)


@pytest.fixture(scope="session")
def spark(cache_dir: None) -> Iterator[SparkSession]:  # noqa: ARG001  # workers take its environment
    """Session with two cores and four tries a task, whose workers run this Python."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs java, which is missing")
    import fastgen.spark  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        # Workers import the tests' own sources from here.
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
        session = start_spark("local[2, 4]", partitions=2)
        fastgen.spark.register(session)
        yield session
        session.stop()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Clock of all streams."""
    clock = Clock()
    monkeypatch.setattr(stream_module, "now_us", clock)
    return clock


@pytest.fixture
def newest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever PySpark is installed: both ways of asking are tried."""
    monkeypatch.setattr(stream_module, "passes_present_offset", lambda base: base is not OldBase)
