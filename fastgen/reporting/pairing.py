"""Put two datasets side by side: the locations, days and brands that both have."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.reporting.sides import Side
    from fastgen.reporting.tally import Tally

# What the two are called wherever both are shown.
NAMES = ("A", "B")
WEEK = 7
# Most numbers of a table: above, the locations are added.
ROWS_MAX = 20_000
ALL_TOGETHER = "all together"
# Most names of a sentence.
NAMED_MAX = 6


@dataclass(frozen=True, eq=False)
class Pair:
    """Two datasets, and what of them can be compared. S = 2 sides, L locations that both have.

    Attributes
    ----------
    sides
        The two.
    """

    sides: tuple[Side, Side]

    @property
    def tallies(self) -> tuple[Tally, Tally]:
        """Counts of both."""
        return self.sides[0].tally, self.sides[1].tally

    @property
    def has_names(self) -> bool:
        """Whether both have codes and names; events without a manifest have ids alone."""
        return all(side.survey is not None for side in self.sides)

    @cached_property
    def rows(self) -> tuple[list[int], list[int]]:
        """Rows of the locations that both have, in the arrays of either side, in the order of the first."""
        first, second = (
            list(tally.axes.codes if self.has_names else tally.axes.location_ids) for tally in self.tallies
        )
        shared = [one for one in first if one in second]
        return [first.index(one) for one in shared], [second.index(one) for one in shared]

    @cached_property
    def codes(self) -> list[str]:
        """Codes of those locations."""
        side = 0 if self.sides[0].survey is not None else 1
        return [self.tallies[side].axes.codes[row] for row in self.rows[side]]

    @cached_property
    def later(self) -> int:
        """Day of the second that is compared with day 0 of the first: one of the same weekday."""
        first, second = (int(tally.axes.weekday[0]) for tally in self.tallies)
        return (first - second) % WEEK

    @cached_property
    def n_days(self) -> int:
        """Days that are compared."""
        first, second = (tally.axes.n_days for tally in self.tallies)
        return max(0, min(first, second - self.later))

    @property
    def days(self) -> tuple[slice, slice]:
        """The compared days of either side."""
        return slice(0, self.n_days), slice(self.later, self.later + self.n_days)

    @cached_property
    def shift(self) -> dt.timedelta:
        """What has to be added to dates of the second, so that compared days have the same date."""
        first, second = (tally.axes.start for tally in self.tallies)
        return first - second - dt.timedelta(days=self.later)

    @cached_property
    def brands(self) -> tuple[list[str], tuple[list[int], list[int]]]:
        """All brands of both, and the place in that list of each brand of either side.

        Brands of one name are the same where both sides have names, and those of one id are elsewhere.
        """
        axes = [tally.axes for tally in self.tallies]
        by_name = self.has_names and all(len(set(one.brands)) == len(one.brands) for one in axes)
        keys: list[list[str | int]] = [[*(one.brands if by_name else one.brand_ids)] for one in axes]
        names: dict[str | int, str] = {}
        # A manifest's names come first: without one a brand has only its number.
        for side in sorted((0, 1), key=lambda one: self.sides[one].survey is None):
            names = dict(zip(keys[side], axes[side].brands, strict=True)) | names
        place = {key: at for at, key in enumerate(names)}
        return list(names.values()), ([place[one] for one in keys[0]], [place[one] for one in keys[1]])

    def counts(self, name: str) -> NDArray[np.int64]:
        """Return an array of both tallies at the shared locations, (S, L, ...)."""
        both = zip(self.tallies, self.rows, strict=True)
        return np.stack([getattr(tally, name)[rows] for tally, rows in both])

    def brand_counts(self, column: int) -> NDArray[np.int64]:
        """Return a column of `by_brand` over all days, by the brands of both, int64 (S, L, brands)."""
        names, places = self.brands
        found = np.zeros((2, len(self.codes), len(names)), np.int64)
        for side, (tally, rows) in enumerate(zip(self.tallies, self.rows, strict=True)):
            found[side][:, places[side]] = tally.by_brand[rows, :, :, column].sum(axis=2)
        return found

    def locate(self, counts: NDArray[Any]) -> tuple[list[str], NDArray[Any]]:
        """Give codes and counts (S, codes, ...) of the locations: added, where there would be too many."""
        if counts.size <= ROWS_MAX or len(self.codes) == 1:
            return self.codes, counts
        return [ALL_TOGETHER], counts.sum(axis=1, keepdims=True)

    def list_notes(self) -> list[str]:
        """Say what only one of the two has, and what else limits a comparison, a sentence each."""
        said = []
        names, places = self.brands
        ordered = [
            {place for place, n in zip(places[side], _count_brands(tally), strict=True) if n}
            for side, tally in enumerate(self.tallies)
        ]
        for side, tally in enumerate(self.tallies):
            name, axes = NAMES[side], tally.axes
            codes = [code for row, code in enumerate(axes.codes) if row not in self.rows[side]]
            if codes:
                said.append(f"Only {name} has {_enumerate('the location', codes)}.")
            brands = [names[place] for place in sorted(ordered[side] - ordered[1 - side])]
            if brands:
                said.append(f"Only {name} has orders of {_enumerate('the brand', brands)}.")
            if axes.n_days > self.n_days:
                said.append(f"{name} has {axes.n_days:,} days: {self.n_days:,} of them are compared by day.")
            if not ordered[side]:
                said.append(f"{name} has no orders.")
        if 0 < self.n_days < WEEK:
            days = "1 day is" if self.n_days == 1 else f"{self.n_days} days are"
            said.append(f"Only {days} compared day by day: too few to tell small differences from chance.")
        if self.shift and self.n_days:
            start = self.tallies[1].axes.start + dt.timedelta(days=self.later)
            said.append(
                f"{start}, the first day of B that is compared, is put beside {self.tallies[0].axes.start}, "
                "which is the same weekday; other days follow."
            )
        return said


def _count_brands(tally: Tally) -> list[int]:
    """Count the orders with each brand."""
    found: list[int] = tally.by_brand[:, :, :, 0].sum(axis=(0, 2)).tolist()
    return found


def _enumerate(what: str, names: list[str]) -> str:
    rest = f" and {len(names) - NAMED_MAX:,} more" if len(names) > NAMED_MAX else ""
    return f"{what}{'s' if len(names) > 1 else ''} {', '.join(names[:NAMED_MAX])}{rest}"
