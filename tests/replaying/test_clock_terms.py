"""A replay and a stream of Spark that are given the same options go by the same clock."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from fastgen.dataset.index import read_index
from fastgen.emitting.sink import SinkState
from fastgen.replaying.clock import parse_speed, us_from_utc
from fastgen.replaying.clock_terms import ClockTerms, settle_clock_terms
from fastgen.replaying.first_run import first_state
from fastgen.replaying.options import ReplayOptions
from fastgen.replaying.state_checks import Request
from fastgen.spark.offsets import terms_of
from fastgen.spark.options import read_stream_options

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.index import DatasetIndex

NOW_US = us_from_utc(dt.datetime(2026, 3, 1, 12, 34, 56, 789_012, tzinfo=dt.UTC))


def test_defaults(index: DatasetIndex) -> None:
    settled = settle_clock_terms(index, start_day=None, speed=None, loop=None)
    assert settled == ClockTerms(start_day=1, speed=Fraction(60), loop=True)
    settled = settle_clock_terms(index, start_day=0, speed=Fraction(1, 3), loop=False)
    assert settled == ClockTerms(start_day=0, speed=Fraction(1, 3), loop=False)


@pytest.mark.parametrize("folder", ["dataset", "utc_dataset"])
@pytest.mark.parametrize(
    ("day", "speed", "loop"), [(None, None, None), (0, "0.1", True), (2, "1/3", False), (1, None, False)]
)
def test_replay_and_stream_have_one_clock(
    request: pytest.FixtureRequest, folder: str, *, day: int | None, speed: str | None, loop: bool | None
) -> None:
    path: Path = request.getfixturevalue(folder)
    index = read_index(path)
    options = ReplayOptions(start_day=day, speed=speed, loop=loop)
    requested = Request(index.digest, None, None, None if speed is None else parse_speed(speed), options)
    state = first_state(index, requested, SinkState("-", 0, ()), NOW_US)

    given = {"startDay": day, "speed": speed, "loop": loop}
    texts = {name: str(value) for name, value in given.items() if value is not None}
    anchor = "2026-03-01T12:34:56.789012Z"
    terms = terms_of(read_stream_options({"path": str(path), "anchor": anchor, **texts}), index)
    assert terms.clock(index, state.last_event_s) == state.clock(index)
    # Both write the speed exactly as `str` does.
    assert terms.as_texts()["speed"] == state.speed
