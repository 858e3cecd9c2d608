"""Offsets of a stream: its position, and the terms that a restart needs.

An offset is JSON in Spark's checkpoint. Its position is a loop and a time of the dataset: all events before
it have been delivered. Its terms are the settled options of the stream. Two offsets alone decide the rows of
the batch between them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from fastgen.dataset.index import select_ids, select_types
from fastgen.errors import DataError, ScenarioError
from fastgen.records import make_record
from fastgen.replaying.clock import ReplayClock, check_start_day, parse_speed, us_from_utc, utc_from_us
from fastgen.replaying.clock_terms import ClockTerms, settle_clock_terms
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    from fastgen.dataset.index import DatasetIndex
    from fastgen.spark.options import StreamOptions

Offset = dict[str, Any]
TERMS = ("dataset", "startDay", "speed", "loop", "locations", "types", "schema", "anchor")
# A term of streams of stored columns, whose times aren't moved. Checkpoints of older versions don't have it:
# those streams move their times as the wire format does.
TIMES, STORED = "times", "stored"


class _Position(NamedTuple):
    loop: int
    time: str


@dataclass(frozen=True)
class Terms:
    """The terms of a stream, from its first batch to its last.

    Attributes
    ----------
    dataset
        Digest of the dataset.
    clock_terms
        Start day, speed, and whether the dataset repeats.
    locations, types
        Ids; None for all.
    raw
        Whether the columns are the stored ones, not the wire format.
    anchor_us
        Wall clock at the start day, Unix microseconds; None before the first batch settles it.
    moved
        Whether times are moved so that the start day falls on the anchor's day, as in the wire format.
    """

    dataset: str
    clock_terms: ClockTerms
    locations: tuple[int, ...] | None
    types: tuple[int, ...] | None
    raw: bool
    anchor_us: int | None
    moved: bool

    def shift_s(self, index: DatasetIndex) -> int:
        """Compute the seconds to add to virtual time for the times of the rows."""
        return self.clock(index).shift_s if self.moved else 0

    def clock(self, index: DatasetIndex, last_event_s: int | None = None) -> ReplayClock:
        """Make the clock of the stream; `last_event_s` ends it, if it doesn't loop."""
        return self.clock_terms.start(index, self.anchor_us or 0, last_event_s)

    def as_texts(self) -> dict[str, str]:
        """Write every term as an offset has it, by the name of its option."""
        terms = {
            "dataset": self.dataset,
            "startDay": str(self.clock_terms.start_day),
            "speed": str(self.clock_terms.speed),
            "loop": str(self.clock_terms.loop).lower(),
            "locations": _join(self.locations),
            "types": _join(self.types),
            "schema": "raw" if self.raw else "wire",
            "anchor": "" if self.anchor_us is None else utc_from_us(self.anchor_us).isoformat(),
        }
        return terms if self.moved else {**terms, TIMES: STORED}


def terms_of(options: StreamOptions, index: DatasetIndex, offset: Offset | None = None) -> Terms:
    """Settle the terms: those of an anchored offset; else those of the options, and defaults for the rest.

    Raises
    ------
    ScenarioError
        If an option is impossible, or differs from the offset.
    DataError
        If fastgen hasn't written the offset.
    """
    selection = options.selection
    requested = Terms(
        index.digest,
        settle_clock_terms(index, start_day=options.start_day, speed=options.speed, loop=options.loop),
        select_ids(index, selection.locations),
        select_types(index, selection.types),
        selection.raw,
        options.anchor_us,
        moved=not selection.raw,
    )
    _check_start(requested, index)
    if offset is None or not is_anchored(offset):
        return requested
    # Options that a restart leaves out are those of the offset; dataset, selection and schema have no such
    # default, and must be the same.
    options_given = {
        "startDay": options.start_day,
        "speed": options.speed,
        "loop": options.loop,
        "anchor": options.anchor_us,
    }
    stated = _terms(offset)
    own = requested.as_texts()
    for name in TERMS:
        if options_given.get(name, own[name]) is not None and stated[name] != own[name]:
            raise _contradiction(name, stated[name], own[name])
    return _read_terms(stated, requested)


def _check_start(requested: Terms, index: DatasetIndex) -> None:
    """Check start day, speed and anchor; errors name the options."""
    start_day = requested.clock_terms.start_day
    check_start_day(start_day, index.days, "startDay")
    clock = requested.clock(index)  # checks the speed
    if requested.anchor_us is not None and requested.anchor_us < clock.earliest_start_us:
        raise ScenarioError(
            f"anchor: expected an instant from {utc_from_us(clock.earliest_start_us).date()} on for "
            f"startDay {start_day}, got {utc_from_us(requested.anchor_us).isoformat()}."
        )


def is_anchored(offset: Offset) -> bool:
    """Say whether the stream of an offset has begun; then its clock is settled."""
    return bool(_terms(offset)["anchor"])


def check_same_terms(start: Offset, end: Offset) -> None:
    """Check that the two offsets of a batch have the same terms.

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


def _contradiction(name: str, stated: str, got: str) -> ScenarioError:
    # The formats "fastgen" and "caspers" differ in this default, so the user may not have set the option.
    hint = f'.option("schema", "{stated}") goes on with it, ' if name == "schema" else ""
    return ScenarioError(
        f"{name}: expected {stated or 'all'}, as the stream's checkpoint has it, got {got or 'all'}; {hint}"
        "a stream with other options needs a checkpoint of its own."
    )


def _read_terms(stated: dict[str, str], requested: Terms) -> Terms:
    """Read the terms of an offset; those that must be the same are taken from the request."""
    try:
        anchor_us = us_from_utc(dt.datetime.fromisoformat(stated["anchor"]))
        return replace(
            requested,
            clock_terms=ClockTerms(
                int(stated["startDay"]), parse_speed(stated["speed"]), stated["loop"] == "true"
            ),
            anchor_us=anchor_us,
            moved=stated.get(TIMES) != STORED,
        )
    except ValueError:
        raise _foreign(stated) from None


def write_offset(terms: Terms, virtual_s: int, index: DatasetIndex) -> Offset:
    """Make the offset of a stream that has delivered every event before a virtual second."""
    loop = max(0, (virtual_s - index.epoch_s) // index.length_s)
    time = utc_from_us((virtual_s - loop * index.length_s) * US_PER_S)
    position = {"loop": loop, "time": f"{time:%Y-%m-%dT%H:%M:%S}"}
    return {"position": position, "terms": terms.as_texts()}


def read_position(offset: Offset, index: DatasetIndex) -> int:
    """Read the position of an offset, as a virtual second.

    Raises
    ------
    DataError
        If fastgen hasn't written the offset.
    """
    try:
        position = make_record(_Position, offset["position"])
        time = dt.datetime.fromisoformat(position.time)
        if position.loop < 0 or time.tzinfo:
            raise ValueError(position)  # noqa: TRY301  # becomes the same error as the others
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
