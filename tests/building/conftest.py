"""Share toy road networks, and small builds on them, among the tests of builds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fastgen import BuildResult, build
from fastgen.building.build import build_with
from fastgen.building.options import BuildOptions
from tests.building.six_files import SIX_FILES
from tests.building.toy import write_toy_roads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.building.job import Job
    from fastgen.building.part import PartResult
    from fastgen.dataset.manifest import Manifest


@pytest.fixture(scope="session")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_roads(tmp_path_factory.mktemp("roads") / "toy")


@pytest.fixture(scope="session")
def small(roads: Path) -> Callable[..., BuildResult]:
    """Build 3 days of two locations, a file a day: six files."""

    def run(out: Path, **options: Any) -> BuildResult:
        return build(out, roads=roads, **(SIX_FILES | {"workers": 1} | options))

    return run


@pytest.fixture(scope="session")
def digest(small: Callable[..., BuildResult], tmp_path_factory: pytest.TempPathFactory) -> str:
    return small(tmp_path_factory.mktemp("unbroken")).manifest.digest


@pytest.fixture
def join(roads: Path, tmp_path: Path) -> Callable[..., Manifest]:
    """Build the six files into tmp_path / "out" with an engine of the test's own."""

    def run(engine: Callable[[Job], list[PartResult]], **options: Any) -> Manifest:
        wanted = BuildOptions(roads=roads, **(SIX_FILES | options))
        return build_with(engine, tmp_path / "out", wanted).manifest

    return run
