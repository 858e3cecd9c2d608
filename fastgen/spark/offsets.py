"""Offsets of a stream: where it stands, and all that a restart has to know.

An offset is JSON in Spark's checkpoint: a loop and a time in it, before which every event has been given, and
the terms that the stream runs by. Nothing else decides what a batch between two offsets holds.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from fastgen.dataset.index import select_ids, select_types
from fastgen.errors import DataError, ScenarioError
from fastgen.records import make_record
from fastgen.replaying.clock import ReplayClock, parse_speed, us_from_utc, utc_from_us
from fastgen.replaying.options import SPEED, START_DAY
from fastgen.units import S_PER_DAY, US_PER_S

if TYPE_CHECKING:
    from fastgen.dataset.index import DatasetIndex
    from fastgen.spark.options import StreamOptions

Offset = dict[str, Any]
TERMS = ("dataset", "startDay", "speed", "loop", "locations", "types", "schema", "anchor")
# Of streams of stored columns; those begun before there was this term moved their times as the wire does.
TIMES, STORED = "times", "stored"


class _Position(NamedTuple):
    loop: int
    time: str


@dataclass(frozen=True)
class Terms:
    """What a stream runs by, from its first batch to its last.

    Attributes
    ----------
    dataset
        Digest of the dataset.
    start_day, speed, loops
        See `ReplayClock`.
    locations, types
        Ids; None: all.
    raw
        Whether the columns are the stored ones.
    anchor_us
        Wall clock at the start day, Unix microseconds; None: not yet settled.
    moved
        Whether times are moved so that the start day falls on the anchor's day: those of the wire are.
    """

    dataset: str
    start_day: int
    speed: Fraction
    loops: bool
    locations: tuple[int, ...] | None
    types: tuple[int, ...] | None
    raw: bool
    anchor_us: int | None
    moved: bool

    def shift_s(self, index: DatasetIndex) -> int:
        """Seconds to add to virtual time."""
        return self.clock(index).shift_s if self.moved else 0

    def clock(self, index: DatasetIndex, last_event_s: int | None = None) -> ReplayClock:
        """Make the clock of the stream; the last event counts only without loops."""
        return ReplayClock.start(
            epoch_s=index.epoch_s,
            days=index.days,
            start_day=self.start_day,
            now_us=self.anchor_us or 0,
            speed=self.speed,
            loop=self.loops,
            first_s=index.first_s,
            last_event_s=last_event_s,
        )

    def as_texts(self) -> dict[str, str]:
        """Every term as an offset states it, under the option's name."""
        terms = {
            "dataset": self.dataset,
            "startDay": str(self.start_day),
            "speed": str(self.speed),
            "loop": str(self.loops).lower(),
            "locations": _join(self.locations),
            "types": _join(self.types),
            "schema": "raw" if self.raw else "wire",
            "anchor": "" if self.anchor_us is None else utc_from_us(self.anchor_us).isoformat(),
        }
        return terms if self.moved else {**terms, TIMES: STORED}


def terms_of(options: StreamOptions, index: DatasetIndex, offset: Offset | None = None) -> Terms:
    """Settle the terms: those of an offset, which options may only repeat, else the options and defaults.

    Raises
    ------
    ScenarioError
        If an option is impossible, or contradicts the offset.
    DataError
        If the offset is none of ours.
    """
    wanted = options.selection
    day, last = options.start_day, min(START_DAY, index.days - 1)
    asked = Terms(
        index.digest,
        last if day is None else day,
        Fraction(SPEED) if options.speed is None else options.speed,
        True if options.loop is None else options.loop,
        select_ids(index, wanted.locations),
        select_types(wanted.types),
        wanted.raw,
        options.anchor_us,
        moved=not wanted.raw,
    )
    _check_start(asked, index)
    if offset is None or not is_anchored(offset):
        return asked
    options_given = {
        "startDay": day,
        "speed": options.speed,
        "loop": options.loop,
        "anchor": options.anchor_us,
    }
    agreed = _terms(offset)
    own = asked.as_texts()
    for name in TERMS:
        if options_given.get(name, own[name]) is not None and agreed[name] != own[name]:
            raise _contradiction(name, agreed[name], own[name])
    return _read_terms(agreed, asked)


def _check_start(asked: Terms, index: DatasetIndex) -> None:
    """Check start day, speed and anchor, under the options' names."""
    if not 0 <= asked.start_day <= index.days:
        raise ScenarioError(f"startDay: expected 0 <= startDay <= {index.days}, got {asked.start_day}.")
    asked.clock(index)  # checks the speed
    if asked.anchor_us is not None:
        # The first event may not come before 1970; a stream moves by whole days.
        first_days = -((index.first_s - index.epoch_s) // S_PER_DAY) + asked.start_day
        if asked.anchor_us < first_days * S_PER_DAY * US_PER_S:
            raise ScenarioError(
                f"anchor: expected an instant from {dt.date(1970, 1, 1) + dt.timedelta(first_days)} on for "
                f"startDay {asked.start_day}, got {utc_from_us(asked.anchor_us).isoformat()}."
            )


def is_anchored(offset: Offset) -> bool:
    """Whether a stream that stands at an offset has begun: then its clock is settled."""
    return bool(_terms(offset)["anchor"])


def check_same_terms(start: Offset, end: Offset) -> None:
    """Check that a batch begins and ends by the same terms.

    Raises
    ------
    ScenarioError
        If options were changed between two runs.
    """
    if is_anchored(start):
        before, after = _terms(start), _terms(end)
        for name in (*TERMS, TIMES):
            if before.get(name) != after.get(name):
                raise _contradiction(name, before.get(name, "moved"), after.get(name, "moved"))


def _contradiction(name: str, agreed: str, got: str) -> ScenarioError:
    # The one default that differs between the formats, so that a user may not know of the option.
    hint = f'.option("schema", "{agreed}") goes on with it, ' if name == "schema" else ""
    return ScenarioError(
        f"{name}: expected {agreed or 'all'}, as the stream's checkpoint has it, got {got or 'all'}; {hint}"
        "a stream with other options needs a checkpoint of its own."
    )


def _read_terms(agreed: dict[str, str], asked: Terms) -> Terms:
    try:
        anchor_us = us_from_utc(dt.datetime.fromisoformat(agreed["anchor"]))
        return replace(
            asked,
            start_day=int(agreed["startDay"]),
            speed=parse_speed(agreed["speed"]),
            loops=agreed["loop"] == "true",
            anchor_us=anchor_us,
            moved=agreed.get(TIMES) != STORED,
        )
    except ValueError:
        raise _foreign(agreed) from None


def write_offset(terms: Terms, virtual_s: int, index: DatasetIndex) -> Offset:
    """State that every event before a virtual second has been given."""
    loop = max(0, (virtual_s - index.epoch_s) // index.length_s)
    time = utc_from_us((virtual_s - loop * index.length_s) * US_PER_S)
    position = {"loop": loop, "time": f"{time:%Y-%m-%dT%H:%M:%S}"}
    return {"position": position, "terms": terms.as_texts()}


def read_position(offset: Offset, index: DatasetIndex) -> int:
    """Virtual second that an offset stands at.

    Raises
    ------
    DataError
        If the offset is none of ours.
    """
    try:
        position = make_record(_Position, offset["position"])
        time = dt.datetime.fromisoformat(position.time)
        if position.loop < 0 or time.tzinfo:
            raise ValueError(position)  # noqa: TRY301  # told with the others
        return us_from_utc(time) // US_PER_S + position.loop * index.length_s
    except (ValueError, KeyError, TypeError):
        raise _foreign(offset) from None


def _terms(offset: Offset) -> dict[str, str]:
    terms = offset.get("terms")
    if not isinstance(terms, dict) or not all(isinstance(terms.get(name), str) for name in TERMS):
        raise _foreign(offset)
    return terms


def _foreign(offset: object) -> DataError:
    return DataError(f"offset: expected one that fastgen has written, got {offset}.")


def _join(ids: tuple[int, ...] | None) -> str:
    return "" if ids is None else ",".join(map(str, ids))
