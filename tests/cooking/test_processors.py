"""Processors of fewer features, and kernels as plain Python, make the same times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import fastgen
from tests.processes import masked_features, run_build
from tests.small_town import write_towns

if TYPE_CHECKING:
    from pathlib import Path

SMALL: dict[str, Any] = {"days": 2, "scale": 0.3, "kitchen": "stations"}
# Each feature by itself is masked for other datasets: tests/test_determinism.py.
CIRCUMSTANCES = {
    "all three": masked_features()["all three"],
    "plain Python": ({"NUMBA_DISABLE_JIT": "1"}, {"plain": True}),
}


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_towns(tmp_path_factory.mktemp("towns"))


@pytest.mark.parametrize("name", [*CIRCUMSTANCES])
def test_circumstances_change_nothing(name: str, roads: Path, tmp_path: Path) -> None:
    options = SMALL if name != "plain Python" else SMALL | {"days": 1, "scale": 0.1, "locations": ["sv"]}
    usual = fastgen.build(tmp_path / "usual", roads=roads, workers=1, **options).manifest.digest
    assert run_build(roads, tmp_path / "other", CIRCUMSTANCES[name], **options) == usual
