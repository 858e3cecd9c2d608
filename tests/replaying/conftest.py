"""Small datasets for all tests of this folder; nobody changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fastgen.dataset.index import DatasetIndex, read_index
from tests.helpers import build_small

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dataset of two locations and two days, with many orders just before the last midnight."""
    folder = tmp_path_factory.mktemp("replayed")
    (folder / "late.toml").write_text('[events.late]\nday = 1\nfrom = "23:00"\nto = "24:00"\nfactor = 30.0\n')
    return build_small(folder, days=2, scale=0.1, scenario=folder / "late.toml")


@pytest.fixture(scope="session")
def utc_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dataset by the UTC clock, one kitchen in Auckland: events before the epoch."""
    folder = tmp_path_factory.mktemp("utc")
    text = 'clock = "utc"\n[locations.sf]\ntimezone = "Pacific/Auckland"\n'
    (folder / "utc.toml").write_text(text)
    return build_small(folder, days=2, scale=0.5, scenario=folder / "utc.toml")


@pytest.fixture(scope="session")
def index(dataset: Path) -> DatasetIndex:
    """Index of the dataset."""
    return read_index(dataset)
