"""Name the checks of `fastgen verify`, count what they find, and report it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

# Name of each check, what it counts, and what holds when it passes; in the order of the report.
CHECKS: dict[str, tuple[str, str]] = {
    "manifest": ("statement", "totals, location-days and files of the manifest agree"),
    "scenario": ("hash", "the scenario is the one its hash was made from"),
    "tables": ("table", "content as in the manifest"),
    "files": ("file", "size and SHA-256 as in the manifest, none missing, none more"),
    "columns": ("file", "columns, types and metadata as they should be"),
    "digests": ("location-day", "content digest as in the manifest"),
    "dataset": ("digest", "dataset digest as in the manifest"),
    "against": ("digest", "as pinned"),
    "lifecycle": ("order", "eight types in order, sequence complete"),
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


@dataclass
class Check:
    """What one check found.

    Attributes
    ----------
    name
        One of `CHECKS`.
    checked, wrong
        How many things were looked at, and how many of them are wrong.
    first
        The first thing wrong, in words.
    skipped
        Why nothing could be checked, where that is so.
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
        """Say it in one line."""
        unit, holds = CHECKS[self.name]
        if self.skipped and not self.wrong:
            return f"skip  {self.name:<10} {self.skipped}"
        if self.passed:
            return f"ok    {self.name:<10} {_count(self.checked, unit)}: {holds}"
        return f"FAIL  {self.name:<10} {self.wrong:,} of {_count(self.checked, unit)}: {self.first}"


def _count(n: int, unit: str) -> str:
    plural = f"{unit}es" if unit == "hash" else f"{unit}s"
    return f"{n:,} {unit if n == 1 else plural}"


class Tally:
    """Checks in the making."""

    def __init__(self) -> None:
        self.checks: dict[str, Check] = {}

    def add(self, name: str, checked: int, wrong: int = 0, first: str = "") -> None:
        """Count things that were checked, and those of them that are wrong."""
        check = self.checks.setdefault(name, Check(name))
        check.checked += checked
        check.first = check.first or (first if wrong else "")
        check.wrong += wrong

    def hold(self, name: str, truth: object, otherwise: str) -> bool:
        """Count one thing that must be true."""
        self.add(name, 1, 0 if truth else 1, " ".join(otherwise.split()))
        return bool(truth)

    def hold_all(self, name: str, wrong: NDArray[np.bool_], describe: Callable[[int], str]) -> None:
        """Count things of which none may be wrong, (n,); `describe` says what is wrong with one of them."""
        n_wrong = int(np.count_nonzero(wrong))
        self.add(name, len(wrong), n_wrong, describe(int(np.argmax(wrong))) if n_wrong else "")

    def skip(self, name: str, reason: str) -> None:
        """Say why a check can't be made."""
        check = self.checks.setdefault(name, Check(name))
        check.skipped = check.skipped or reason

    def merge(self, other: Tally) -> None:
        """Add what another tally found."""
        for check in other.checks.values():
            self.add(check.name, check.checked, check.wrong, check.first)
            if check.skipped:
                self.skip(check.name, check.skipped)


@dataclass(frozen=True)
class VerifyReport:
    """What `verify_dataset` found.

    Attributes
    ----------
    path
        The dataset.
    digest
        Dataset digest, of the rows as they are on disk; "" if they can't be read.
    orders, rows
        Totals of the manifest.
    checks
        The checks in the order of `CHECKS`.
    seconds
        Time it took.
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
        """One line a check, and one for all."""
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
        """Say the same for JSON."""
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
                    "first": check.first or None,
                    "skipped": check.skipped or None,
                }
                for check in self.checks
            ],
        }
