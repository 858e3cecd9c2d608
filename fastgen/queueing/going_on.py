"""Go on with a site: leave behind what has ended, keep what is open, take the orders of the next day.

So memory doesn't grow with the length of a run. What is kept has no list of events, which follow from the
rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.site import rebuild_events
from fastgen.queueing.site import make_records

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.queueing.kernels.records import SiteArrays
    from fastgen.queueing.site import Demand


def take_over(site: SiteArrays, demand: Demand) -> SiteArrays:
    """Make a site that goes on with the open orders of another one, and with more orders to come.

    Parameters
    ----------
    site
        A site that has run up to some time; it isn't changed.
    demand
        Orders that are created at that time or later, and after all that the site still has to come.
    """
    kept = np.isin(site.orders[:, r.ORDER_STATE], (r.OPEN, r.CANDIDATE))
    kept_lines = kept[site.lines[:, r.LINE_ORDER]]
    line_of_step = np.repeat(
        np.arange(len(site.lines)), site.lines[:, r.LINE_END_STEP] - site.lines[:, r.LINE_FIRST_STEP]
    )
    kept_steps = kept_lines[line_of_step]
    new_order, new_line = _renumber(kept), _renumber(kept_lines)
    lines_before, steps_before = _count_before(kept_lines), _count_before(kept_steps)
    orders, lines, steps = site.orders[kept], site.lines[kept_lines], site.steps[kept_steps]
    for column in (r.ORDER_FIRST_LINE, r.ORDER_END_LINE):
        orders[:, column] = lines_before[orders[:, column]]
    for column in (r.LINE_FIRST_STEP, r.LINE_END_STEP, r.LINE_STEP):
        lines[:, column] = steps_before[lines[:, column]]
    lines[:, r.LINE_ORDER] = new_order[lines[:, r.LINE_ORDER]]
    lines[:, r.LINE_NEXT] = new_line[lines[:, r.LINE_NEXT]]
    more = _shifted(demand, len(orders), len(lines), len(steps))
    progress, waiting = site.progress.copy(), site.waiting[: site.progress[r.N_WAITING]].copy()
    # Candidates are at the end, so the next one is the first of them.
    progress[r.NEXT_ORDER] = np.count_nonzero(orders[:, r.ORDER_STATE] == r.OPEN)
    waiting[:, 1] = new_order[waiting[:, 1]]
    room = np.zeros((len(orders) + len(more[0]) - len(waiting), 2), np.int64)
    pools, stations, couriers = site.pools.copy(), site.stations.copy(), site.couriers.copy()
    for column in (r.POOL_HEAD, r.POOL_TAIL):
        # The tail of an empty queue may be a line that is gone.
        pools[:, column] = np.where(pools[:, r.POOL_HEAD] == r.NONE, r.NONE, new_line[pools[:, column]])
    stations[:, r.STATION_LINE] = new_line[stations[:, r.STATION_LINE]]
    couriers[:, r.COURIER_ORDER] = new_order[couriers[:, r.COURIER_ORDER]]
    result = site._replace(
        progress=progress,
        orders=np.concatenate((orders, more[0])),
        lines=np.concatenate((lines, more[1])),
        steps=np.concatenate((steps, more[2])),
        pools=pools,
        stations=stations,
        couriers=couriers,
        is_open=site.is_open.copy(),
        customer_free=site.customer_free.copy(),
        tree=np.full_like(site.tree, r.NEVER),
        home=site.home.copy(),
        riding=site.riding.copy(),
        waiting=np.concatenate((waiting, room)),
    )
    rebuild_events(result)
    return result


def _renumber(kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Compute the new number of every row, NONE where it isn't kept; NONE itself, the last entry, stays."""
    return np.concatenate((np.where(kept, np.cumsum(kept) - 1, r.NONE), [r.NONE]))


def _count_before(kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count the rows kept before every row, and before the end; NONE, the last entry, stays."""
    return np.concatenate(([0], np.cumsum(kept), [r.NONE]))


def _shifted(demand: Demand, n_orders: int, n_lines: int, n_steps: int) -> list[NDArray[np.int64]]:
    """Make the records of more orders, which follow some that are there."""
    orders, lines, steps = make_records(demand)
    orders[:, [r.ORDER_FIRST_LINE, r.ORDER_END_LINE]] += n_lines
    lines[:, [r.LINE_FIRST_STEP, r.LINE_END_STEP]] += n_steps
    lines[:, r.LINE_ORDER] += n_orders
    return [orders, lines, steps]
