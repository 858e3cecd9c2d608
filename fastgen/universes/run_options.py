"""Define the options of a universe's run, and the class that receives its progress."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Required, Self, TypedDict, Unpack

from fastgen.building.job import Progress
from fastgen.building.workers import check_workers
from fastgen.errors import ScenarioError
from fastgen.model.scenario import FIRST_START, LAST_START
from fastgen.units import MAX_DAYS, US_PER_DAY
from fastgen.universes.stop_time import parse_stop


class RunProgress(Progress):
    """Receives the progress of a run, and of the build after it. This class ignores it."""

    def start_days(self, n: int) -> None:
        """Receive the number of days of all sites together, before the first is run."""

    def advance_days(self, n: int) -> None:
        """Receive the number of days that a site has run since the last call; several threads call it."""


class ResumeKeywords(TypedDict, total=False):
    """Keywords of functions that go on with a run."""

    days: Required[int]
    stop_at: str | None
    snapshot_every: int
    roads: str | Path | None
    cloud_events: str | Path | None


class RunKeywords(TypedDict, total=False):
    """Keywords of functions that run a universe, with the defaults of `RunOptions.of`."""

    days: int
    seed: int
    start: dt.date
    stop_at: str | None
    snapshot_every: int
    roads: str | Path | None
    cloud_events: str | Path | None


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a universe is run.

    Attributes
    ----------
    days
        Days of the dataset.
    seed
        Seed of all draws.
    start
        Date of day 0.
    stop_at_us
        Where the run stops on its last day, microseconds since day 0, 00:00 UTC; None: after the last day.
    snapshot_every
        Days between two snapshots of a site.
    roads
        Folder of NAME.roads files; a site without one there takes its built-in network.
    workers
        Sites that run at the same time, and workers of the build; None: as many as cores.
    cloud_events
        File, whose name ends in .jsonl, or folder to which the run's CloudEvents are written; None: nowhere.
    """

    days: int
    seed: int = 42
    start: dt.date = dt.date(2024, 1, 1)
    stop_at_us: int | None = None
    snapshot_every: int = 7
    roads: Path | None = None
    workers: int | None = None
    cloud_events: Path | None = None

    @classmethod
    def of(cls, workers: int | None = None, **keywords: Unpack[RunKeywords]) -> Self:
        """Make options of what a user states in Python.

        Raises
        ------
        ScenarioError
            If a value is impossible.
        """
        start = keywords.get("start", cls.start)
        roads, cloud_events = keywords.get("roads"), keywords.get("cloud_events")
        return cls(
            days=keywords.get("days", 7),
            seed=keywords.get("seed", cls.seed),
            start=start,
            stop_at_us=parse_stop(keywords.get("stop_at"), start),
            snapshot_every=keywords.get("snapshot_every", cls.snapshot_every),
            roads=None if roads is None else Path(roads),
            workers=workers,
            cloud_events=None if cloud_events is None else Path(cloud_events),
        )

    def __post_init__(self) -> None:
        """Check what no scenario checks."""
        check_workers(self.workers)
        # A scenario checks these too, but only when everything has been run.
        for name, value, low, high in (
            ("days", self.days, 1, MAX_DAYS),
            ("seed", self.seed, 0, 2**64 - 1),
            ("start", self.start, FIRST_START, LAST_START),
        ):
            # A number of another type would be written to the run's record, which then can't be read.
            if type(value) is not type(low):
                what = "a whole number" if isinstance(low, int) else "a date"
                raise ScenarioError(f"{name}: expected {what}, got {value!r}.")
            if not low <= value <= high:  # type: ignore[operator]  # each three are of one type
                raise ScenarioError(f"{name}: expected {low} <= {name} <= {high}, got {value}.")
        if self.snapshot_every < 1:
            raise ScenarioError(f"snapshot_every: expected a day at least, got {self.snapshot_every}.")
        if self.stop_at_us is not None and self.stop_at_us <= 0:
            raise ScenarioError("stop_at: expected a time after the beginning of day 0, got one before it.")
        # The clock of no place is as much as a day behind UTC.
        if self.stop_at_us is not None and self.stop_at_us > (self.days + 1) * US_PER_DAY:
            raise ScenarioError(f"stop_at: expected a time within the {self.days} days, got {self.stop_at}.")

    @property
    def epoch(self) -> dt.datetime:
        """Time of day 0, 00:00 UTC, from which all times are counted."""
        return dt.datetime.combine(self.start, dt.time(), dt.UTC)

    @property
    def stop_at(self) -> dt.datetime | None:
        """Time at which the run stops; None: after its last day."""
        return None if self.stop_at_us is None else self.epoch + dt.timedelta(microseconds=self.stop_at_us)
