"""Define the checks of `fastgen verify`, count their findings, and report them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

# For each check, in the order of the report: the unit that it counts, and what is true when it passes.
CHECKS: dict[str, tuple[str, str]] = {
    "manifest": ("statement", "totals, location-days and files of the manifest agree"),
    "scenario": ("hash", "the scenario is the one its hash was made from"),
    "tables": ("table", "content as in the manifest"),
    "files": ("file", "size and SHA-256 as in the manifest, none missing, none more"),
    "columns": ("file", "columns, types and metadata as they should be"),
    "digests": ("location-day", "content digest as in the manifest"),
    "dataset": ("digest", "dataset digest as in the manifest"),
    # Only with the option --against.
    "against": ("digest", "as pinned"),
    # Only of datasets that a universe has made.
    "results": ("file", "result tables with the SHA-256 that the run has noted"),
    "lifecycle": ("order", "event types in order, sequence complete"),
    # Only of datasets whose orders may end early.
    "endings": ("order", "delivered, cancelled for a known reason, or open at the cut"),
    "nulls": ("row", "values set exactly where the event type has them"),
    "order_ids": ("order", "ids of A-Z0-9, each once"),
    "order": ("order", "rows by location, day and creation"),
    "days": ("order", "created within their day, as many as the manifest says"),
    "times": ("order", "steps in order, none too short"),
    "addresses": ("order", "house number and street"),
    "items": ("order", "items as the tables have them"),
    "baskets": ("order", "brands open, counts and quantities within bounds"),
    "routes": ("order", "from the kitchen to the customer"),
    "pings": ("ping", "on time, on the route, as many as the drive takes"),
}
# Checks that a report may lack.
OPTIONAL_CHECKS = ("against", "results", "endings")


@dataclass
class Check:
    """Findings of one check.

    Attributes
    ----------
    name
        One of `CHECKS`.
    checked, wrong
        Number of things that were checked, and of those that are wrong.
    first
        Message on the first wrong one.
    skipped
        Why nothing could be checked; empty if something was.
    """

    name: str
    checked: int = 0
    wrong: int = 0
    first: str = ""
    skipped: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return self.wrong == 0

    def to_line(self) -> str:
        """Make the line of the report."""
        unit, holds = CHECKS[self.name]
        # Skipped for one file and failed for another: then it has failed.
        if self.skipped and not self.wrong:
            return f"skip  {self.name:<10} {self.skipped}"
        if self.passed:
            return f"ok    {self.name:<10} {_count(self.checked, unit)}: {holds}"
        return f"FAIL  {self.name:<10} {self.wrong:,} of {_count(self.checked, unit)}: {self.first}"


def _count(n: int, unit: str) -> str:
    plural = f"{unit}es" if unit == "hash" else f"{unit}s"
    return f"{n:,} {unit if n == 1 else plural}"


class Tally:
    """Counts the findings of checks while they run."""

    def __init__(self) -> None:
        self.checks: dict[str, Check] = {}

    def add(self, name: str, checked: int, wrong: int = 0, first: str = "") -> None:
        """Count things that were checked, and how many of them are wrong."""
        check = self.checks.setdefault(name, Check(name))
        check.checked += checked
        # Files are merged in the order of the manifest, so the message is on the first file of all.
        check.first = check.first or (first if wrong else "")
        check.wrong += wrong

    def require(self, name: str, truth: object, otherwise: str) -> bool:
        """Count one thing, which is wrong unless it is true; return whether it is."""
        # Errors of libraries may have several lines, and the report has one for each check.
        self.add(name, 1, 0 if truth else 1, " ".join(otherwise.split()))
        return bool(truth)

    def count_wrong(self, name: str, wrong: NDArray[np.bool_], describe: Callable[[int], str]) -> None:
        """Count n things and those marked as wrong, (n,); `describe` makes the message on one of these."""
        n_wrong = int(np.count_nonzero(wrong))
        self.add(name, len(wrong), n_wrong, describe(int(np.argmax(wrong))) if n_wrong else "")

    def skip(self, name: str, reason: str) -> None:
        """Note why a check can't be made."""
        check = self.checks.setdefault(name, Check(name))
        check.skipped = check.skipped or reason  # the first reason is the cause of later ones

    def merge(self, other: Tally) -> None:
        """Add the findings of another tally."""
        for check in other.checks.values():
            self.add(check.name, check.checked, check.wrong, check.first)
            if check.skipped:
                self.skip(check.name, check.skipped)


@dataclass(frozen=True)
class VerifyReport:
    """Result of `verify_dataset`.

    Attributes
    ----------
    path
        The dataset.
    digest
        Dataset digest of the rows on disk; "" if they can't be read.
    orders, rows
        Totals that the manifest states.
    checks
        The checks in the order of `CHECKS`.
    seconds
        Duration.
    """

    path: Path
    digest: str
    orders: int
    rows: int
    checks: tuple[Check, ...] = field(default=())
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether all checks passed."""
        return all(check.passed for check in self.checks)

    def to_lines(self) -> list[str]:
        """Make one line for each check, and a last one for all."""
        failed = [check.name for check in self.checks if not check.passed]
        n = len(self.checks)
        if failed:
            verdict = f"{len(failed)} of {n} checks failed: {', '.join(failed)}"
        else:
            verdict = (
                f"all {n} checks passed: {self.orders:,} orders, {self.rows:,} events, digest {self.digest}"
            )
        return [*(check.to_line() for check in self.checks), f"{self.path}: {verdict} ({self.seconds:.1f} s)"]

    def to_dict(self) -> dict[str, Any]:
        """Make a dictionary that JSON can hold."""
        return {
            "dataset": str(self.path),
            "passed": self.passed,
            "digest": self.digest,
            "orders": self.orders,
            "rows": self.rows,
            "checks": [
                {
                    "name": check.name,
                    "passed": check.passed,
                    "checked": check.checked,
                    "wrong": check.wrong,
                    # null in JSON, where a program needn't know what an empty text means.
                    "first": check.first or None,
                    "skipped": check.skipped or None,
                }
                for check in self.checks
            ],
        }
