"""Small datasets for all tests of this folder; nobody changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fastgen import universe
from fastgen.reporting.survey import survey_dataset
from tests.helpers import build_small
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.reporting.survey import Survey

SF_DISTURBANCES = [
    {"kind": "demand_surge", "name": "the match", "from": "0 18:00", "to": "0 21:00", "factor": 2.0},
    {"kind": "kitchen_closed", "name": "closed early", "from": "0 20:00", "to": "1 00:00"},
    {"kind": "rain", "name": "rain", "from": "1 12:00", "slowdown_percent": 20},
]


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dataset of two locations and ten weeks, in which a brand closes."""
    return build_small(tmp_path_factory.mktemp("weeks"), days=70, scale=0.06)


@pytest.fixture(scope="session")
def survey(dataset: Path) -> Survey:
    return survey_dataset(dataset)


@pytest.fixture(scope="session")
def no_orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dataset without an order."""
    return build_small(tmp_path_factory.mktemp("nothing"), scale=1e-9)


@pytest.fixture(scope="session")
def run_universe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dataset of a universe: disturbed, stopped in the middle of an evening."""
    folder = tmp_path_factory.mktemp("universe")
    templates, roads = write_universe(
        folder,
        sf={"disturbances": SF_DISTURBANCES},
        chicago={"timezone": "America/Chicago", "population": {"customers": 500}},
    )
    output = folder / "dataset"
    universe.run(templates, output, days=3, roads=roads, stop_at="2 02:30", force=True)
    return output
