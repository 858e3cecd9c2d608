"""Compare two datasets: what differs, how much, and whether it is more than chance."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from fastgen.reporting.certificate import LEVEL, Row, judge, make_row
from fastgen.reporting.compared import compare_all
from fastgen.reporting.extras import require_report_extra
from fastgen.reporting.pairing import Pair
from fastgen.reporting.sides import read_side
from fastgen.reporting.tests_of_fit import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastgen.reporting.compared import Compared
    from fastgen.reporting.fit import Fit
    from fastgen.reporting.measures import Measure

FORMAT, FORMAT_VERSION = "fastgen-comparison", 1
_UNJUDGED = "not judged: orders depend on each other"
THE_SAME = "the same"
# Settings of scenarios that are listed one by one, at most.
_SETTINGS_MAX = 50


class Difference(NamedTuple):
    """What the two sides state differently: None where one of them doesn't state it."""

    name: str
    first: Any
    second: Any


@dataclass(frozen=True)
class ComparedRow(Row):
    """One comparison, and how it was tested.

    Attributes
    ----------
    measure
        By how much the datasets differ, in the units of what is compared.
    """

    measure: Measure

    @property
    def is_judged(self) -> bool:
        """Whether chance can be judged."""
        return self.p is not None

    @property
    def apart(self) -> float | None:
        """Share of the orders by which two distributions are apart; None for numbers of days."""
        is_distance = self.effect is not None and str(self.effect_name).startswith("1 - ")
        return 1.0 - self.effect if is_distance and self.effect is not None else None


@dataclass(frozen=True)
class Comparison:
    """Two datasets side by side.

    Attributes
    ----------
    first, second
        What they are called.
    facts
        What their manifests state differently, and their totals.
    settings
        Where their scenarios differ.
    notes
        What only one of them has, and what else limits the comparison, a sentence each.
    rows
        What was compared, over the locations that both have.
    pair
        The datasets themselves.
    level
        A row differs if its q is below.
    """

    first: str
    second: str
    facts: tuple[Difference, ...]
    settings: tuple[Difference, ...]
    notes: tuple[str, ...]
    rows: tuple[ComparedRow, ...]
    pair: Pair = field(repr=False, compare=False)
    level: float = LEVEL

    @property
    def differs(self) -> tuple[ComparedRow, ...]:
        """The rows that differ by more than chance."""
        return tuple(row for row in self.rows if not row.passed)

    @property
    def is_same(self) -> bool:
        """Whether both are the same, by their digests."""
        return not self.facts and all(side.survey is not None for side in self.pair.sides)

    @property
    def n_judged(self) -> int:
        """Number of comparisons in which chance can be judged."""
        return sum(row.is_judged for row in self.rows)

    @property
    def n_unjudged(self) -> int:
        """Number of the others: their orders depend on each other, or are too few."""
        return len(self.rows) - self.n_judged

    @property
    def verdict(self) -> str:
        """What came out, in one sentence."""
        if self.is_same:
            return "The datasets are the same."
        if not self.n_judged:
            return "Nothing can be judged: they share no location, or too few days and orders."
        rest = f" {self.n_unjudged} others are not judged." if self.n_unjudged else ""
        if not self.differs:
            return f"Nothing of {self.n_judged} comparisons differs by more than chance.{rest}"
        names = ", ".join(row.name for row in self.differs)
        return (
            f"{len(self.differs)} of {self.n_judged} comparisons differ by more than chance: {names}.{rest}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Make a dictionary that JSON can hold."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "first": self.first,
            "second": self.second,
            "differs": bool(self.differs),
            "verdict": self.verdict,
            "facts": [one._asdict() for one in self.facts],
            "settings": [one._asdict() for one in self.settings],
            "notes": list(self.notes),
            "level": self.level,
            "rows": [asdict(row) for row in self.rows],
        }

    def to_lines(self) -> list[str]:
        """Make lines for a terminal."""
        lines = [f"{one.name}: {one.first} | {one.second}" for one in (*self.facts, *self.settings)]
        lines += self.notes
        for row in self.rows:
            q = "" if row.q is None else f", q {row.q:.2g}"
            size = f"{row.effect_name} {row.effect:.4g}, n {row.n:,}{q}"
            lines.append(f"{row.name}: {row.verdict}; {row.measure.sentence} ({size})")
        return [*lines, f"{self.first}, {self.second}: {self.verdict}"]

    def page(self) -> str:
        """Make the page that shows both: one HTML file, the same for the same datasets."""
        from fastgen.reporting.compare_page import make_compare_page  # noqa: PLC0415  # it knows comparisons

        return make_compare_page(self)


def compare(
    first: str | Path, second: str | Path, *, progress: Callable[[int], None] = lambda _: None
) -> Comparison:
    """Compare two datasets, each of them made by fastgen or a folder or file of events without a manifest.

    Parameters
    ----------
    first, second
        The datasets.
    progress
        Called with the number of rows after every batch that was read.

    Raises
    ------
    DataError
        If one can't be read, or the extra `fastgen[report]` is not installed.
    DamageError
        If one is damaged.
    """
    # Before the datasets are read, which may take a while.
    require_report_extra()
    sides = read_side(first, progress), read_side(second, progress)
    pair = Pair(sides)
    compared = list(compare_all(pair))
    judged = judge([_state(one, str(first)) for one in compared], as_expected="no more than chance")
    has_scenarios = all(side.scenario for side in sides)
    settings = _list_differences(sides[0].scenario, sides[1].scenario) if has_scenarios else ()
    return Comparison(
        first=str(first),
        second=str(second),
        facts=tuple(_list_differences(sides[0].facts, sides[1].facts)),
        settings=tuple(settings)[:_SETTINGS_MAX],
        notes=tuple(pair.list_notes()),
        rows=tuple(_complete(row, one) for row, one in zip(judged, compared, strict=True)),
        pair=pair,
    )


def _state(one: Compared, reference: str) -> tuple[Row, Fit]:
    """Make a row without q and verdict, and give the fit by which it is judged."""
    fit = one.fit if one.is_drawn else replace(one.fit, statistic=0.0, freedom=0.0)
    row = make_row(Question(one.name, one.what, one.effect_name, fit, {}), fit, reference)
    return row if one.is_drawn else replace(row, verdict=_UNJUDGED), fit


def _complete(row: Row, one: Compared) -> ComparedRow:
    verdict = THE_SAME if row.p is not None and one.fit.statistic == 0 else row.verdict
    return ComparedRow(**{**vars(row), "verdict": verdict}, measure=one.measure)


def _list_differences(first: Any, second: Any, name: str = "") -> Iterator[Difference]:
    """List what differs in two trees of dictionaries and lists, by the path of names."""
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        first, second = dict(enumerate(first)), dict(enumerate(second))
    if hasattr(first, "keys") and hasattr(second, "keys"):
        for key in dict.fromkeys([*first, *second]):
            path = f"{name}.{key}" if name else str(key)
            yield from _list_differences(first.get(key), second.get(key), path)
    elif first != second:
        yield Difference(name, first, second)
