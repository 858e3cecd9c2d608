"""Take the orders of a day out of a site, as they went."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.keeping import copy_orders, count_kept
from fastgen.queueing.site import Records, fill_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastgen.queueing.kernels.records import SiteArrays
    from fastgen.queueing.site import Demand


class DayLog(NamedTuple):
    """The orders that one site was asked for on one local day, as they went.

    Attributes
    ----------
    day
        Day number.
    orders, lines, steps
        int64, records as in `kernels.records`, whose numbers of lines, steps and orders are those of this
        log. Orders are sorted by (created, index); there are no candidates, and none that was dropped.
    cut_us
        Nothing at or after this time has happened: entries with a later time are not yet true.
    """

    day: int
    orders: NDArray[np.int64]
    lines: NDArray[np.int64]
    steps: NDArray[np.int64]
    cut_us: int


class JoinedLog(NamedTuple):
    """The orders of several days, one day after the other; otherwise as `DayLog`.

    Attributes
    ----------
    day, number, cut_us
        int64 (n_orders,), day of each order, its number within that, and the cut of its day.
    orders, lines, steps
        int64, records with numbers of lines, steps and orders of all days together.
    """

    day: NDArray[np.int64]
    number: NDArray[np.int64]
    orders: NDArray[np.int64]
    lines: NDArray[np.int64]
    steps: NDArray[np.int64]
    cut_us: NDArray[np.int64]


def join_logs(logs: Sequence[DayLog]) -> JoinedLog:
    """Join the logs of some days, one at least."""
    n_orders = np.array([len(log.orders) for log in logs])
    orders, lines, steps = (
        np.concatenate([getattr(log, name) for log in logs]) for name in ("orders", "lines", "steps")
    )
    n_lines, n_steps = (np.array([len(getattr(log, name)) for log in logs]) for name in ("lines", "steps"))
    before = [np.cumsum(n) - n for n in (n_orders, n_lines, n_steps)]
    orders[:, [r.ORDER_FIRST_LINE, r.ORDER_END_LINE]] += np.repeat(before[1], n_orders)[:, None]
    lines[:, [r.LINE_FIRST_STEP, r.LINE_END_STEP]] += np.repeat(before[2], n_lines)[:, None]
    lines[:, r.LINE_ORDER] += np.repeat(before[0], n_lines)
    return JoinedLog(
        day=np.repeat([log.day for log in logs], n_orders),
        number=np.arange(len(orders)) - np.repeat(before[0], n_orders),
        orders=orders,
        lines=lines,
        steps=steps,
        cut_us=np.repeat([log.cut_us for log in logs], n_orders),
    )


class KeptOrders(NamedTuple):
    """Some orders of a site, with records numbered anew.

    Attributes
    ----------
    records
        The records.
    new_order, new_line
        int64 (n_orders + 1,) and (n_lines + 1,), the new number of each of the site's, NONE where it isn't
        kept. The last entry, which number NONE reads, is NONE.
    """

    records: Records
    new_order: NDArray[np.int64]
    new_line: NDArray[np.int64]


def take_out_day(site: SiteArrays, day: int, begins_us: int, ends_us: int, cut_us: int) -> DayLog:
    """Copy the orders of a day out of a site that has run up to `cut_us`.

    Parameters
    ----------
    site
        The site; it isn't changed.
    day
        Day number.
    begins_us, ends_us
        First microsecond of the day, and of the next one.
    cut_us
        The time up to which the site has run.
    """
    created, states = site.orders[:, r.ORDER_CREATED], site.orders[:, r.ORDER_STATE]
    taken = (begins_us <= created) & (created < ends_us) & (states != r.CANDIDATE) & (states != r.DROPPED)
    return DayLog(day, *keep_orders(site, taken).records, cut_us)


def keep_orders(site: SiteArrays, is_kept: NDArray[np.bool_], demand: Demand | None = None) -> KeptOrders:
    """Copy some orders of a site with their lines and steps.

    Parameters
    ----------
    site
        The site; it isn't changed.
    is_kept
        bool (n_orders,).
    demand
        Orders to come, whose records follow the copies; None: none.
    """
    sizes = count_kept(site.orders, site.lines, is_kept)
    more = (0, 0, 0) if demand is None else demand.sizes
    records = Records.empty(*(kept + new for kept, new in zip(sizes, more, strict=True)))
    new_order, new_line = np.empty(len(site.orders) + 1, np.int64), np.empty(len(site.lines) + 1, np.int64)
    copy_orders(site.orders, site.lines, site.steps, is_kept, *records, new_order, new_line)
    if demand is not None:
        # In place: to join the two later would take a large site as long as half of its loop.
        fill_records(demand, records, sizes)
    return KeptOrders(records, new_order, new_line)
