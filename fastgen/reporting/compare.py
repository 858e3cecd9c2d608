"""Compare two datasets: what differs, how much, and whether it is more than chance."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastgen.reporting.axes import INTERVALS
from fastgen.reporting.certificate import LEVEL, Row, judge, make_row
from fastgen.reporting.sides import Drawn, read_side
from fastgen.reporting.tests_of_fit import KS, N_GROUPS_OF_DAY, N_GROUPS_OF_TIME, TV, Question
from fastgen.reporting.two_samples import compare_days, compare_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.reporting.fit import Fit
    from fastgen.reporting.sides import Side
    from fastgen.reporting.tally import Tally

FORMAT, FORMAT_VERSION = "fastgen-comparison", 1
_DESCRIBED = "described alone: orders depend on each other"
_SECOND_TO_FIRST = "second / first"
# Settings of scenarios that are listed one by one, at most.
_SETTINGS_MAX = 50


class Difference(NamedTuple):
    """What the two sides state differently: None where one of them doesn't state it."""

    name: str
    first: Any
    second: Any


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
    rows
        What was compared, over the locations that both have.
    level
        A row differs if its q is below.
    """

    first: str
    second: str
    facts: tuple[Difference, ...]
    settings: tuple[Difference, ...]
    rows: tuple[Row, ...]
    level: float = LEVEL

    @property
    def differs(self) -> tuple[Row, ...]:
        """The rows that differ by more than chance."""
        return tuple(row for row in self.rows if not row.passed)

    @property
    def verdict(self) -> str:
        """What came out, in one sentence."""
        if not self.facts:
            return "The datasets are the same."
        if not self.differs:
            return f"Nothing of {len(self.rows)} comparisons differs by more than chance."
        names = ", ".join(row.name for row in self.differs)
        return f"{len(self.differs)} of {len(self.rows)} comparisons differ by more than chance: {names}."

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
            "level": self.level,
            "rows": [asdict(row) for row in self.rows],
        }

    def to_lines(self) -> list[str]:
        """Make lines for a terminal."""
        lines = [f"{one.name}: {one.first} | {one.second}" for one in (*self.facts, *self.settings)]
        for row in self.rows:
            q = "" if row.q is None else f", q {row.q:.2g}"
            lines.append(f"{row.name}: {row.verdict} ({row.effect_name} {row.effect:.4g}, n {row.n:,}{q})")
        return [*lines, f"{self.first}, {self.second}: {self.verdict}"]


def compare(
    first: str | Path, second: str | Path, progress: Callable[[int], None] = lambda _: None
) -> Comparison:
    """Compare two datasets, each of them made by fastgen or a folder or file of events without a manifest.

    Raises
    ------
    DataError
        If one can't be read.
    DamageError
        If one is damaged.
    """
    sides = read_side(first, progress), read_side(second, progress)
    rows = []
    for question, is_drawn in _ask(*sides):
        fit = question.together if is_drawn else replace(question.together, statistic=0.0, freedom=0.0)
        row = make_row(question, fit, reference=str(first))
        rows.append((row if is_drawn else replace(row, verdict=_DESCRIBED), fit))
    judged = judge(rows, as_expected="no more than chance")
    has_scenarios = all(side.scenario for side in sides)
    settings = _list_differences(sides[0].scenario, sides[1].scenario) if has_scenarios else ()
    return Comparison(
        first=str(first),
        second=str(second),
        facts=tuple(_list_differences(sides[0].facts, sides[1].facts)),
        settings=tuple(settings)[:_SETTINGS_MAX],
        rows=tuple(
            replace(row, verdict="the same") if row.p is not None and fit.statistic == 0 else row
            for row, (_, fit) in zip(judged, rows, strict=True)
        ),
    )


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


def _ask(first: Side, second: Side) -> Iterator[tuple[Question, bool]]:
    """Compare all that both sides have; with each question, whether chance can be judged order by order."""
    drawn = {first.drawn, second.drawn}
    one, other, rows = _match(first.tally, second.tally)
    for question in _ask_days(one, other, rows):
        yield question, True
    of_baskets, of_times = Drawn.NOTHING not in drawn, drawn == {Drawn.ALL}

    def ask(name: str, what: str, n_groups: int | None = None) -> Question:
        pairs = ((one, rows[0]), (other, rows[1]))
        counts = [getattr(tally, name)[place].sum(axis=0) for tally, place in pairs]
        return Question(name, what, KS, compare_samples(counts[0], counts[1], n_groups), {})

    yield ask("by_minute", "orders come at the same time of the day", N_GROUPS_OF_DAY), of_baskets
    yield ask("brands_per_order", "orders have as many brands"), of_baskets
    yield ask("lines_per_order", "orders have as many lines"), of_baskets
    yield ask("quantities", "quantities are as frequent"), of_baskets
    yield ask("price_usd", "prices are as frequent", N_GROUPS_OF_DAY), of_baskets
    yield _ask_brands(one, other, rows), of_baskets
    yield _ask_customers(one, other, rows), of_baskets
    for at, name in enumerate(INTERVALS):
        counts = (one.seconds[rows[0], at].sum(axis=0), other.seconds[rows[1], at].sum(axis=0))
        fit = compare_samples(*counts, N_GROUPS_OF_TIME)
        yield Question(name, "this time is distributed alike", KS, fit, {}), of_times


Rows = tuple[list[int], list[int]]


def _match(first: Tally, second: Tally) -> tuple[Tally, Tally, Rows]:
    """Find the locations that both have, by their ids."""
    shared = [one for one in first.axes.location_ids if one in second.axes.location_ids]
    rows = [first.axes.location_ids.index(one) for one in shared]
    return first, second, (rows, [second.axes.location_ids.index(one) for one in shared])


def _ask_days(first: Tally, second: Tally, rows: Rows) -> Iterator[Question]:
    """Compare numbers of days; each day of the first with one of the same weekday."""
    later = (int(first.axes.weekday[0]) - int(second.axes.weekday[0])) % 7
    n_days = max(0, min(first.axes.n_days, second.axes.n_days - later))
    days = slice(0, n_days), slice(later, later + n_days)
    words = {
        "orders": "days have as many orders",
        "price": "orders of a day have the same mean price",
        "events": "orders of a day have as many events in the mean",
        "delivered": "as many of a day's orders are delivered",
        "preparation": "orders of a day are picked up as soon in the mean",
        "delivery": "orders of a day end as soon in the mean",
    }
    both = [
        _of_days(tally, place)[:, of] for tally, place, of in zip((first, second), rows, days, strict=True)
    ]
    for name, one, other in zip(words, *both, strict=True):
        yield Question(f"{name}_by_day", words[name], _SECOND_TO_FIRST, compare_days(one, other), {})


def _of_days(tally: Tally, rows: list[int]) -> NDArray[np.float64]:
    """Compute the numbers of each day, float64 (6, D): orders, and means of their orders; NaN without any."""
    orders, events, cents, delivered, _ = tally.by_day[rows].sum(axis=0).T.astype(np.float64)
    trips, n_days = tally.trips, tally.axes.n_days
    here = np.isin(trips.location, rows)

    def mean_s(seconds: NDArray[np.int32]) -> NDArray[np.float64]:
        known = here & (seconds >= 0)
        total = np.bincount(trips.day[known], seconds[known], minlength=n_days).astype(np.float64)
        return _divide(total, np.bincount(trips.day[known], minlength=n_days).astype(np.float64))

    of_orders = [_divide(total, orders) for total in (cents, events, delivered)]
    return np.stack([orders, *of_orders, mean_s(trips.picked_up_s), mean_s(trips.ended_s)])


def _divide(total: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)
    return mean


def _ask_brands(first: Tally, second: Tally, rows: Rows) -> Question:
    """Compare the brands of the first lines, by id and location."""
    ids = sorted({*first.axes.brand_ids, *second.axes.brand_ids})

    def counts(tally: Tally, place: list[int]) -> NDArray[np.int64]:
        of_ids = np.zeros((len(place), len(ids)), np.int64)
        of_ids[:, np.searchsorted(ids, tally.axes.brand_ids)] = tally.by_brand[place, :, :, 1].sum(axis=2)
        return of_ids.ravel()

    fit: Fit = compare_samples(counts(first, rows[0]), counts(second, rows[1]), ordered=False)
    return Question("brands", "brands have the same shares of the orders", TV, fit, {})


def _ask_customers(first: Tally, second: Tally, rows: Rows) -> Question:
    """Compare where orders go: positions from south to north, each location after the other."""
    none = np.zeros(0, np.int64)
    ones, others = [none], [none]
    for row, other in zip(*rows, strict=True):
        here, there = first.customers[row], second.customers[other]
        key = np.union1d(here.key, there.key)
        for counts, customers in ((ones, here), (others, there)):
            of_key = np.zeros(len(key), np.int64)
            of_key[np.searchsorted(key, customers.key)] = customers.orders
            counts.append(of_key)
    fit = compare_samples(np.concatenate(ones), np.concatenate(others))
    return Question("customers", "orders go to the same places", KS, fit, {})
