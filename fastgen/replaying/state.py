"""Keep the state of a replay in one small file, which is replaced as a whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from dataclasses import asdict, dataclass, fields, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from fastgen.emitting.sink import SinkState
from fastgen.errors import DamageError, DataError, ScenarioError
from fastgen.files import write_whole
from fastgen.records import make_record, parse_json
from fastgen.replaying.clock import ReplayClock, parse_speed, utc_from_us

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.index import DatasetIndex

FORMAT = "fastgen-replay-state"
FORMAT_VERSION = 1
# A state lists the files of one window, about 25 bytes each.
_MAX_BYTES = 1_000_000_000
_NAME = re.compile(r"-|[A-Za-z0-9][A-Za-z0-9.-]{0,99}")


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
        Ids selected; None: all.
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

    def to_json(self) -> str:
        """Encode as JSON, with a checksum over all other fields."""
        body = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "first_run": utc_from_us(self.sim_start_us).isoformat(),
            **asdict(self),
        }
        if self.faults is None:
            del body["faults"]
        return json.dumps({**body, "sha256": _checksum(body)}, indent=1) + "\n"


def _checksum(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def write_state(path: Path, state: ReplayState) -> None:
    """Replace the state file.

    Raises
    ------
    OutputError
        If it can't be written; the old state is kept then.
    """
    write_whole(path, state.to_json().encode())


def read_state(path: Path) -> ReplayState | None:
    """Read a state file; None if there is none.

    Raises
    ------
    DamageError
        If it is damaged, or no state file.
    DataError
        If another version of fastgen wrote it.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MAX_BYTES:
            raise _damage(path, "a state file, got a folder, a device or a far larger file")
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _damage(path, f"a readable state file, got {error}") from None
    try:
        raw = parse_json(text)
        if not isinstance(raw, dict) or raw.get("format") != FORMAT:
            raise _damage(path, "the state of a replay, got something else")
        if raw["format_version"] != FORMAT_VERSION:
            raise DataError(
                f"{path}: expected format_version {FORMAT_VERSION}, got {raw['format_version']!r}: "
                "another version of fastgen wrote it."
            )
        found = raw.pop("sha256")
        if found != _checksum(raw):
            raise _damage(path, "a whole state file, got a damaged one (sha256 differs)")
        names = [field.name for field in fields(ReplayState) if field.name != "faults" or "faults" in raw]
        state = make_record(ReplayState, {name: raw[name] for name in names})
        _check_values(state)
    except (ValueError, KeyError, OverflowError, ScenarioError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error).removesuffix(".")
        raise _damage(path, f"a whole state file, got a damaged one ({reason})") from None
    return state


def _damage(path: Path, what: str) -> DamageError:
    return DamageError(
        f"{path}: expected {what}. Put it back, or begin anew: remove it and what the replay has written."
    )


def _check_values(state: ReplayState) -> None:
    """Refuse values that no replay writes, under a checksum that is right."""
    parse_speed(state.speed)
    utc_from_us(state.sim_start_us)
    # They are used as names of files.
    for name in (state.folder_id, *state.pending):
        if not _NAME.fullmatch(name):
            raise ValueError(f"the name {name!r}")
