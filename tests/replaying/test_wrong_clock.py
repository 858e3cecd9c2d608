"""A clock that is wrong once may cost a run, and never years of events at once, unless that is asked for."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

import fastgen
from fastgen.errors import ScenarioError
from fastgen.replaying.options import ReplayOptions
from fastgen.replaying.state_checks import PAUSE_S, STEP_BACK_S, ClockError
from tests.replaying.runs import DAY, NOON, at, state_of
from tests.wire.reference import read_lines

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("back_s", [STEP_BACK_S + 2, DAY, 365 * DAY, 50 * 365 * DAY])
@pytest.mark.parametrize("dry_run", [False, True])
def test_speed_is_not_taken_over_by_a_clock_that_has_gone_back(
    *, back_s: int, dry_run: bool, dataset: Path, tmp_path: Path
) -> None:
    at(dataset, tmp_path / "out", start_day=1, speed=1)
    before = state_of(tmp_path / "out").read_bytes()
    with pytest.raises(
        ClockError, match=r"rebase: expected a present time after the last run, got one \d+ s"
    ):
        at(dataset, tmp_path / "out", -back_s, speed=60, rebase=True, dry_run=dry_run)
    assert state_of(tmp_path / "out").read_bytes() == before
    # Once it is right again, nothing has been lost and nothing is due twice.
    right = at(dataset, tmp_path / "out", 100)
    assert right.window is not None
    assert right.window.end_s - right.window.start_s == 100


def test_plain_run_by_a_clock_that_has_gone_back_changes_nothing(dataset: Path, tmp_path: Path) -> None:
    for name, steps in (("a", (0, 600)), ("b", (0, -365 * DAY, 600))):
        for seconds in steps:
            at(dataset, tmp_path / name, seconds, start_day=1)
    assert list(read_lines(tmp_path / "a")) == list(read_lines(tmp_path / "b"))


@pytest.mark.parametrize("back_s", [0, 1, STEP_BACK_S, 365 * DAY])
def test_new_speed_goes_on_from_the_last_second_emitted(back_s: int, dataset: Path, tmp_path: Path) -> None:
    first = at(dataset, tmp_path / "out", start_day=1, speed=60)
    kept = at(dataset, tmp_path / "out", -back_s, speed=2, rebase=True, accept_clock=back_s > STEP_BACK_S)
    assert kept.window is None
    assert kept.watermark == first.watermark
    after = at(dataset, tmp_path / "out", 100 - back_s)
    assert after.window == (first.watermark + 1, first.watermark + 201)


@pytest.mark.parametrize("ahead_s", [PAUSE_S + 2, 8 * 365 * DAY, 7900 * 365 * DAY])
def test_years_are_not_emitted_at_once_unasked(ahead_s: int, dataset: Path, tmp_path: Path) -> None:
    first = at(dataset, tmp_path / "out", start_day=1, speed="0.01")
    before = state_of(tmp_path / "out").read_bytes()
    with pytest.raises(
        ClockError, match=r"now: expected at most 366 days since the last run, got \d+, which"
    ):
        at(dataset, tmp_path / "out", ahead_s)
    assert state_of(tmp_path / "out").read_bytes() == before
    if ahead_s == PAUSE_S + 2:
        accepted = at(dataset, tmp_path / "out", ahead_s, accept_clock=True)
        assert accepted.watermark > first.watermark
    assert at(dataset, tmp_path / "out", PAUSE_S - 2).clock.speed == first.clock.speed


@pytest.mark.parametrize("speed", ["1e-9", "0.001"])
def test_pause_of_years_is_no_trouble_where_little_is_due(speed: str, dataset: Path, tmp_path: Path) -> None:
    at(dataset, tmp_path / "out", start_day=1, speed=speed)
    years = at(dataset, tmp_path / "out", 3 * 365 * DAY)
    assert (years.window is None) == (speed == "1e-9")
    # And a step to a speed by which the pause would have been far longer.
    assert at(dataset, tmp_path / "out", 3 * 365 * DAY + 600, speed="1e-12", rebase=True).clock.speed


def test_replay_without_loops_ends_after_any_pause(dataset: Path, tmp_path: Path) -> None:
    at(dataset, tmp_path / "out", start_day=1, loop=False)
    last = at(dataset, tmp_path / "out", 20 * 365 * DAY)
    assert last.clock.is_over(last.watermark)


def test_following_ends_when_the_clock_jumps(dataset: Path, tmp_path: Path) -> None:
    times = iter(int(NOON.timestamp() + s) * 1_000_000 for s in (0, 10, 10 * 365 * DAY))
    options = ReplayOptions(start_day=1)
    runs = fastgen.follow(
        dataset, tmp_path / "out", every_s=0.001, options=options, clock=lambda: next(times)
    )
    assert next(runs).events
    assert next(runs).window
    with pytest.raises(ClockError):
        next(runs)


@pytest.mark.parametrize(
    "now",
    [
        dt.datetime(1970, 1, 1, 12, tzinfo=dt.UTC),  # day 0 would fall on 1969-12-31
        dt.datetime(1969, 12, 31, tzinfo=dt.UTC),
        dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=14))),
        dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-14))),
    ],
)
def test_replay_does_not_begin_where_the_wire_has_no_time(
    now: dt.datetime, dataset: Path, tmp_path: Path
) -> None:
    for dry_run in (True, False):
        with pytest.raises(ScenarioError, match="now: expected a time of the years 1970 to 9999, at least 1"):
            fastgen.replay(dataset, tmp_path / "out", start_day=1, now=now, dry_run=dry_run)
    assert not list((tmp_path / "out").glob("events-*"))
