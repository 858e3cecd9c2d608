"""Measure by how much two datasets differ, in the units of what is compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastgen.reporting.axes import INTERVALS, bin_starts_s
from fastgen.reporting.figures_of_times import WORDS
from fastgen.reporting.kernels.count_orders import ARRIVED_SHIFT_S
from fastgen.reporting.pairing import NAMES
from fastgen.units import S_PER_MIN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.reporting.pairing import Pair

M_PER_KM = 1_000.0
CENT = 100.0
FORMS = {"share": "{:.1%}", "$": "${:,.2f}", "count": "{:,.0f}"}
# From here on one decimal is enough.
MANY = 100
# A smaller change can't be seen in numbers of one decimal of a per cent.
_NOTHING = 5e-4


@dataclass(frozen=True)
class Measure:
    """One number of both datasets.

    Attributes
    ----------
    what
        What it is, in words.
    unit
        "", "$", "min", "km"; "count": a whole number; "share": of 1; "clock": minutes since midnight.
    first, second
        Its values; None: there is none.
    """

    what: str
    unit: str
    first: float | None
    second: float | None

    @property
    def values(self) -> tuple[str, str]:
        """Both values in words."""
        return _show(self.first, self.unit), _show(self.second, self.unit)

    @property
    def change(self) -> str:
        """The second by the first, in words; empty where one is missing."""
        if self.first is None or self.second is None:
            return ""
        difference = self.second - self.first
        match self.unit:
            case _ if abs(difference) <= _NOTHING * abs(self.first):
                return "no change"
            case "share":
                return f"{100 * difference:+.1f} points"
            case "clock":
                return f"{difference:+.0f} min"
            # Times before another event are negative: per cent of them say nothing.
            case "min" if self.first < 0:
                return f"{difference:+.2f} min"
            case _:
                return f"{difference / self.first:+.1%}" if self.first else f"+{_show(difference, self.unit)}"

    @property
    def sentence(self) -> str:
        """What, how much in either, and the change."""
        first, second = self.values
        change = f" ({self.change})" if self.change else ""
        return f"{self.what}: {first} in {NAMES[0]}, {second} in {NAMES[1]}{change}"


def _show(value: float | None, unit: str) -> str:
    if value is None:
        return "none"
    form = FORMS.get(unit)
    if form is not None:
        return form.format(value)
    if unit == "clock":
        return f"{int(value) // 60:02}:{int(value) % 60:02}"
    text = f"{value:,.1f}" if abs(value) >= MANY else f"{value:,.2f}"
    return f"{text} {unit}".rstrip()


def measure_days(what: str, unit: str, first: NDArray[np.float64], second: NDArray[np.float64]) -> Measure:
    """Measure the mean over days that both have; NaN: a day has none."""
    known = ~(np.isnan(first) | np.isnan(second))
    if not known.any():
        return Measure(what, unit, None, None)
    return Measure(what, unit, float(first[known].mean()), float(second[known].mean()))


def measure_middle(what: str, unit: str, counts: NDArray[np.int64]) -> Measure:
    """Measure the median of whole numbers, whose counts are int64 (2, C)."""
    return Measure(what, unit, *(_find_middle(row) for row in counts))


def measure_mean(what: str, unit: str, counts: NDArray[np.int64], values: NDArray[np.float64]) -> Measure:
    """Measure the mean of the values, float64 (C,), that have these counts, int64 (2, C)."""
    return Measure(what, unit, *(_average(row, values) for row in counts))


def measure_time(name: str, counts: NDArray[np.int64]) -> Measure:
    """Measure the mean of a time of `axes.INTERVALS`, of counts int64 (2, N_BINS)."""
    starts = bin_starts_s().astype(np.float64)
    if name == tuple(INTERVALS)[-1]:
        starts -= ARRIVED_SHIFT_S
    return measure_mean(f"{WORDS[name]}, mean", "min", counts, starts / S_PER_MIN)


def measure_brands(pair: Pair) -> Measure:
    """Measure the share of the brand that differs most, among the first lines of a location."""
    counts = pair.brand_counts(1)
    total = counts.sum(axis=2, keepdims=True)
    shares = counts / np.where(total, total, 1)
    if not shares.any():
        return Measure("share of a brand", "share", None, None)
    # Weighted by what the location has of the orders, as the test counts them.
    weight = total.sum(axis=0) / total.sum()
    apart = np.abs(shares[1] - shares[0]) * weight
    is_apart = bool(apart.any())
    row, brand = divmod(int(np.argmax(apart if is_apart else shares[0])), counts.shape[2])
    most = "differs most" if is_apart else "is largest"
    what = f"share of {pair.brands[0][brand]} in {pair.codes[row]}, which {most}"
    return Measure(what, "share", float(shares[0, row, brand]), float(shares[1, row, brand]))


def measure_ways(pair: Pair) -> Measure:
    """Measure the mean way to a customer; none where routes were not read."""
    means = []
    for tally, rows in zip(pair.tallies, pair.rows, strict=True):
        here = [tally.customers[row] for row in rows]
        metres = sum(float((one.routes.length_m * one.orders).sum()) for one in here)
        orders = sum(int(one.orders[np.diff(one.routes.start) > 0].sum()) for one in here)
        means.append(metres / M_PER_KM / orders if orders else None)
    return Measure("way to a customer, mean", "km", *means)


def _find_middle(counts: NDArray[np.int64]) -> float | None:
    total = int(counts.sum())
    return float(np.searchsorted(np.cumsum(counts), total / 2)) if total else None


def _average(counts: NDArray[np.int64], values: NDArray[np.float64]) -> float | None:
    total = int(counts.sum())
    return float((counts * values).sum()) / total if total else None
