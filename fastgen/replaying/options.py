"""Define the options of a replay, and the report of one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastgen.errors import ScenarioError
from fastgen.replaying.clock import parse_speed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fastgen.faults.plan import FaultPlan
    from fastgen.replaying.clock import ReplayClock, Window

FORMATS = ("jsonl", "jsonl.gz", "parquet")
# About 85 MB of JSON lines.
MAX_ROWS_PER_FILE = 250_000


@dataclass(frozen=True)
class ReplayOptions:
    """The options of a replay. None: the value in the state, or the default at a first run.

    Attributes
    ----------
    start_day, speed, loop
        See `ReplayClock`; defaults: `settle_clock_terms`.
    locations, types
        Codes or ids; event type names; default: all.
    max_rows_per_file
        Most rows of a file; a stream has no files.
    format
        "jsonl", "jsonl.gz" or "parquet".
    rebase
        Whether to go on at another speed than that of the state, from the present position.
    accept_clock
        Whether to accept a wall clock that seems wrong: before the last run, at another speed, or more than a
        year after it.
    faults
        Faults file, or the plan of one; None: the stream is clean. No later run can change it.
    ledger
        File for the ledger of the faults, written when the run ends; None: none is written.

    Raises
    ------
    ScenarioError
        If a value is impossible, whatever the state says.
    """

    start_day: int | None = None
    speed: str | float | None = None
    loop: bool | None = None
    locations: Sequence[str] | None = None
    types: Sequence[str] | None = None
    max_rows_per_file: int = MAX_ROWS_PER_FILE
    format: str = "jsonl"
    rebase: bool = False
    accept_clock: bool = False
    faults: str | Path | FaultPlan | None = None
    ledger: str | Path | None = None

    def __post_init__(self) -> None:
        """Check the fields."""
        if self.format not in FORMATS:
            raise ScenarioError(f"format: expected one of {', '.join(FORMATS)}, got {self.format!r}.")
        if self.max_rows_per_file < 1:
            raise ScenarioError(f"max_rows_per_file: expected at least 1, got {self.max_rows_per_file}.")
        # Whether it is a number at all; `ReplayClock` has the bounds, also for a speed from a state file.
        if self.speed is not None:
            parse_speed(self.speed)
        if self.ledger is not None and self.faults is None:
            raise ScenarioError("ledger: expected faults beside it, got none: a clean stream has no ledger.")


@dataclass(frozen=True)
class Emitted:
    """What one run emitted or, as a dry run, would emit.

    Attributes
    ----------
    window
        The window; None: nothing was due.
    clock
        The replay's clock.
    first_run
        Whether there was no state before.
    watermark
        Last virtual second emitted so far.
    events, bytes, files
        Number of events; bytes and names of the files in the folder.
    control
        The control folder, which is not for readers; None: the events went to a stream.
    """

    window: Window | None
    clock: ReplayClock
    first_run: bool
    watermark: int
    events: int = 0
    bytes: int = 0
    files: tuple[str, ...] = ()
    control: Path | None = None
