"""A run stops at a time that a person can write in two ways."""

from __future__ import annotations

import datetime as dt

import pytest

from fastgen.errors import ScenarioError
from fastgen.universes.stop_time import parse_stop

START = dt.date(2024, 1, 1)
MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("text", "stop_us"),
    [
        ("0 00:01", MINUTE),
        ("3 18:30", 3 * DAY + 18 * HOUR + 30 * MINUTE),
        ("2024-01-04T18:30:00", 3 * DAY + 18 * HOUR + 30 * MINUTE),
        ("2024-01-04 18:30:00.000001", 3 * DAY + 18 * HOUR + 30 * MINUTE + 1),
        ("2024-01-04T18:30:00Z", 3 * DAY + 18 * HOUR + 30 * MINUTE),
        ("2024-01-04T18:30:00-08:00", 4 * DAY + 2 * HOUR + 30 * MINUTE),
        ("2024-01-04", 3 * DAY),
    ],
)
def test_times_are_read(text: str, stop_us: int) -> None:
    assert parse_stop(text, START) == stop_us


@pytest.mark.parametrize(
    "text",
    ["", "noon", "3", "3 1:30", "3 18:60", "3 24:00", "-1 12:00", "0 00:00", "2023-12-31"],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match=f"got {text!r}"):
        parse_stop(text, START)
