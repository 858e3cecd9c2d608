"""A small dataset for all tests of this folder, and its clean lines; nobody changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.helpers import build_small, slice_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dataset of two locations and two days."""
    return build_small(tmp_path_factory.mktemp("faults"), days=2, scale=0.2)


@pytest.fixture(scope="session")
def clean(dataset: Path) -> list[bytes]:
    """All lines of the dataset, clean."""
    return slice_of(dataset, 0, 4).splitlines(keepends=True)
