"""Two small datasets for all tests of this folder; nobody changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.helpers import build_small

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dataset of two locations and three days."""
    return build_small(tmp_path_factory.mktemp("it's small"))


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another one, as one file."""
    return build_small(tmp_path_factory.mktemp("other"), seed=9, layout="single")
