"""The seam between a build and what makes its files: workers here, or the tasks of a cluster."""

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
    """What a build made.

    Attributes
    ----------
    manifest
        The dataset's manifest.
    path
        Its folder.
    seconds
        Time of the build.
    files_kept
        Files that an earlier run had finished.
    """

    manifest: Manifest
    path: Path
    seconds: float
    files_kept: int


class Progress:
    """Hears of a build's progress; this one keeps silent."""

    def announce(self, line: str) -> None:
        """Take one line on what is done now."""

    def start(self, events_expected: float) -> None:
        """Learn how many events are to be made."""

    def keep(self, orders: int, events: int) -> None:
        """Learn that an earlier run made some orders and events."""

    def advance(self, orders: int, events: int) -> None:
        """Learn that some orders and events were made."""


class Job(NamedTuple):
    """What is left to do of a build.

    Attributes
    ----------
    plan
        The plan.
    files
        Its files that are not finished yet, the largest first.
    receipts
        Where a finished file is recorded.
    work
        The work folder, which belongs to this build alone as long as it runs.
    advance
        To be called with (orders, events) that were made.
    """

    plan: BuildPlan
    files: tuple[OutputFile, ...]
    receipts: Receipts
    work: Path
    advance: Callable[[int, int], None]


# Makes tables, files and receipts of a job in its work folder; returns what came of each file.
Engine: TypeAlias = Callable[[Job], list[PartResult]]
