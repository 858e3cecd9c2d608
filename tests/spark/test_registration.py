"""Workers start the Python that has fastgen, or one line says what to set; one names the extra too."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import pyspark
import pytest

import fastgen.spark
from fastgen.errors import OutputError, ScenarioError
from fastgen.spark import session
from fastgen.spark.registration import choose_python

if TYPE_CHECKING:
    from pathlib import Path


class Context(NamedTuple):
    """What is asked of a SparkContext."""

    master: str
    pythonExec: str = "python3"  # noqa: N815  # Spark's name


@pytest.fixture
def other_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Another python3 comes first on the path."""
    other = tmp_path / "python3"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PYSPARK_PYTHON", raising=False)
    return other


@pytest.mark.usefixtures("other_python")
@pytest.mark.parametrize("master", ["local", "local[2]", "local[*]"])
def test_local_workers_take_this_python(master: str) -> None:
    context: Any = Context(master)
    assert choose_python(context) == sys.executable


def test_a_cluster_needs_to_be_told(other_python: Path) -> None:
    context: Any = Context("spark://host:7077")
    with pytest.raises(OutputError, match=f"PYSPARK_PYTHON: .* would start {other_python}: set it") as caught:
        choose_python(context)
    assert "\n" not in str(caught.value)


def test_another_version_beside_this_python_is_not_taken_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In /usr/bin, python3 is often another one than the python3.11 that runs."""
    for name in ("python3", "python3.11"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PYSPARK_PYTHON", raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3.11"))
    local: Any = Context("local[2]")
    cluster: Any = Context("yarn")
    assert choose_python(local) == sys.executable
    with pytest.raises(OutputError, match=r"would start .*python3: set it"):
        choose_python(cluster)
    (tmp_path / "python3").unlink()
    (tmp_path / "python3").symlink_to("python3.11")
    assert choose_python(cluster) == "python3"


@pytest.mark.usefixtures("other_python")
def test_what_a_user_has_set_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", "/opt/python")
    for master in ("local[2]", "yarn"):
        context: Any = Context(master, "/opt/python")
        assert choose_python(context) == "/opt/python"


def test_too_old_a_pyspark_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(vars(fastgen.spark), "register", raising=False)
    monkeypatch.setattr(pyspark, "__version__", "3.5.2")
    with pytest.raises(ScenarioError, match=r"^Spark: expected PySpark 4\.0 or later, got 3\.5\.2: run pip"):
        _ = fastgen.spark.register


def test_without_pyspark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(vars(fastgen.spark), "register", raising=False)
    monkeypatch.setattr(session, "find_spec", lambda _: None)
    with pytest.raises(ScenarioError, match=r"pip install 'fastgen\[spark\]'"):
        _ = fastgen.spark.register
    with pytest.raises(AttributeError):
        _ = fastgen.spark.unheard
