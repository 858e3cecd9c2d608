"""Run the steps of lines on stations: a line waits in its pool's queue until a station is free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.jit import state_step
from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.tournament import set_event

if TYPE_CHECKING:
    from fastgen.queueing.kernels.records import SiteArrays


@state_step
def lowest_bit(mask: int) -> int:
    """Return the number of the lowest of bits 0 to 61 that is set; mask > 0."""
    one = mask & -mask
    # Each constant has the bits whose numbers have one binary digit. Branches, which depend on what is free,
    # would be hard to predict: they cost 5 % of a run.
    at = int(one & 0x2AAAAAAAAAAAAAAA != 0)
    at |= int(one & 0x0CCCCCCCCCCCCCCC != 0) << 1
    at |= int(one & 0x30F0F0F0F0F0F0F0 != 0) << 2
    at |= int(one & 0x3F00FF00FF00FF00 != 0) << 3
    at |= int(one & 0x3FFF0000FFFF0000 != 0) << 4
    at |= int(one & 0x3FFFFFFF00000000 != 0) << 5
    return at


@state_step
def start_step(now: int, line: int, pool: int, station: int, site: SiteArrays) -> bool:
    """Start a line's step on a station; say whether the end of its order has come within the lead."""
    at, order = site.lines[line, r.LINE_STEP], site.lines[line, r.LINE_ORDER]
    site.steps[at, r.STEP_STARTED] = now
    site.steps[at, r.STEP_STATION] = station
    site.stations[station, r.STATION_LINE] = line
    site.pools[pool, r.POOL_BUSY] |= 1 << (station - site.pools[pool, r.POOL_FIRST_STATION])
    set_event(site.tree, site.settings[r.ENTITY_BITS], station, now + site.steps[at, r.STEP_DURATION])
    if site.orders[order, r.ORDER_STARTED] == r.NOT_YET:
        site.orders[order, r.ORDER_STARTED] = now
    if site.lines[line, r.LINE_NEAR] == 1 or site.steps[at, r.STEP_EXPECTED_LEFT] > site.settings[r.LEAD]:
        return False
    site.lines[line, r.LINE_NEAR] = 1
    site.orders[order, r.ORDER_LINES_FAR] -= 1
    return site.orders[order, r.ORDER_LINES_FAR] == 0


@state_step
def ask_for_station(now: int, line: int, site: SiteArrays) -> bool:
    """Start a line's step on the free station of the lowest number, or put the line at the end of the queue.

    Returns whether the end of its order has come within the lead.
    """
    kind = site.steps[site.lines[line, r.LINE_STEP], r.STEP_TYPE]
    pool = site.lines[line, r.LINE_KITCHEN] * site.settings[r.N_TYPES] + kind
    free = site.pools[pool, r.POOL_WORKING] & ~site.pools[pool, r.POOL_BUSY]
    if free != 0:
        station = site.pools[pool, r.POOL_FIRST_STATION] + lowest_bit(free)
        return start_step(now, line, pool, station, site)
    site.lines[line, r.LINE_NEXT] = r.NONE
    if site.pools[pool, r.POOL_HEAD] == r.NONE:
        site.pools[pool, r.POOL_HEAD] = line
    else:
        site.lines[site.pools[pool, r.POOL_TAIL], r.LINE_NEXT] = line
    site.pools[pool, r.POOL_TAIL] = line
    return False


@state_step
def leave_queue(pool: int, site: SiteArrays) -> int:
    """Take the first line out of a pool's queue; NONE if nobody waits."""
    line = site.pools[pool, r.POOL_HEAD]
    if line != r.NONE:
        site.pools[pool, r.POOL_HEAD] = site.lines[line, r.LINE_NEXT]
    return line
