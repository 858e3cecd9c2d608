"""Begin a live run: find its kitchens, and start their clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.errors import ScenarioError
from fastgen.live_kitchens.kitchen import Kitchen
from fastgen.live_kitchens.options import naming
from fastgen.live_kitchens.places import find_place
from fastgen.live_kitchens.scenario import first_day
from fastgen.replaying.clock import ReplayClock, parse_speed, utc_from_us
from fastgen.units import S_PER_DAY, US_PER_DAY
from fastgen.wire.slicer import Slicer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fastgen.dataset.index import DatasetIndex
    from fastgen.live_kitchens.config import LiveConfig


def find_kitchens(
    configs: Sequence[tuple[Path, LiveConfig]], geocoder: str | None, now_us: int
) -> tuple[Kitchen, ...]:
    """Find the places of kitchens that begin now, in the order of their names.

    Parameters
    ----------
    configs
        The configs, with their files.
    geocoder
        Address of a Nominatim server; None: OpenStreetMap's.
    now_us
        The present time, Unix microseconds.

    Raises
    ------
    FastgenError
        If a place can't be found, or a config is impossible; the message names its file.
    """
    kitchens, now = [], utc_from_us(now_us)
    # By name: the number of a kitchen in this list is its location_id on the wire.
    for path, config in sorted(configs, key=lambda one: one[1].location_name):
        with naming(path):
            place = find_place(config, geocoder)
            kitchens.append(Kitchen(config, place, first_day(config, place, now)))
            _ = kitchens[-1].scenario  # made, and so checked, while the file is known
    return tuple(kitchens)


def start_clock(index: DatasetIndex, kitchens: Sequence[Kitchen], now_us: int) -> ReplayClock:
    """Start the clock of kitchens at a Unix microsecond.

    Raises
    ------
    ScenarioError
        If their history would begin before 1970.
    """
    if index.first_s < 0:
        raise ScenarioError(
            "start_days_ago: expected history that begins in 1970 or later, got some before. Set the "
            "clock, or name a later time with --now."
        )
    start_day = now_us // US_PER_DAY - index.epoch_s // S_PER_DAY
    last = Slicer(index).last_event_s()
    return ReplayClock.start(
        epoch_s=index.epoch_s,
        days=max(index.days, start_day),
        start_day=start_day,
        now_us=now_us,
        speed=parse_speed(kitchens[0].config.speed_up),
        loop=False,
        first_s=index.first_s,
        # Without events, the history ends just before its first second.
        last_event_s=index.first_s - 1 if last is None else last,
    )
