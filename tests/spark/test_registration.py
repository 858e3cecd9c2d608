"""Workers start the Python that has fastgen, or one line says what to set; one names the extra too."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

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


@pytest.mark.usefixtures("other_python")
def test_what_a_user_has_set_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", "/opt/python")
    for master in ("local[2]", "yarn"):
        context: Any = Context(master, "/opt/python")
        assert choose_python(context) == "/opt/python"


def test_without_pyspark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(vars(fastgen.spark), "register", raising=False)
    monkeypatch.setattr(session, "find_spec", lambda _: None)
    with pytest.raises(ScenarioError, match=r"pip install 'fastgen\[spark\]'"):
        _ = fastgen.spark.register
    with pytest.raises(AttributeError):
        _ = fastgen.spark.unheard
