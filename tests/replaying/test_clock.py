"""The clock partitions time: no gap, no overlap, no drift, whatever is asked of it and whenever."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgen import ReplayClock
from fastgen.errors import ScenarioError
from fastgen.replaying.clock import parse_speed, us_from_utc, utc_from_us

DAY = 86_400
US = 1_000_000
EPOCH = 1_704_067_200
START = us_from_utc(dt.datetime(2026, 3, 1, 12, 34, 56, 789_012, tzinfo=dt.UTC))

SPEEDS = st.sampled_from(["1", "60", "3600", "0.1", "0.333", "7.77", "1/3", "100000"]).map(parse_speed)
NOWS = st.lists(st.integers(-5 * DAY * US, 400 * DAY * US), max_size=30)


def start(**changes: object) -> ReplayClock:
    options = {"epoch_s": EPOCH, "days": 90, "start_day": 70, "now_us": START, "speed": Fraction(60)}
    return ReplayClock.start(**{**options, **changes})  # type: ignore[arg-type]


@given(
    nows=NOWS,
    speed=SPEEDS,
    days=st.integers(1, 400),
    loop=st.booleans(),
    last=st.integers(-DAY, 500 * DAY),
    first=st.sampled_from([0, -DAY]),
)
def test_windows_partition_time(
    *, nows: list[int], speed: Fraction, days: int, loop: bool, last: int, first: int
) -> None:
    clock = start(
        days=days,
        start_day=min(70, days),
        speed=speed,
        loop=loop,
        first_s=EPOCH + first,
        last_event_s=EPOCH + last,
    )
    watermark = clock.first_s - 1
    for now in [0, *nows]:  # in any order: the clock may be set back
        window = clock.window_due(watermark, START + now)
        if window is not None:
            assert window.start_s == watermark + 1
            assert window.end_s > window.start_s
            watermark = window.end_s - 1
    position = max(clock.position_at(START + now) for now in [0, *nows])
    end = position if loop else min(position, EPOCH + last)
    assert watermark == max(clock.first_s - 1, end)


@given(speed=SPEEDS, day=st.integers(0, 90), now=st.integers(0, 4_000_000_000 * US))
def test_first_run_ends_at_this_time_of_day_whatever_the_speed(speed: Fraction, day: int, now: int) -> None:
    clock = start(start_day=day, speed=speed, now_us=now)
    window = clock.window_due(EPOCH - 1, now)
    assert window == (EPOCH, EPOCH + day * DAY + now // US % DAY + 1)
    simulated = clock.simulated(window.end_s - 1)
    assert simulated == utc_from_us(now).replace(microsecond=0)


@pytest.mark.parametrize("speed", ["1", "60", "3600"])
def test_no_drift_in_thirty_simulated_days(speed: str) -> None:
    clock = start(speed=parse_speed(speed))
    assert clock.shift_s % DAY == 0
    for simulated_s in range(0, 30 * DAY + 1, 3571):
        real = START + Fraction(simulated_s * US, int(speed))
        now = -(-real.numerator // real.denominator)
        begun = START // US * US - START  # the fraction of a second at the start stays
        assert clock.position_at(now) == EPOCH + 70 * DAY + (START // US % DAY) + simulated_s
        assert clock.position_at(now + begun) <= clock.position_at(now)


@given(speed=SPEEDS, second=st.integers(EPOCH, EPOCH + 10_000 * DAY))
def test_real_time_is_the_inverse_of_position(speed: Fraction, second: int) -> None:
    clock = start(speed=speed)
    real = clock.real_us(second)
    assert clock.position_at(real) >= second
    assert clock.position_at(real - 1) < second


def test_shift_stays_over_midnights_and_loops() -> None:
    clock = start()
    before = clock.simulated(EPOCH + 70 * DAY)
    assert before == dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    assert clock.simulated(EPOCH + 90 * DAY) - before == dt.timedelta(days=20)
    assert [clock.loop_of(EPOCH + day * DAY - 1) for day in (0, 1, 90, 91, 180, 181)] == [-1, 0, 0, 1, 1, 2]


@given(speeds=st.lists(SPEEDS, min_size=1, max_size=6), pauses=st.lists(st.integers(1, 10**10), min_size=6))
def test_rebasing_neither_jumps_nor_stalls(speeds: list[Fraction], pauses: list[int]) -> None:
    clock, now = start(), START
    for speed, pause in zip(speeds, pauses, strict=False):
        now += pause
        rebased = clock.rebased(now, speed)
        assert rebased.position_at(now) == clock.position_at(now)
        assert rebased.shift_s == clock.shift_s
        ahead = rebased.position_at(now + 1000 * US) - rebased.position_at(now)
        assert abs(ahead - 1000 * speed) <= 1
        clock = rebased


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start_day": 91}, "start_day: expected 0 <= start_day <= 90, got 91."),
        ({"start_day": -1}, "start_day: expected 0 <= start_day <= 90, got -1."),
        ({"speed": Fraction(0)}, "speed: expected 0 < speed <= 1000000, got 0."),
        ({"speed": Fraction(-1, 2)}, "speed: expected 0 < speed <= 1000000, got -0.5."),
    ],
)
def test_impossible_clocks_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        start(**changes)
    assert str(caught.value) == message


ODD_SPEEDS = (
    "0.1",
    "1/3",
    "1e-9",
    "1e9",
    "60",
    "1_000",
    "inf",
    "nan",
    "-1",
    "0",
    "1e-99",
    "1e999",
    " 7 ",
    "",
)
WRITTEN = st.one_of(
    st.sampled_from(ODD_SPEEDS),
    st.floats(),
    st.fractions(),
    st.integers(),
    st.decimals().map(str),
    st.builds("0.{}".format, st.integers(0, 10**95)),
    st.builds("{}/{}".format, st.integers(0, 10**60), st.integers(0, 10**60)),
    st.builds("{}e{}".format, st.integers(), st.integers(-120, 120)),
    st.text(),
)


@given(speed=WRITTEN)
def test_speed_that_is_accepted_once_is_accepted_again(speed: str | float | Fraction) -> None:
    """A state and an offset keep it as text; options may repeat it as it was given first."""
    try:
        first = start(speed=parse_speed(speed)).speed
    except ScenarioError:
        return
    assert parse_speed(str(first)) == parse_speed(speed) == first
    assert start(speed=parse_speed(str(first))).speed == first


@pytest.mark.parametrize("text", ["fast", "", "1/0", "nan"])
def test_speed_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="speed: expected a number"):
        parse_speed(text)


@given(
    days=st.integers(1, 400),
    before=st.integers(0, 3 * DAY),
    late=st.integers(-2 * DAY, 2 * DAY),
    data=st.data(),
)
def test_earliest_start_is_the_first_without_times_before_1970(
    days: int, before: int, late: int, data: st.DataObject
) -> None:
    options = {"days": days, "start_day": data.draw(st.integers(0, days)), "first_s": EPOCH - before}
    earliest = start(**options).earliest_start_us
    clock = start(**options, now_us=earliest + late * US)
    assert (clock.first_s + clock.shift_s >= 0) == (late >= 0)
