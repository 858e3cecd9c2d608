"""Share a folder of the town's files, and a server of its roads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.roads.overpass import Overpass, running_overpass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def town_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("town")


@pytest.fixture
def overpass() -> Iterator[Overpass]:
    """Server that a test asks or lets misbehave."""
    with running_overpass() as server:
        yield server
