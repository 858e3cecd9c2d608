"""The interface between a build and the engine that makes its files: workers here, or tasks of a cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from fastgen.building.part import PartResult

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.building.plan import BuildPlan, OutputFile
    from fastgen.building.receipts import Receipts
    from fastgen.dataset.manifest import Manifest


@dataclass(frozen=True)
class BuildResult:
    """Result of a build.

    Attributes
    ----------
    manifest
        Manifest of the dataset.
    path
        Folder of the dataset.
    seconds
        Duration of the build.
    files_kept
        Number of files that an earlier run had finished.
    """

    manifest: Manifest
    path: Path
    seconds: float
    files_kept: int


class Progress:
    """Receives the progress of a build. This class ignores it; subclasses show it to a user."""

    def announce(self, line: str) -> None:
        """Receive one line about a slow step that begins."""

    def start(self, events_expected: float) -> None:
        """Receive the expected number of events, before the first file is made."""

    def keep(self, orders: int, events: int) -> None:
        """Receive the numbers of orders and events of a file that an earlier run has finished."""

    def advance(self, orders: int, events: int) -> None:
        """Receive the numbers of orders and events that were made since the last call."""


class Job(NamedTuple):
    """The part of a build that is left to do.

    Attributes
    ----------
    plan
        The plan.
    files
        Files of the plan that aren't finished yet, the largest first.
    receipts
        Records finished files.
    work
        The work folder, which this build has locked.
    advance
        The engine calls it with the numbers of orders and events that were made since the last call.
    """

    plan: BuildPlan
    files: tuple[OutputFile, ...]
    receipts: Receipts
    work: Path
    advance: Callable[[int, int], None]


# Makes the tables, files and receipts of a job in its work folder; returns the result of each file.
Engine: TypeAlias = Callable[[Job], list[PartResult]]
