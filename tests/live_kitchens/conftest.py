"""Fixtures of live runs: no waiting for the disk, and one stream for all tests of its statistics.

The figures of that stream are those of no shipped config.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.live_kitchens.runs import config_of
from tests.live_kitchens.streams import Stream, read_stream

if TYPE_CHECKING:
    from fastgen.live_kitchens.config import LiveConfig

FIGURES: dict[str, Any] = {
    "start_days_ago": 90,
    "end_days_ahead": 1,
    "orders_day_1": 100,
    "orders_last": 400,
    "svc": {"cs": [3, 1], "sf": [9, 2], "fr": [1, 0.8], "rp": [5, 1.5]},
    "driver_arrival": {"after_ready_pct": 0.3, "alpha": 2, "beta": 5},
    "brand_momentum": {"improving": 0.25, "flat": 0.35, "declining": 0.4},
    "momentum_rates": {"growth": 0.5, "decline": 0.3},
    "radius_mi": 2.5,
    "driver_mph": 18,
    "ping_sec": 45,
}


@pytest.fixture
def _disk_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of small batches would wait for the disk some minutes; kills are tested with it."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture(scope="session")
def figures() -> LiveConfig:
    """Give the config of `stream`."""
    return config_of(**FIGURES)


@pytest.fixture(scope="session")
def stream(figures: LiveConfig, tmp_path_factory: pytest.TempPathFactory) -> Stream:
    """Run the kitchen for the days before its first start: 22,000 orders."""
    return read_stream(figures, tmp_path_factory.mktemp("stream") / "landing")
