"""Make streets meet: drop doubles, pull loose ends to the next street, put a vertex at every crossing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.roads.synthetic.plane import close_pairs, cut, sine, sizes
from fastgen.roads.synthetic.streets import ALLEY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.roads.synthetic.plane import Points
    from fastgen.roads.synthetic.streets import Streets

# Streets are compared in pieces this short, so that only near ones need comparing.
PIECE_M = 50.0
LANE_REACH_M = 12.0  # a lane's end farther than this from a street is a dead end by intent


def near_pairs(a: Points, b: Points, reach_m: float) -> NDArray[np.int64]:
    """List pairs of pieces that may come within some distance of each other, int64 (n, 2)."""
    return close_pairs((a + b) / 2, PIECE_M + reach_m + 1)


def project(point: Points, a: Points, b: Points) -> tuple[Points, Points]:
    """Find the nearest points of segments to points, and their distances."""
    step = b - a
    t = ((point - a) * step).sum(axis=1) / np.maximum((step**2).sum(axis=1), 1e-9)
    foot = a + step * np.clip(t, 0, 1)[:, None]
    return foot, sizes(point - foot)


def drop_doubles(streets: Streets, within_m: float, max_degrees: float = 18.0) -> None:
    """Drop pieces that run beside a street of higher rank, or of an earlier district."""
    rank, district = streets.column("rank"), streets.column("district")
    ground = streets.column("over") == 0
    i, j = near_pairs(streets.a, streets.b, within_m).T
    i, j = np.concatenate([i, j]), np.concatenate([j, i])
    weaker = (rank[i] < rank[j]) | ((rank[i] == rank[j]) & (district[i] > district[j]))
    ok = weaker & ground[i] & ground[j] & (district[i] >= 0) & (district[i] != district[j])
    i, j = i[ok], j[ok]
    step = streets.b - streets.a
    unit = step / sizes(step)[:, None]
    turn = np.abs(unit[i, 0] * unit[j, 1] - unit[i, 1] * unit[j, 0])
    _, distance = project((streets.a[i] + streets.b[i]) / 2, streets.a[j], streets.b[j])
    bad = np.zeros(len(rank), bool)
    bad[i[(distance < within_m) & (turn < sine(np.radians(max_degrees)))]] = True
    streets.keep(~bad)


def loose_ends(streets: Streets) -> NDArray[np.int64]:
    """Find ends that no other segment shares: indices into the ends a, then b."""
    ends = np.vstack([streets.a, streets.b])
    keys = np.rint(ends * 100).astype(np.int64)
    _, inverse, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    over = np.tile(streets.column("over"), 2)
    return np.flatnonzero((counts[inverse.ravel()] == 1) & (over == 0))


def _straight_on(ends: Points, way: Points, a: Points, b: Points, reach_m: float) -> tuple[Points, Points]:
    """Find where ends, drawn out straight on, meet segments: the points, and how far (inf: nowhere)."""
    step, size = b - a, sizes(way)
    gap = a - ends
    cross = way[:, 0] * step[:, 1] - way[:, 1] * step[:, 0]
    skew = np.abs(cross) > 1e-6 * size  # parallel lines don't meet, and would divide by zero
    safe = np.where(skew, cross, 1.0)
    ahead = (gap[:, 0] * step[:, 1] - gap[:, 1] * step[:, 0]) / safe
    at = (gap[:, 0] * way[:, 1] - gap[:, 1] * way[:, 0]) / safe
    hit = skew & (ahead > 0) & (ahead * size < reach_m) & (at >= 0) & (at <= 1)
    return ends + way * ahead[:, None], np.where(hit, ahead * size, np.inf)


def join_loose_ends(streets: Streets, reach_m: float) -> None:
    """Draw loose ends out to another street within reach, straight on where that is not much farther."""
    n = len(streets.a)
    loose = loose_ends(streets)
    ground = streets.column("over") == 0
    # A lane's end in the middle of its block is meant; where it fell short of its street it is drawn out.
    end_reach_m = np.tile(np.where(streets.column("rank") == ALLEY, LANE_REACH_M, reach_m), 2)
    pairs = near_pairs(streets.a, streets.b, 1.6 * reach_m)
    pairs = np.vstack([pairs, pairs[:, ::-1]])
    which = np.full(2 * n, -1, np.int64)
    which[loose] = np.arange(len(loose))
    ends = np.vstack([streets.a, streets.b])
    way = ends - np.vstack([streets.b, streets.a])
    owner, other, cost, target = [], [], [], []
    for side in (0, n):
        mine = which[pairs[:, 0] + side]
        ok = (mine >= 0) & ground[pairs[:, 1]] & (streets.street[pairs[:, 0]] != streets.street[pairs[:, 1]])
        end, aim = pairs[ok, 0] + side, pairs[ok, 1]
        foot, away = project(ends[end], streets.a[aim], streets.b[aim])
        ahead, far = _straight_on(ends[end], way[end], streets.a[aim], streets.b[aim], 1.6 * reach_m)
        owner += [mine[ok], mine[ok]]
        other += [aim, aim]
        cost += [np.where(c < end_reach_m[end], c, np.inf) for c in (away, far / 1.6)]
        target += [foot, ahead]
    whose, price = np.concatenate(owner), np.concatenate(cost)
    order = np.lexsort((np.concatenate(other), price, whose))
    order = order[np.isfinite(price[order])]
    first = order[np.r_[True, whose[order][1:] != whose[order][:-1]]] if len(order) else order
    ends[loose[whose[first]]] = np.round(np.vstack(target)[first], 2)
    streets.a, streets.b = ends[:n], ends[n:]
    streets.keep(sizes(streets.b - streets.a) > 0.5)  # noqa: PLR2004


def cut_at_crossings(streets: Streets, slack_m: float = 0.05) -> None:
    """Cut ground streets where they cross or touch, so that pieces share ends there."""
    over = streets.column("over")
    i, j = near_pairs(streets.a, streets.b, slack_m).T
    ok = (over[i] == 0) & (over[j] == 0)
    i, j = i[ok], j[ok]
    r, s = (streets.b - streets.a)[i], (streets.b - streets.a)[j]
    gap = streets.a[j] - streets.a[i]
    cross = r[:, 0] * s[:, 1] - r[:, 1] * s[:, 0]
    r_m, s_m = sizes(r), sizes(s)
    skew = np.abs(cross) > 0.02 * r_m * s_m
    safe = np.where(skew, cross, 1.0)
    t = (gap[:, 0] * s[:, 1] - gap[:, 1] * s[:, 0]) / safe
    u = (gap[:, 0] * r[:, 1] - gap[:, 1] * r[:, 0]) / safe
    t_slack, u_slack = slack_m / r_m, slack_m / s_m
    hit = skew & (t > -t_slack) & (t < 1 + t_slack) & (u > -u_slack) & (u < 1 + u_slack)
    i, j, t, u = i[hit], j[hit], t[hit], u[hit]
    in_i, in_j = (t > t_slack[hit]) & (t < 1 - t_slack[hit]), (u > u_slack[hit]) & (u < 1 - u_slack[hit])
    where, at = np.concatenate([i[in_i], j[in_j]]), np.concatenate([t[in_i], u[in_j]])
    streets.a, streets.b, parent = cut(streets.a, streets.b, where, at)
    streets.street = streets.street[parent]
