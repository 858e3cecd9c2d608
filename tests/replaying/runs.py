"""Replay at chosen instants."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import fastgen
from fastgen.emitting.control import find_control

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen import Emitted
    from fastgen.dataset.index import DatasetIndex

DAY = 86_400
NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


def at(dataset: Path, to: Path, seconds: float = 0, **options: Any) -> Emitted:
    """Replay so many seconds after noon."""
    return fastgen.replay(dataset, to, now=NOON + dt.timedelta(seconds=seconds), **options)


def state_of(folder: Path) -> Path:
    """Path of a replay's state file."""
    return find_control(folder).state


def shift_of(index: DatasetIndex, start_day: int) -> int:
    """Seconds from simulated time to that of a replay which began at noon."""
    return int(NOON.timestamp()) // DAY * DAY - (index.epoch_s + start_day * DAY)
