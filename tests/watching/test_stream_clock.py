"""The time of a stream is that of its newest event, and a few wrong ones don't move it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.watching.stream_clock import STRAY_S, STRAYS_AHEAD, STRAYS_BEHIND, StreamClock

times = st.floats(1.7e9, 1.7e9 + STRAY_S)


def seen(moments: list[float]) -> StreamClock:
    clock = StreamClock()
    for time in moments:
        clock.see(time)
    return clock


@settings(deadline=None)
@given(st.lists(times, min_size=1))
def test_events_within_a_day_set_the_clock_to_the_newest_and_count_the_others_as_late(
    moments: list[float],
) -> None:
    clock = seen(moments)
    assert clock.newest == max(moments)
    newest = [max(moments[: k + 1]) for k in range(len(moments))]
    assert clock.n_late == sum(time < best for time, best in zip(moments[1:], newest, strict=False))
    assert (clock.n_early, clock.n_jumps) == (0, 0)


@settings(deadline=None)
@given(st.lists(times, min_size=2), st.sampled_from([2.5e11, 1.9e9]), st.integers(1, STRAYS_AHEAD - 1))
def test_few_events_of_another_age_are_early_and_stop_nothing(
    moments: list[float], wrong: float, n_wrong: int
) -> None:
    first, *others = moments
    clock = seen([first, *[wrong] * n_wrong, *others])
    assert clock.newest == max(moments)
    assert (clock.n_early, clock.n_jumps) == (n_wrong, 0)
    assert clock.n_late == seen(moments).n_late


def test_a_stream_that_goes_on_after_days_sets_the_clock() -> None:
    clock = seen([0.0, *[5.0 * STRAY_S] * STRAYS_AHEAD, 5.0 * STRAY_S + 1])
    assert (clock.newest, clock.n_jumps, clock.n_early, clock.n_late) == (5.0 * STRAY_S + 1, 1, 0, 0)


def test_a_stream_that_begins_anew_sets_the_clock_back() -> None:
    clock = seen([9.0 * STRAY_S, *[float(k) for k in range(STRAYS_BEHIND)]])
    assert (clock.newest, clock.n_jumps) == (STRAYS_BEHIND - 1.0, 1)


def test_a_first_event_of_a_wrong_age_is_forgotten() -> None:
    clock = seen([2.5e11, *[1.7e9 + k for k in range(STRAYS_BEHIND + 5)]])
    assert clock.newest == 1.7e9 + STRAYS_BEHIND + 4
