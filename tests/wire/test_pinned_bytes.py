"""Slices and replays have the bytes that they have always had."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from typing import TYPE_CHECKING

import pytest

import fastgen
from fastgen.faults.slice_file import write_slice

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("jsonl", "4af1c2b14a51c074d3f3854bfed1fa7d9fd83fbf5e28e20c9db12d1e4d366207"),
        ("csv", "d8a4ed3f7ddb716f35d5f6e0df47b3126e8b6d960641b5e8cb17809bb7a7bdec"),
    ],
)
def test_slice(dataset: Path, form: str, expected: str) -> None:
    stream = io.BytesIO()
    assert write_slice(dataset, "0", "3", stream, format=form) == 1197
    assert hashlib.sha256(stream.getvalue()).hexdigest() == expected


def test_replay_of_several_loops(dataset: Path, tmp_path: Path) -> None:
    now = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    fastgen.replay(dataset, tmp_path, start_day=1, speed=100_000, now=now)
    fastgen.replay(dataset, tmp_path, speed=100_000, now=now + dt.timedelta(seconds=5))
    text = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("*.jsonl")))
    assert text.count(b"-L") == 2956
    assert hashlib.sha256(text).hexdigest() == (
        "963b55bb0b63aee2cb895dc6ba1b99dbd484e794a5a8d144a989975ce11c51db"
    )
