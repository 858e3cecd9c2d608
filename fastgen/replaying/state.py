"""Keep the state of a replay in one small file, which is replaced as a whole or not at all."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from fastgen.emitting.sink import SinkState
from fastgen.emitting.state_file import StateFile, check_names
from fastgen.errors import ScenarioError
from fastgen.records import make_record
from fastgen.replaying.clock import ReplayClock, parse_speed, utc_from_us

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.index import DatasetIndex

STATE_FILE = StateFile("fastgen-replay-state", 1, "replay")


@dataclass(frozen=True)
class ReplayState:
    """All that decides what a replay emits next.

    Attributes
    ----------
    dataset
        Digest of the dataset.
    start_day, sim_start_us, speed, loop, last_event_s, anchor_us, anchor_virtual_us
        The clock; see `ReplayClock`. The speed is text, exact.
    locations, types
        Ids that are selected; None: all.
    watermark
        Last virtual second emitted.
    folder_id, n_files, pending
        State of the sink; see `SinkState`.
    faults
        Digest of the faults; None: the stream is clean, and the file has no such field.
    """

    dataset: str
    folder_id: str
    start_day: int
    sim_start_us: int
    speed: str
    loop: bool
    last_event_s: int | None
    anchor_us: int
    anchor_virtual_us: int
    locations: tuple[int, ...] | None
    types: tuple[int, ...] | None
    watermark: int
    n_files: int
    pending: tuple[str, ...]
    faults: str | None = None

    @property
    def sink(self) -> SinkState:
        """State of the sink."""
        return SinkState(self.folder_id, self.n_files, self.pending)

    def with_sink(self, sink: SinkState) -> ReplayState:
        """Take over another state of the sink."""
        return replace(self, **sink._asdict())

    def with_pace(self, clock: ReplayClock) -> ReplayState:
        """Take over speed and anchor of a clock, which alone may change after the first run."""
        return replace(
            self,
            speed=str(clock.speed),
            anchor_us=clock.anchor_us,
            anchor_virtual_us=clock.anchor_virtual_us,
        )

    def clock(self, index: DatasetIndex) -> ReplayClock:
        """Make the clock of the state."""
        return ReplayClock(
            epoch_s=index.epoch_s,
            days=index.days,
            start_day=self.start_day,
            sim_start_us=self.sim_start_us,
            speed=Fraction(self.speed),
            loop=self.loop,
            first_s=index.first_s,
            last_event_s=self.last_event_s,
            anchor_us=self.anchor_us,
            anchor_virtual_us=self.anchor_virtual_us,
        )


def write_replay_state(path: Path, state: ReplayState) -> None:
    """Replace the state file.

    Raises
    ------
    OutputError
        If it can't be written; the old state is kept then.
    """
    # For people: the time of the first run as a text.
    body = {"first_run": utc_from_us(state.sim_start_us).isoformat(), **asdict(state)}
    # The state of a clean stream has no such field, so versions before faults can read it.
    if state.faults is None:
        del body["faults"]
    STATE_FILE.write(path, body)


def read_replay_state(path: Path) -> ReplayState | None:
    """Read a state file; None if there is none.

    Raises
    ------
    DamageError
        If it is damaged, or no state file.
    DataError
        If another version of fastgen wrote it.
    """
    raw = STATE_FILE.read(path)
    if raw is None:
        return None
    names = [field.name for field in fields(ReplayState) if field.name != "faults" or "faults" in raw]
    try:
        state = make_record(ReplayState, {name: raw[name] for name in names})
        _check_values(state)
    except (ValueError, KeyError, OverflowError, ScenarioError) as error:
        raise STATE_FILE.damage_by(path, error) from None
    return state


def _check_values(state: ReplayState) -> None:
    """Refuse values that no replay writes; a file edited by hand may have the right checksum."""
    parse_speed(state.speed)
    utc_from_us(state.sim_start_us)
    check_names(state.sink)
