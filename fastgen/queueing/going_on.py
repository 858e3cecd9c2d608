"""Go on with a site: leave behind what has ended, keep what is open, take the orders of the next day.

So memory doesn't grow with the length of a run. The list of events isn't kept: it follows from the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.queueing.day_log import keep_orders
from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.site import rebuild_events

if TYPE_CHECKING:
    from fastgen.queueing.kernels.records import SiteArrays
    from fastgen.queueing.site import Demand


def take_over(site: SiteArrays, demand: Demand, kept_from_us: int = r.NEVER) -> SiteArrays:
    """Make a site that goes on with the open orders of another one, and with more orders to come.

    Parameters
    ----------
    site
        A site that has run up to some time; it isn't changed.
    demand
        Orders that are created at that time or later, and after all that the site still has to come.
    kept_from_us
        Orders created from this time on are kept although they have ended, until their day is taken out.
    """
    states = site.orders[:, r.ORDER_STATE]
    is_kept = (states == r.OPEN) | (states == r.CANDIDATE)
    is_kept |= (site.orders[:, r.ORDER_CREATED] >= kept_from_us) & (states != r.DROPPED)
    kept = keep_orders(site, is_kept, demand)
    orders, lines, steps = kept.records
    progress, waiting = site.progress.copy(), site.waiting[: site.progress[r.N_WAITING]].copy()
    # Candidates are at the end, so the next one is the first of them.
    progress[r.NEXT_ORDER] = np.count_nonzero(orders[:, r.ORDER_STATE] != r.CANDIDATE)
    waiting[:, 1] = kept.new_order[waiting[:, 1]]
    room = np.zeros((len(orders) - len(waiting), 2), np.int64)
    pools, stations, couriers = site.pools.copy(), site.stations.copy(), site.couriers.copy()
    for column in (r.POOL_HEAD, r.POOL_TAIL):
        # The tail of an empty queue may be a line that is gone.
        pools[:, column] = np.where(pools[:, r.POOL_HEAD] == r.NONE, r.NONE, kept.new_line[pools[:, column]])
    stations[:, r.STATION_LINE] = kept.new_line[stations[:, r.STATION_LINE]]
    couriers[:, r.COURIER_ORDER] = kept.new_order[couriers[:, r.COURIER_ORDER]]
    result = site._replace(
        progress=progress,
        orders=orders,
        lines=lines,
        steps=steps,
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
