"""Read streams by a clock that a test sets, as older and newer PySpark ask."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from fastgen.replaying.clock import us_from_utc, utc_from_us
from fastgen.spark.options import read_stream_options
from fastgen.spark.source import CaspersSource
from fastgen.spark.stream import make_stream_reader

if TYPE_CHECKING:
    from pathlib import Path

START_US = us_from_utc(dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC))
HOUR_US = 3_600_000_000
OPTIONS = {"startDay": "1", "speed": "24"}
ANCHOR = utc_from_us(START_US).isoformat()
Offset = dict[str, Any]


class Clock:
    """A wall clock that a test sets."""

    def __init__(self) -> None:
        self.us = START_US

    def __call__(self) -> int:
        return self.us


class OldBase:
    """Stream readers as in PySpark 4.0 and 4.1."""

    def latestOffset(self) -> Offset:  # noqa: N802
        raise NotImplementedError


class NewBase:
    """Stream readers as from PySpark 4.2 on."""

    def latestOffset(self, start: Offset, limit: object) -> Offset:  # noqa: N802
        raise NotImplementedError


def old_reader(dataset: Path, **options: str) -> Any:
    """Make a reader as PySpark 4.0 and 4.1 have it."""
    return make_stream_reader(read_stream_options({"path": str(dataset), **options}), OldBase)


def old_caspers_reader(dataset: Path) -> Any:
    """Make one of the older demo's source, which needs no anchor."""
    read = read_stream_options({"path": str(dataset), **OPTIONS})
    return make_stream_reader(read, OldBase, needs_anchor=CaspersSource.needs_anchor)
