"""Settle what the first run decides about the clock: start day, speed, and whether the dataset repeats.

A replay keeps the three in its state file, and a stream of Spark keeps them in its offsets. Both settle them
here, so the same options give the same clock.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from fastgen.replaying.clock import ReplayClock

if TYPE_CHECKING:
    from fastgen.dataset.index import DatasetIndex

# A day of the dataset, and virtual seconds a real second: docs/model.md, 8.1.
START_DAY, SPEED = 70, 60


class ClockTerms(NamedTuple):
    """What the first run settles for all later ones; attributes as of `ReplayClock`."""

    start_day: int
    speed: Fraction
    loop: bool

    def start(self, index: DatasetIndex, now_us: int, last_event_s: int | None = None) -> ReplayClock:
        """Start a clock on these terms.

        Parameters
        ----------
        index
            The dataset.
        now_us
            Wall clock at the first run, Unix microseconds.
        last_event_s
            Second of the last event, which ends a clock that doesn't loop; None: not needed yet.

        Raises
        ------
        ScenarioError
            If start day or speed is impossible.
        """
        return ReplayClock.start(
            epoch_s=index.epoch_s,
            days=index.days,
            start_day=self.start_day,
            now_us=now_us,
            speed=self.speed,
            loop=self.loop,
            first_s=index.first_s,
            last_event_s=last_event_s,
        )


def settle_clock_terms(
    index: DatasetIndex, *, start_day: int | None, speed: Fraction | None, loop: bool | None
) -> ClockTerms:
    """Take a default for each that isn't requested (None): day 70 or an earlier last day, speed 60, loops."""
    return ClockTerms(
        start_day=min(START_DAY, index.days - 1) if start_day is None else start_day,
        speed=Fraction(SPEED) if speed is None else speed,
        loop=True if loop is None else loop,
    )
