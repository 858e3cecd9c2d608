"""Run live kitchens: history at once, then batch after batch as the clock reaches them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import IO, TYPE_CHECKING

from fastgen.errors import ScenarioError
from fastgen.live_kitchens.config import LiveConfig
from fastgen.live_kitchens.options import LiveOptions, read_configs
from fastgen.live_kitchens.session import LiveSession
from fastgen.replaying.clock import us_from_utc
from fastgen.replaying.run import present_us
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence

    from fastgen.faults.plan import FaultPlan
    from fastgen.live_kitchens.options import Batch
    from fastgen.replaying.clock import ReplayClock

# The state is saved at least so often, so that those who watch see that the run lives.
_HEARTBEAT_US = 10 * US_PER_S
# Orders from outside are looked for so often.
_POLL_US = US_PER_S // 5


@dataclass(frozen=True)
class Pace:
    """How time passes for a run.

    Attributes
    ----------
    now
        Time at which the clock starts; None: that of the system.
    stop
        Ends the run when it is set.
    clock, wait
        The real time, Unix microseconds, and how to wait for some seconds; None: those of the system.
    """

    now: dt.datetime | None = None
    stop: Event = field(default_factory=Event)
    clock: Callable[[], int] | None = None
    wait: Callable[[float], object] | None = None

    def start(self) -> Callable[[], int]:
        """Start the clock; the result reads it, Unix microseconds."""
        clock = self.clock or present_us
        if self.now is None:
            return clock
        # Only the difference is kept: time runs on with the system's clock, and jumps where that is set.
        ahead_us = us_from_utc(self.now) - clock()
        return lambda: clock() + ahead_us

    def wait_for(self, seconds: float) -> None:
        """Wait, at most until the run is to end."""
        (self.wait or self.stop.wait)(seconds)


def live(
    configs: str | Path | LiveConfig | Sequence[str | Path | LiveConfig],
    to: str | Path | IO[bytes],
    *,
    state: str | Path | None = None,
    roads: str | Path | None = None,
    wire: str = "live",
    format: str = "jsonl",  # noqa: A002  # the option's name
    skip: bool = False,
    now: dt.datetime | None = None,
    until: dt.datetime | None = None,
    geocoder: str | None = None,
    faults: str | Path | FaultPlan | None = None,
    ledger: str | Path | None = None,
    orders: str | Path | None = None,
    orders_from: str | Path | None = None,
    receipts: str | Path | None = None,
    stop: Event | None = None,
    clock: Callable[[], int] | None = None,
    wait: Callable[[float], object] | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> Iterator[Batch]:
    """Run kitchens that live now.

    The first batch is history: all events from `start_days_ago` of the configs to now. Then follow batches of
    what happens, as the clock reaches it, until the last event of the configs, `until` or `stop`. A run that
    was ended or killed goes on where it was: each event is written exactly once.

    Parameters
    ----------
    configs
        Config files, or configs.
    to
        Folder that the files appear in, whole and under names that rise with time. Or a binary stream, which
        is flushed before the state file is replaced: after a kill in between, a batch is written again, with
        the same event ids.
    state
        State file. None: in the control folder, see `fastgen.emitting.control`; a stream needs one.
    roads
        Folder of CODE.roads files.
    wire
        "live": rows with gk_id, location, microseconds and eta_mins. "canonical": the rows of a replay.
    format
        "jsonl", "jsonl.gz" or "parquet".
    skip
        Whether to leave out what fell due since the last run, instead of writing it at once.
    now
        Time at which the clock starts, UTC if naive, from which it runs on; None: that of the system.
    until
        Time at which the run ends; None: with the last event.
    geocoder
        Address of a Nominatim server, which finds addresses that aren't known; None: OpenStreetMap's.
    faults
        Faults file, or the plan of one: break the stream on purpose, beside the nulls of the configs.
    ledger
        File for the ledger of the faults, made whole after the run; None: none is written.
    orders
        File of orders that were made elsewhere, JSON lines, which is followed as it grows; "-": the standard
        input. None: none.
    orders_from
        Folder in which files of such orders appear. None: none.
    receipts
        File that gets an answer to each of these orders, a JSON line with its order_id. None: no answers.
    stop
        Set it, from a signal handler or another thread, to end: at most one batch more comes. What is still
        due then comes after the next start.
    clock, wait
        The real time, Unix microseconds, and how to wait for some seconds; None: those of the system.
    announce
        Called with a line before something that takes a while.

    Yields
    ------
    Batch
        Each batch, after it was released; without events where only the state was saved.

    Raises
    ------
    FastgenError
        If a config or an option is wrong or contradicts the state, or something can't be read or written;
        what was due stays due then.
    """
    several = [configs] if isinstance(configs, str | Path | LiveConfig) else configs
    folder = None if roads is None else Path(roads)
    options = LiveOptions(
        roads=folder,
        wire=wire,
        format=format,
        skip=skip,
        until=until,
        geocoder=geocoder,
        faults=faults,
        ledger=ledger,
        orders=orders,
        orders_from=orders_from,
        receipts=receipts,
    )
    pace = Pace(now, stop or Event(), clock, wait)
    # `run` does nothing before its first batch is asked for; configs and options are checked by this call.
    return run(read_configs(several), to, state, options, pace, announce)


def run(
    configs: Sequence[tuple[Path, LiveConfig]],
    to: str | Path | IO[bytes],
    state: str | Path | None,
    options: LiveOptions,
    pace: Pace,
    announce: Callable[[str], None] = lambda _: None,
) -> Iterator[Batch]:
    """Run kitchens whose configs are read; parameters, batches and errors as `live`."""
    # Not the running clock, which is past `now` by some microseconds: `until` may be `now`.
    began_us = us_from_utc(pace.now) if pace.now else (pace.clock or present_us)()
    clock = pace.start()
    until_us = None if options.until is None else us_from_utc(options.until)
    if until_us is not None and until_us < began_us:
        raise ScenarioError(f"until: expected a time from now on, got {options.until:%Y-%m-%dT%H:%M:%S}.")
    with LiveSession(configs, to, state, options, clock(), announce) as session:
        while True:
            now_us = clock() if until_us is None else min(clock(), until_us)
            yield session.emit(now_us)
            due_us = now_us if session.is_behind else session.next_due_us()
            is_over = now_us == until_us and not session.is_behind
            if is_over or due_us is None or pace.stop.is_set():
                return
            wake_us = min(due_us, now_us + _HEARTBEAT_US)
            wake_us = wake_us if until_us is None else min(wake_us, until_us)
            _wait(session, pace, clock, wake_us)


def _wait(session: LiveSession, pace: Pace, clock: Callable[[], int], wake_us: int) -> None:
    """Wait for a moment, and take orders from outside meanwhile: something may be due earlier then."""
    if session.takes_orders and wake_us <= clock():
        session.take_orders(clock())  # a run that lags behind never waits
    while not pace.stop.is_set() and (left_us := wake_us - clock()) > 0:
        if not session.takes_orders:
            pace.wait_for(left_us / US_PER_S)
        elif session.take_orders(clock()):
            # Something may be due earlier now: an order with the time "now" doesn't wait for the batch.
            wake_us = min(wake_us, session.next_due_us() or wake_us)
        else:
            pace.wait_for(min(left_us, _POLL_US) / US_PER_S)


@dataclass(frozen=True)
class Due:
    """What a run would write at once: about so many events of a period, Unix microseconds."""

    clock: ReplayClock
    is_history: bool
    from_us: int
    end_us: int
    events: float


def preview(
    configs: Sequence[tuple[Path, LiveConfig]],
    to: str | Path | IO[bytes],
    state: str | Path | None,
    options: LiveOptions,
    pace: Pace,
    announce: Callable[[str], None] = lambda _: None,
) -> Due:
    """Find what is due, and write nothing; parameters and errors as `run`."""
    now_us = pace.start()()
    session = LiveSession(configs, to, state, options, now_us, announce)
    return Due(*session.preview(now_us))
