"""Share roads that sources of orders are built over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.building.toy import write_toy_roads

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_roads(tmp_path_factory.mktemp("roads") / "toy")
