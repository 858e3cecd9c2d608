"""Tell the second of the day at which orders were created, by the clock of their place."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from fastgen.dataset.verify.expectations import day_starts_s
from fastgen.inputs.timezones import load_zone
from fastgen.units import S_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

    from fastgen.model.scenario import Scenario
    from fastgen.reporting.axes import Axes


class PlaceClocks:
    """The wall clocks of the locations of a dataset.

    Parameters
    ----------
    axes, scenario
        The locations and days, and the clock of their timestamps.
    """

    def __init__(self, axes: Axes, scenario: Scenario) -> None:
        by_id = {location.location_id: location for location in scenario.locations}
        here = [by_id[location_id] for location_id in axes.location_ids]
        self._start_s = np.stack([day_starts_s(scenario, location) for location in here])
        # Days on which the clock is set: from that second of the day on, it shows so many seconds more.
        self._changes: dict[tuple[int, int], tuple[int, int]] = {}
        # What the clock shows when a day begins: not 0 where it is set forward at midnight.
        self._shown_s = np.zeros((axes.n_locations, axes.n_days), np.int64)
        if scenario.clock == "utc":
            for row, location in enumerate(here):
                self._note_changes(row, load_zone(location.timezone))

    def _note_changes(self, row: int, zone: ZoneInfo) -> None:
        lengths = np.diff(self._start_s[row])
        for day in np.flatnonzero(lengths != S_PER_DAY).tolist():
            begins = int(self._start_s[row, day])
            offset = _offset_s(zone, begins)
            self._shown_s[row, day] = (begins + offset) % S_PER_DAY
            low, high = 0, int(lengths[day])
            if _offset_s(zone, begins + high) != offset:
                while high - low > 1:  # between them the clock is set
                    middle = (low + high) // 2
                    is_later = _offset_s(zone, begins + middle) == offset
                    low, high = (middle, high) if is_later else (low, middle)
                self._changes[row, day] = high, _offset_s(zone, begins + high) - offset

    def seconds_of_day(
        self, location: NDArray[np.int64], day: NDArray[np.int64], ts: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Tell what the clocks show.

        Parameters
        ----------
        location, day
            int64 (n,), row of the location, and the location-day.
        ts
            int64 (n,), Unix seconds of the dataset.

        Returns
        -------
        int64 (n,)
            Seconds since midnight.
        """
        shown: NDArray[np.int64] = ts - self._start_s[location, day] + self._shown_s[location, day]
        if self._changes:
            for row, changed, (at, by) in self._changes_among(day):
                here = (location == row) & (day == changed) & (shown >= at + self._shown_s[row, changed])
                shown[here] += by
        return shown

    def _changes_among(self, day: NDArray[np.int64]) -> Iterator[tuple[int, int, tuple[int, int]]]:
        """List the changes on the days of a batch."""
        days = set(np.unique(day).tolist())
        return ((row, on, change) for (row, on), change in self._changes.items() if on in days)


def _offset_s(zone: ZoneInfo, ts: int) -> int:
    offset = dt.datetime.fromtimestamp(ts, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
