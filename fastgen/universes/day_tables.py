"""Make the tables of what a site did on some days: orders, their lines, the steps that made them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa

from fastgen.model.stations import STATION_TYPES
from fastgen.queueing.activity import ride_ends, time_steps, until_cut, were_delivered
from fastgen.queueing.kernels import records as r
from fastgen.units import US_PER_DAY, US_PER_S
from fastgen.universes.recorded_orders import REASONS

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from fastgen.queueing.activity import Equipment
    from fastgen.queueing.day_log import JoinedLog
    from fastgen.templates.universe import Universe

ORDER_STATES = ("submitted", "processing", "ready", "picked_up", "delivered", "failed", "cancelled")
LINE_STATES = ("assigned", "waiting", "processing", "ready", "delivered", "cancelled")
# Of an order that has ended.
_ENDED_AS = {r.DELIVERED: "delivered", r.FAILED: "failed", r.CANCELLED: "cancelled"}
TIME = pl.Datetime("us", "UTC")
_EPOCH_DAY = 719_163  # 1970-01-01 as a proleptic ordinal


@dataclass(frozen=True, eq=False)
class Menu:
    """The brand and the name of every item, by row of the items table."""

    brand: pl.Series
    item: pl.Series

    @classmethod
    def of(cls, universe: Universe) -> Menu:
        """List the items of a template folder, in the order of `templates.arrays.make_recipes`."""
        items = [(brand.name, item.name) for brand in universe.brands.values() for item in brand.items]
        return cls(*(pl.Series([pair[i] for pair in items], dtype=pl.String) for i in range(2)))


def epoch_us(start: dt.date) -> int:
    """Compute the Unix time of the engine's epoch, 00:00 UTC of day 0, in microseconds."""
    return (start.toordinal() - _EPOCH_DAY) * US_PER_DAY


def make_orders(log: JoinedLog, equipment: Equipment, epoch: int) -> pl.DataFrame:
    """Make the table of orders; times that hadn't come when their day was taken out are null."""
    rows = log.orders
    times = {
        "created": r.ORDER_CREATED,
        "started": r.ORDER_STARTED,
        "finished": r.ORDER_FINISHED,
        "ready": r.ORDER_READY,
        "assigned": r.ORDER_ASSIGNED,
        "courier_arrived": r.ORDER_ARRIVED,
        "picked_up": r.ORDER_PICKED_UP,
        "ended": r.ORDER_ENDED,
    }
    known = {name: until_cut(rows[:, column], log.cut_us) for name, column in times.items()}
    known["courier_back"] = until_cut(ride_ends(log, equipment), log.cut_us)
    has_ended = known["ended"] != r.NEVER
    # Milestones come in this order, so their number says which state an open order has reached.
    passed = sum((known[name] != r.NEVER).astype(np.int64) for name in ("started", "ready", "picked_up"))
    states = np.where(has_ended, 0, passed)
    for state, word in _ENDED_AS.items():
        states[has_ended & (rows[:, r.ORDER_STATE] == state)] = ORDER_STATES.index(word)
    reasons = [REASONS.get(state) for state in np.where(has_ended, rows[:, r.ORDER_STATE], 0).tolist()]
    is_assigned = known["assigned"] != r.NEVER
    return pl.DataFrame(
        {
            **_keys(log, np.arange(len(rows))),
            # Known once all sites have counted their orders: `numbering.number_orders`.
            "order_id": pl.Series([None] * len(rows), dtype=pl.String),
            "candidate": pl.Series(rows[:, r.ORDER_INDEX]),
            "customer": pl.Series(rows[:, r.ORDER_CUSTOMER], dtype=pl.Int32),
            "courier": _nullable(rows[:, r.ORDER_COURIER], is_assigned, pa.int32()),
            "lines": pl.Series(rows[:, r.ORDER_END_LINE] - rows[:, r.ORDER_FIRST_LINE], dtype=pl.Int16),
            "state": _words(ORDER_STATES, states),
            "cancel_reason": pl.Series(reasons, dtype=pl.String),
            **{name: _instants(values, epoch) for name, values in known.items()},
        }
    )


def make_order_lines(log: JoinedLog, menu: Menu, epoch: int) -> pl.DataFrame:
    """Make the table of the lines of orders."""
    lines, steps = log.lines, time_steps(log)
    first, last, order = lines[:, r.LINE_FIRST_STEP], lines[:, r.LINE_END_STEP] - 1, lines[:, r.LINE_ORDER]
    is_cancelled = log.orders[order, r.ORDER_STATE] == r.CANCELLED
    # From the last state that a line may be in to the first; the first that is true counts.
    conditions = {
        "cancelled": is_cancelled,
        "delivered": were_delivered(log)[order],
        "ready": steps.ended[last] != r.NEVER,
        "processing": np.logical_or.reduceat((steps.started != r.NEVER) & (steps.ended == r.NEVER), first),
        "waiting": steps.started[first] != r.NEVER,
    }
    numbers = [LINE_STATES.index(word) for word in conditions]
    states = np.select([*conditions.values()], numbers, LINE_STATES.index("assigned"))
    waited = np.minimum(steps.started, steps.cut_us) - np.minimum(steps.asked, steps.cut_us)
    return pl.DataFrame(
        {
            **_keys(log, order),
            "line": pl.Series(np.arange(len(lines)) - log.orders[order, r.ORDER_FIRST_LINE], dtype=pl.Int16),
            "item_row": pl.Series(lines[:, r.LINE_ITEM], dtype=pl.Int32),
            "brand": menu.brand[lines[:, r.LINE_ITEM]],
            "item": menu.item[lines[:, r.LINE_ITEM]],
            "kitchen": _nullable(lines[:, r.LINE_KITCHEN], ~is_cancelled, pa.int16()),
            "state": _words(LINE_STATES, states),
            "started": _instants(steps.started[first], epoch),
            "finished": _instants(steps.ended[last], epoch),
            "waited_s": pl.Series(np.add.reduceat(waited, first) / US_PER_S),
        }
    )


def make_steps(log: JoinedLog, epoch: int) -> pl.DataFrame:
    """Make the table of the steps of orders."""
    rows, lines, steps = log.steps, log.lines, time_steps(log)
    first, order = lines[:, r.LINE_FIRST_STEP], lines[steps.line, r.LINE_ORDER]
    number = np.arange(len(rows)) - first[steps.line]
    # The engine has what is expected up to the end of the line.
    after = np.append(rows[1:, r.STEP_EXPECTED_LEFT], 0)
    after[lines[:, r.LINE_END_STEP] - 1] = 0
    return pl.DataFrame(
        {
            **_keys(log, order),
            "line": pl.Series(steps.line - log.orders[order, r.ORDER_FIRST_LINE], dtype=pl.Int16),
            "step": pl.Series(number, dtype=pl.Int16),
            "station_type": _words(STATION_TYPES, rows[:, r.STEP_TYPE]),
            "station": _nullable(rows[:, r.STEP_STATION], steps.started != r.NEVER, pa.int32()),
            "asked": _instants(steps.asked, epoch),
            "started": _instants(steps.started, epoch),
            "ended": _instants(steps.ended, epoch),
            "expected_s": pl.Series((rows[:, r.STEP_EXPECTED_LEFT] - after) / US_PER_S),
            "drawn_s": pl.Series(rows[:, r.STEP_DURATION] / US_PER_S),
        }
    )


def _keys(log: JoinedLog, order: NDArray[np.int64]) -> dict[str, pl.Series]:
    """Make the columns that name an order: its day, and its number within that."""
    return {
        "day": pl.Series(log.day[order], dtype=pl.Int32),
        "order_number": pl.Series(log.number[order], dtype=pl.Int32),
    }


def _instants(times_us: NDArray[np.int64], epoch: int) -> pl.Series:
    """Make timestamps of the engine's times; NEVER is null."""
    return _nullable(times_us + epoch, times_us != r.NEVER, pa.timestamp("us", "UTC"))


def _nullable(values: NDArray[np.int64], is_known: NDArray[np.bool_], kind: pa.DataType) -> pl.Series:
    """Make a column whose values are null where they aren't known."""
    # Arrow takes a mask; setting nulls in a series of Polars takes ten times as long.
    return pl.Series(pa.array(values, mask=~is_known).cast(kind))


def _words(words: tuple[str, ...], which: NDArray[np.int64]) -> pl.Series:
    """Make a column of words by their places in a list."""
    return pl.Series(words, dtype=pl.String)[which]
