"""Keep the state of a live run: what decides which events it emits next."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from fastgen.emitting.sink import SinkState
from fastgen.emitting.state_file import StateFile, check_names
from fastgen.errors import ScenarioError
from fastgen.live_kitchens.kitchen import Kitchen
from fastgen.records import make_record
from fastgen.replaying.clock import ReplayClock, parse_speed
from fastgen.units import US_PER_MIN

if TYPE_CHECKING:
    from pathlib import Path

# Fields that a state file may lack: it has no None, and older ones know nothing of orders from outside.
_SPARSE = ("faults", "skipped_to_us", "orders_bytes")
_FILE = StateFile("fastgen-live-state", 1, "live run")


class Counts(NamedTuple):
    """What one batch has: events, and how many of them are order_created and end an order.

    An order ends with delivered or order_cancelled.
    """

    events: int = 0
    created: int = 0
    delivered: int = 0


@dataclass(frozen=True)
class Totals:
    """What a run has emitted so far, for those who watch it.

    Attributes
    ----------
    events
        Number of events.
    created, delivered
        Number of order_created among them, and of events that end an order: the difference is the open
        orders.
    saved_us
        When the state was saved, microseconds of the run's clock.
    mark_us, mark_events
        Time and number of events at the begin of the minute before, from which a rate is computed.
    """

    events: int = 0
    created: int = 0
    delivered: int = 0
    saved_us: int = 0
    mark_us: int = 0
    mark_events: int = 0

    def after(self, counts: Counts, now_us: int) -> Totals:
        """Add what a batch has, which is saved now; `now_us` in microseconds of the run's clock."""
        # A mark of two minutes gives way to the last save: the rate is that of the present, not of the day.
        mark = (self.mark_us, self.mark_events)
        if now_us - self.mark_us >= 2 * US_PER_MIN:
            mark = (self.saved_us, self.events)
        return Totals(
            events=self.events + counts.events,
            created=self.created + counts.created,
            delivered=self.delivered + counts.delivered,
            saved_us=now_us,
            mark_us=mark[0],
            mark_events=mark[1],
        )


@dataclass(frozen=True)
class LiveState:
    """All that decides what a live run emits next.

    Attributes
    ----------
    kitchens
        The kitchens; their number, from 1, is their location_id.
    wire
        "live" or "canonical".
    clock
        The clock.
    watermark_us
        Unix microsecond, by the kitchens' clock, before which all is emitted.
    sink
        State of the sink.
    totals
        What was emitted.
    faults
        Digest of the faults file; None: there is none, and the state file has no such field.
    skipped_to_us
        Unix microsecond up to which the last skip has left out the events; None: nothing was skipped, and the
        state file has no such field.
    orders_bytes
        Length of the journal of orders from outside; it may be longer, as orders are taken between batches.
    """

    kitchens: tuple[Kitchen, ...]
    wire: str
    clock: ReplayClock
    watermark_us: int
    sink: SinkState
    totals: Totals = Totals()
    faults: str | None = None
    skipped_to_us: int | None = None
    orders_bytes: int = 0


# The next two have plain types only, which `make_record` checks: a speed is a Fraction in the clock itself.
@dataclass(frozen=True)
class _StatedClock:
    """A `ReplayClock` in a state file; the speed is text, exact."""

    epoch_s: int
    days: int
    start_day: int
    sim_start_us: int
    speed: str
    loop: bool
    first_s: int
    last_event_s: int | None
    anchor_us: int
    anchor_virtual_us: int


@dataclass(frozen=True)
class _StatedRun:
    """The plain fields of a state file."""

    wire: str
    watermark_us: int
    faults: str | None = None
    skipped_to_us: int | None = None
    orders_bytes: int = 0


def write_state(path: Path, state: LiveState) -> None:
    """Replace the state file.

    Raises
    ------
    OutputError
        If it can't be written; the old state is kept then.
    """
    # As text, "1/3": a float would give other times than those that the run began with.
    clock = {**vars(state.clock), "speed": str(state.clock.speed)}
    _FILE.write(
        path,
        {
            "kitchens": [kitchen.to_dict() for kitchen in state.kitchens],
            "wire": state.wire,
            "clock": clock,
            "watermark_us": state.watermark_us,
            "sink": {**state.sink._asdict(), "pending": list(state.sink.pending)},
            "totals": vars(state.totals),
            **{name: value for name in _SPARSE if (value := getattr(state, name)) is not None},
        },
    )


def read_state(path: Path) -> LiveState | None:
    """Read a state file; None if there is none.

    Raises
    ------
    DamageError
        If it is damaged, or no state of a live run.
    DataError
        If another version of fastgen wrote it.
    """
    raw = _FILE.read(path)
    if raw is None:
        return None
    try:
        return _make_state(raw)
    except (ValueError, KeyError, TypeError, OverflowError, ScenarioError) as error:
        # Also a wrong value of a config: in a state it is damage, no input that a user could correct.
        raise _FILE.damage_by(path, error) from None


def _make_state(raw: dict[str, Any]) -> LiveState:
    names = [field.name for field in fields(_StatedRun) if field.name not in _SPARSE or field.name in raw]
    stated_run = make_record(_StatedRun, {name: raw[name] for name in names})
    sink, stated = make_record(SinkState, raw["sink"]), make_record(_StatedClock, raw["clock"])
    check_names(sink)  # files of these names may be removed when the run begins
    clock = ReplayClock(**{**vars(stated), "speed": parse_speed(stated.speed)})
    return LiveState(
        kitchens=tuple(Kitchen.from_dict(one) for one in raw["kitchens"]),
        wire=stated_run.wire,
        clock=clock,
        watermark_us=stated_run.watermark_us,
        sink=sink,
        totals=make_record(Totals, raw["totals"]),
        faults=stated_run.faults,
        skipped_to_us=stated_run.skipped_to_us,
        orders_bytes=stated_run.orders_bytes,
    )
