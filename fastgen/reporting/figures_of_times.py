"""Make the figures of how long things take: the kitchen, the drive, the wait of food and drivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fastgen.reporting.axes import INTERVALS, N_BINS
from fastgen.reporting.binning import PERCENTILES, find_percentiles, make_curve
from fastgen.reporting.figures import Column, make_figure
from fastgen.reporting.figures_of_orders import EXPECTED, LOCATION, NO_ORDERS
from fastgen.reporting.kernels.count_orders import ARRIVED_SHIFT_S
from fastgen.units import S_PER_MIN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.reporting.expected import Expected
    from fastgen.reporting.figures import Figure
    from fastgen.reporting.tally import Tally

# What the times are called.
WORDS = {
    "created_to_started": "from the order to the start of the work",
    "started_to_finished": "cooking",
    "finished_to_ready": "packing",
    "ready_to_picked_up": "on the shelf",
    "picked_up_to_delivered": "drive",
    "created_to_delivered": "from the order to the customer",
    "ready_to_arrived": "from ready to the driver's arrival",
}
STEPS = tuple(INTERVALS)[:4]
TIME = Column("time")


def make_service_times(tally: Tally, expected: Expected | None) -> Figure:
    """Show the distributions of the steps in the kitchen, all locations together."""
    rows: dict[str, list[NDArray[np.generic]]] = {name: [] for name in ("step", "seconds", "orders", "mean")}
    for key in STEPS:
        counts, mean = _together(tally, expected, key)
        curve = make_curve(counts, mean)
        rows["step"].append(np.full(len(curve.seconds), WORDS[key]))
        rows["seconds"].append(curve.seconds)
        # By the second, so that curves of several widths compare.
        rows["orders"].append(curve.orders / curve.width_s)
        rows["mean"].append(curve.expected / curve.width_s)
    columns = {
        "step": (TIME, np.concatenate(rows["step"]).astype(str)),
        "seconds": (Column("from this time on", "s"), np.concatenate(rows["seconds"])),
        "orders": (Column("orders", "per second"), np.concatenate(rows["orders"])),
        "expected": (Column(EXPECTED.words, "per second"), np.concatenate(rows["mean"])),
    }
    longest = find_percentiles(_counts(tally, "started_to_finished"), shares=(50, 99))
    sentence = NO_ORDERS
    if longest[0] is not None and longest[1] is not None:
        sentence = (
            f"Half of the orders are cooked within {_minutes(longest[0])} minutes, 99 of 100 within "
            f"{_minutes(longest[1])}."
        )
    return make_figure("service_times", "Times in the kitchen", sentence, columns)


def make_percentiles(tally: Tally, expected: Expected | None) -> Figure:
    """Show percentiles of every time by location, and those of the model."""
    axes, found = tally.axes, []
    for key in INTERVALS:
        for row, code in enumerate(axes.codes):
            counts, shift_s = tally.seconds[row, list(INTERVALS).index(key)], _shift_s(key)
            chances = _chances(expected, row, key)
            seen, wanted = (find_percentiles(values, shift_s) for values in (counts, chances))
            found.append((code, WORDS[key], int(counts.sum()), *seen, *wanted))
    # Without orders there are only nulls, which have no type of their own.
    kinds = (pl.String, pl.String, *(pl.Int64,) * (1 + 2 * len(PERCENTILES)))
    values = [
        pl.Series(column, dtype=kind) for column, kind in zip(zip(*found, strict=True), kinds, strict=True)
    ]
    headings = {
        "location": LOCATION,
        "time": TIME,
        "orders": Column("orders"),
        **{f"p{share}_s": Column(f"P{share}", "s") for share in PERCENTILES},
        **{f"expected_p{share}_s": Column(f"P{share} of the model", "s") for share in PERCENTILES},
    }
    columns = {name: (column, v) for (name, column), v in zip(headings.items(), values, strict=True)}
    worst = find_percentiles(_counts(tally, "created_to_delivered"), shares=(50, 99))
    sentence = "No order is delivered."
    if worst[0] is not None and worst[1] is not None:
        sentence = (
            f"Half of the customers wait at most {_minutes(worst[0])} minutes, 99 of 100 at most "
            f"{_minutes(worst[1])}."
        )
    return make_figure("percentiles", "Times in percentiles", sentence, columns)


def make_delivery_times(tally: Tally, expected: Expected | None) -> Figure:
    """Show how long customers wait, by location."""
    return _by_location(
        tally, expected, "created_to_delivered", "delivery_times", "From the order to the customer"
    )


def make_drives(tally: Tally, expected: Expected | None) -> Figure:
    """Show how long drivers drive, by location."""
    return _by_location(tally, expected, "picked_up_to_delivered", "drives", "Drives to the customers")


def _by_location(tally: Tally, expected: Expected | None, key: str, name: str, title: str) -> Figure:
    """Show the distribution of one time by location, in bins of the same width."""
    axes, at = tally.axes, list(INTERVALS).index(key)
    together = make_curve(*_together(tally, expected, key))
    n = len(together.seconds)
    orders, mean = np.zeros((axes.n_locations, n), np.int64), np.full((axes.n_locations, n), np.nan)
    for row in range(axes.n_locations):
        counts = tally.seconds[row, at]
        orders[row] = together.rebin(counts)
        mean[row] = together.rebin(_chances(expected, row, key) * counts.sum())
    columns = {
        "location": (LOCATION, np.repeat(axes.codes, n)),
        "minutes": (
            Column("from this time on", "min"),
            np.tile(together.seconds / S_PER_MIN, axes.n_locations),
        ),
        "orders": (Column("orders", f"per {together.width_s} s"), orders.ravel()),
        "expected": (Column(EXPECTED.words, f"per {together.width_s} s"), mean.ravel()),
    }
    medians = {
        code: found[0]
        for row, code in enumerate(axes.codes)
        if (found := find_percentiles(tally.seconds[row, at], shares=(50,)))[0] is not None
    }
    sentence = "No order is delivered."
    if medians:
        slow, fast = max(medians, key=lambda c: medians[c] or 0), min(medians, key=lambda c: medians[c] or 0)
        sentence = f"The median is {_minutes(medians[slow] or 0)} minutes in {slow}"
        sentence += "." if slow == fast else f", and {_minutes(medians[fast] or 0)} in {fast}."
    return make_figure(name, title, sentence, columns)


def make_driver_waiting(tally: Tally, expected: Expected | None) -> Figure:
    """Show how long before or after the food drivers come, all locations together."""
    counts, mean = _together(tally, expected, "ready_to_arrived")
    curve = make_curve(counts, mean, ARRIVED_SHIFT_S)
    columns = {
        "minutes": (
            Column("driver's arrival after ready, from this time on", "min"),
            curve.seconds / S_PER_MIN,
        ),
        "orders": (Column("orders", f"per {curve.width_s} s"), curve.orders),
        "expected": (Column(EXPECTED.words, f"per {curve.width_s} s"), curve.expected),
    }
    total = int(counts.sum())
    sentence = "No driver comes."
    if total:
        early = int(counts[:ARRIVED_SHIFT_S].sum()) / total
        sentence = f"{early:.0%} of the drivers come before the food is ready, and wait for it."
    return make_figure("driver_waiting", "When drivers come", sentence, columns)


def make_pings(tally: Tally) -> Figure:
    """Show how many pings deliveries have, by location."""
    axes = tally.axes
    n = int(np.flatnonzero(tally.pings.any(axis=0)).max(initial=-1)) + 1
    columns = {
        "location": (LOCATION, np.repeat(axes.codes, n)),
        "pings": (Column("pings of a delivery"), np.tile(np.arange(n), axes.n_locations)),
        "deliveries": (Column("deliveries"), tally.pings[:, :n].ravel()),
    }
    deliveries = int(tally.pings.sum())
    mean = float((tally.pings * np.arange(tally.pings.shape[1])).sum()) / max(1, deliveries)
    sentence = f"A delivery has {mean:.1f} pings on average." if deliveries else "No order is delivered."
    return make_figure("pings", "Pings per delivery", sentence, columns)


def _counts(tally: Tally, key: str) -> NDArray[np.int64]:
    counts: NDArray[np.int64] = tally.seconds[:, list(INTERVALS).index(key)].sum(axis=0)
    return counts


def _together(
    tally: Tally, expected: Expected | None, key: str
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Sum the orders of all locations by a time, and those that the model expects."""
    of_each = tally.seconds[:, list(INTERVALS).index(key)]
    mean = np.zeros(of_each.shape[1])
    for row, n in enumerate(of_each.sum(axis=1).tolist()):
        # Without orders a location needs no model.
        mean += n * _chances(expected, row, key) if n else 0.0
    return _counts(tally, key), mean


def _chances(expected: Expected | None, row: int, key: str) -> NDArray[np.float64]:
    at = list(INTERVALS).index(key)
    chances: NDArray[np.float64] = np.full(N_BINS, np.nan) if expected is None else expected.seconds[row, at]
    return chances


def _shift_s(key: str) -> int:
    return ARRIVED_SHIFT_S if key == "ready_to_arrived" else 0


def _minutes(seconds: int) -> str:
    return f"{seconds / S_PER_MIN:.1f}".removesuffix(".0")
