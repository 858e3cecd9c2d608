"""Share roads to build over, a dataset to replay with what its runs emit, and a folder with a live config."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.building.toy import write_toy_roads
from tests.cli.live_runs import BUSY, write_config
from tests.cli.replays import FIRST, LATER, run
from tests.helpers import build_small

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("replayed"), days=2)


@pytest.fixture(scope="module")
def unbroken(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder after both runs."""
    out = tmp_path_factory.mktemp("unbroken") / "out"
    for args in (FIRST, LATER):
        assert run(dataset, "--to", out, *args).returncode == 0
    return out


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_roads(tmp_path_factory.mktemp("roads") / "toy")


@pytest.fixture
def _busy_kitchen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder that has a config, sf.json."""
    monkeypatch.chdir(tmp_path)
    write_config(**BUSY)
