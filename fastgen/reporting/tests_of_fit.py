"""Test a tally against what the model of its scenario expects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastgen.reporting.axes import INTERVALS
from fastgen.reporting.fit import add_fits, compare_counts, compare_kinds, compare_worst_cell, find_worst
from fastgen.reporting.tests_of_counts import fit_level, fit_noise, fit_trend, fit_weekdays
from fastgen.reporting.tests_of_customers import fit_areas, fit_lengths, fit_returns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from fastgen.reporting.expected import Expected
    from fastgen.reporting.fit import Fit
    from fastgen.reporting.tally import Tally

# Few cells see what is a little wrong everywhere; the many of all minutes see what is wrong in some.
N_GROUPS_OF_TIME, N_GROUPS_OF_DAY = 20, 40
# Chi-squares of very many cells need more of each than those of few.
_ORDERS_A_MINUTE = 20.0
# Orders that a brand needs in each of the periods that are compared, in the mean, and most such periods.
_ORDERS_A_BRAND, _PERIODS_MAX = 10, 12
KS, TV, RATIO = "1 - KS", "1 - total variation", "seen / expected"
# What is so if a time passes; the keys are those of `axes.INTERVALS`.
TIMES = {
    "created_to_started": "orders wait for the start of the work as long as the scenario says",
    "started_to_finished": "cooking takes as long as the scenario says",
    "finished_to_ready": "packing takes as long as the scenario says",
    "ready_to_picked_up": "orders stay on the shelf as long as the scenario says",
    "picked_up_to_delivered": "drives take as long as those to all nodes of the roads",
    "created_to_delivered": "customers wait as long as the steps and the drive add up to",
    "ready_to_arrived": "drivers come before and after the food as the scenario says",
}


class Question(NamedTuple):
    """One test.

    Attributes
    ----------
    name
        Its key.
    what
        What is so if it passes, in words.
    effect_name
        What the effect of its fits measures.
    together
        All locations together.
    of_each
        Each location alone, by its row; empty where there is only one.
    """

    name: str
    what: str
    effect_name: str
    together: Fit
    of_each: Mapping[int, Fit]

    @property
    def worst(self) -> tuple[int, Fit] | None:
        """The location that fits worst, and its fit, counted as the worst of all; None if it is the only."""
        if len(self.of_each) <= 1:
            return None
        rows = list(self.of_each)
        worst, fit = find_worst(list(self.of_each.values()))
        return rows[worst], fit


def ask_all(tally: Tally, expected: Expected) -> list[Question]:
    """Make every test that the model has an answer to."""
    return [
        *_ask_orders(tally, expected),
        *_ask_minutes(tally, expected),
        *_ask_times(tally, expected),
        *_ask_brands(tally, expected),
        *_ask_baskets(tally, expected),
        *_ask_customers(tally, expected),
    ]


def _ask_orders(tally: Tally, expected: Expected) -> list[Question]:
    n = tally.axes.n_locations

    def ask(name: str, what: str, effect: str, fit: Callable[[Tally, Expected, slice], Fit]) -> Question:
        of_each = {row: fit(tally, expected, slice(row, row + 1)) for row in range(n)}
        return Question(name, what, effect, fit(tally, expected, slice(None)), of_each)

    return [
        ask("orders", "there are as many orders as the scenario expects", RATIO, fit_level),
        ask(
            "orders_by_day",
            "location-days are as far from their means as noise and chance take them",
            "deviation / expected",
            fit_noise,
        ),
        ask("weekdays", "each weekday has the orders that its factor gives it", TV, fit_weekdays),
        ask("growth", "orders grow as the scenario says", "drift / mean", fit_trend),
    ]


def _ask_minutes(tally: Tally, expected: Expected) -> list[Question]:
    seen, wanted = tally.by_minute, expected.by_minute
    return [
        _ask_rows(
            "minutes",
            "orders come in the minutes that the demand curve says",
            seen,
            wanted,
            at_least=_ORDERS_A_MINUTE,
        ),
        _ask_rows(
            "intraday", "the demand curve has its shape and place", seen, wanted, n_groups=N_GROUPS_OF_DAY
        ),
        Question(
            "minute_apart",
            "no minute of the day stands out",
            RATIO,
            compare_worst_cell(seen.sum(axis=0), wanted.sum(axis=0)),
            {},
        ),
    ]


def _ask_times(tally: Tally, expected: Expected) -> list[Question]:
    found = [
        _ask_rows(name, TIMES[name], tally.seconds[:, at], expected.seconds[:, at], n_groups=N_GROUPS_OF_TIME)
        for at, name in enumerate(INTERVALS)
    ]
    return [question for question in found if question.of_each]


def _ask_rows(
    name: str,
    what: str,
    seen: NDArray[np.int64],
    wanted: NDArray[np.float64],
    **groups: Any,
) -> Question:
    """Compare the rows of locations, together and each alone; but not those of which it says nothing."""
    said = np.flatnonzero(~np.isnan(wanted).any(axis=1))
    together = compare_counts(seen[said], wanted[said], **groups)
    of_each = {row: compare_counts(seen[row], wanted[row], **groups) for row in said.tolist()}
    return Question(name, what, KS, together, of_each)


def _add_up(name: str, what: str, effect_name: str, of_each: dict[int, Fit]) -> Question:
    """Add the comparisons of locations that each have an axis of their own."""
    return Question(name, what, effect_name, add_fits(list(of_each.values())), of_each)


def _ask_brands(tally: Tally, expected: Expected) -> list[Question]:
    """Compare the brands of the first lines: they are independent of each other, those of others are not."""
    seen, wanted = tally.by_brand[:, :, :, 1], expected.first_brand
    shares: dict[int, Fit] = {}
    changes: dict[int, Fit] = {}
    for row, (counts, mean) in enumerate(zip(seen, wanted, strict=True)):
        shares[row] = compare_kinds(counts.sum(axis=1), mean.sum(axis=1))
        n_brands = max(1, int(np.count_nonzero(mean.any(axis=1))))
        n_parts = int(np.clip(counts.sum() // (_ORDERS_A_BRAND * n_brands), 1, _PERIODS_MAX))
        starts = np.unique(np.arange(n_parts) * mean.shape[1] // n_parts)
        parts = [np.add.reduceat(one, starts, axis=1).T for one in (counts, mean)]
        # Of a single part it would be the same test again.
        fits = [compare_kinds(one, part) for one, part in zip(*parts, strict=True)] if len(starts) > 1 else []
        changes[row] = add_fits(fits)
    words = (
        ("brand_shares", "each brand has the share of orders that its popularity gives it", shares),
        ("brand_changes", "brands open, close, and gain or lose orders when the tables say so", changes),
    )
    return [_add_up(name, what, TV, of_each) for name, what, of_each in words]


def _ask_baskets(tally: Tally, expected: Expected) -> list[Question]:
    words = {
        "brands_per_order": "orders have as many brands as the scenario says",
        "lines_per_brand": "orders have as many lines of a brand as the scenario says",
        "lines_per_order": "orders have as many lines as brands and lines of brands add up to",
        "quantities": "all quantities are as frequent as the scenario says",
    }
    found = [
        _ask_rows(name, what, getattr(tally, name), getattr(expected, name)) for name, what in words.items()
    ]
    return [question for question in found if question.of_each]


def _ask_customers(tally: Tally, expected: Expected) -> list[Question]:
    """Compare the customers of the locations whose roads are at hand."""
    both = zip(tally.customers, expected.reachable, strict=True)
    known = {row: (here, nodes) for row, (here, nodes) in enumerate(both) if nodes is not None}
    if not known:
        return []
    words = (
        ("customers", "orders go to all areas alike, by the nodes that they have", TV, fit_areas),
        ("customers_again", "no node orders more often than the others", RATIO, fit_returns),
        ("route_lengths", "ways are as long as those to all nodes of the roads", RATIO, fit_lengths),
    )
    return [
        _add_up(name, what, effect, {row: fit(*one) for row, one in known.items()})
        for name, what, effect, fit in words
    ]
