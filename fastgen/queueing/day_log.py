"""Take the orders of a day out of a site, as they went."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.queueing.kernels import records as r

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.queueing.kernels.records import SiteArrays


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


class KeptOrders(NamedTuple):
    """Some orders of a site, with records numbered anew.

    Attributes
    ----------
    orders, lines, steps
        int64, records.
    new_order, new_line
        int64 (n_orders + 1,) and (n_lines + 1,), the new number of each of the site's, NONE where it isn't
        kept. The last entry, which number NONE reads, is NONE.
    """

    orders: NDArray[np.int64]
    lines: NDArray[np.int64]
    steps: NDArray[np.int64]
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
    taken = (begins_us <= created) & (created < ends_us) & ~np.isin(states, (r.CANDIDATE, r.DROPPED))
    kept = keep_orders(site, taken)
    return DayLog(day, kept.orders, kept.lines, kept.steps, cut_us)


def keep_orders(site: SiteArrays, is_kept: NDArray[np.bool_]) -> KeptOrders:
    """Copy some orders of a site with their lines and steps; is_kept: bool (n_orders,)."""
    kept_lines = is_kept[site.lines[:, r.LINE_ORDER]]
    line_of_step = np.repeat(
        np.arange(len(site.lines)), site.lines[:, r.LINE_END_STEP] - site.lines[:, r.LINE_FIRST_STEP]
    )
    kept_steps = kept_lines[line_of_step]
    new_order, new_line = _renumber(is_kept), _renumber(kept_lines)
    lines_before, steps_before = _count_before(kept_lines), _count_before(kept_steps)
    orders, lines, steps = site.orders[is_kept], site.lines[kept_lines], site.steps[kept_steps]
    for column in (r.ORDER_FIRST_LINE, r.ORDER_END_LINE):
        orders[:, column] = lines_before[orders[:, column]]
    for column in (r.LINE_FIRST_STEP, r.LINE_END_STEP, r.LINE_STEP):
        lines[:, column] = steps_before[lines[:, column]]
    lines[:, r.LINE_ORDER] = new_order[lines[:, r.LINE_ORDER]]
    lines[:, r.LINE_NEXT] = new_line[lines[:, r.LINE_NEXT]]
    return KeptOrders(orders, lines, steps, new_order, new_line)


def _renumber(kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Compute the new number of every row, NONE where it isn't kept; NONE itself, the last entry, stays."""
    return np.concatenate((np.where(kept, np.cumsum(kept) - 1, r.NONE), [r.NONE]))


def _count_before(kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count the rows kept before every row, and before the end; NONE, the last entry, stays."""
    return np.concatenate(([0], np.cumsum(kept), [r.NONE]))
