"""Parse route texts, and check that the pings lie on the routes.

Dimensions: n orders. Texts have Arrow's form: bytes, with the start and end of each order's text. They may be
damaged in any way: no byte beyond an end is read, and a text that isn't a route is reported as such.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fastgen.jit import jit, step
from fastgen.units import EARTH_RADIUS_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

E6 = 1_000_000
TURN_E6 = 360.0 * E6
DECIMALS = 6
# The bytes - . , [ ] 0.
MINUS, DOT, COMMA, OPEN, CLOSE, ZERO = 45, 46, 44, 91, 93, 48
POINT_BYTES_MIN = 19  # "[0.000000,0.000000]"
M_PER_E6 = math.radians(1e-6) * EARTH_RADIUS_M
BAD = -(2**62)  # in place of a coordinate


@step
def _parse_degrees(text: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Parse degrees with six decimals; return microdegrees, or `BAD`, and the position after them."""
    negative = at < end and text[at] == MINUS
    if negative:
        at += 1
    value, n_whole = 0, 0
    while at < end and ZERO <= text[at] <= ZERO + 9 and n_whole < 4:
        value = value * 10 + (np.int64(text[at]) - ZERO)
        n_whole += 1
        at += 1
    if n_whole == 0 or n_whole > 3 or at + DECIMALS >= end or text[at] != DOT:
        return BAD, at
    for i in range(1, DECIMALS + 1):
        digit = np.int64(text[at + i]) - ZERO
        if not 0 <= digit <= 9:
            return BAD, at
        value = value * 10 + digit
    return (-value if negative else value), at + DECIMALS + 1


@step
def parse_route(
    text: NDArray[np.uint8], at: int, end: int, lat_e6: NDArray[np.int64], lon_e6: NDArray[np.int64]
) -> int:
    """Parse "[[lat,lon],...]" into microdegrees; return the number of points, 0 if it isn't a route."""
    if end - at < POINT_BYTES_MIN + 2 or text[at] != OPEN:
        return 0
    at += 1
    n = 0
    while at < end and text[at] == OPEN:
        lat, at = _parse_degrees(text, at + 1, end)
        if lat == BAD or at >= end or text[at] != COMMA:
            return 0
        lon, at = _parse_degrees(text, at + 1, end)
        if lon == BAD or at + 1 >= end or text[at] != CLOSE:
            return 0
        lat_e6[n], lon_e6[n] = lat, lon
        n += 1
        at += 1
        if text[at] == CLOSE:
            return n if at + 1 == end else 0
        if text[at] != COMMA:
            return 0
        at += 1
    return 0


@step
def shorter_turn(lon_e6: float) -> float:
    """Turn a difference of longitudes, microdegrees, into the one the shorter way around the Earth."""
    if lon_e6 > TURN_E6 / 2:
        return lon_e6 - TURN_E6
    return lon_e6 + TURN_E6 if lon_e6 < -TURN_E6 / 2 else lon_e6


@step
def _leg_distance_m(
    lat_e6: float, lon_e6: float, a_lat: float, a_lon: float, b_lat: float, b_lon: float
) -> float:
    """Compute the distance of a point from a straight leg a-b, on the plane that touches the point."""
    scale = math.cos(math.radians(lat_e6 / E6))
    ax, ay = shorter_turn(a_lon - lon_e6) * scale, a_lat - lat_e6
    dx, dy = shorter_turn(b_lon - a_lon) * scale, b_lat - a_lat
    length2 = dx * dx + dy * dy
    share = 0.0
    if length2 > 0.0:
        share = min(1.0, max(0.0, -(ax * dx + ay * dy) / length2))
    x, y = ax + share * dx, ay + share * dy
    return math.sqrt(x * x + y * y) * M_PER_E6


@jit
def check_routes(
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    text: NDArray[np.uint8],
    ping_start: NDArray[np.int64],
    ping_lat: NDArray[np.float32],
    ping_lon: NDArray[np.float32],
    tolerance_m: float,
    ends_e6: NDArray[np.int64],
    stray: NDArray[np.int64],
    stray_m: NDArray[np.float64],
) -> None:
    """Find the ends of each route, and its first ping that is not on it.

    The pings must follow the legs of the route: each must lie on the leg of the ping before it, or on a later
    one.

    Parameters
    ----------
    first, last
        int64 (n,), begin and end of each order's route text in `text`.
    text
        The texts.
    ping_start
        int64 (n + 1,), offsets of each order's pings.
    ping_lat, ping_lon
        float32, degrees.
    tolerance_m
        Largest distance of a ping from its route, metres.
    ends_e6
        Output, int64 (n, 4): latitude and longitude of the first and of the last point, microdegrees; `BAD`
        where the text isn't a route.
    stray
        Output, int64 (n,): number of the first ping off the route, -1 if there is none.
    stray_m
        Output, float64 (n,): distance of that ping from the legs that are still ahead, metres.
    """
    longest = 0
    for i in range(len(first)):
        longest = max(longest, last[i] - first[i])
    lat_e6 = np.empty(longest // POINT_BYTES_MIN + 1, np.int64)
    lon_e6 = np.empty(longest // POINT_BYTES_MIN + 1, np.int64)
    for i in range(len(first)):
        stray[i], stray_m[i] = -1, 0.0
        n = parse_route(text, first[i], last[i], lat_e6, lon_e6)
        if n == 0:
            ends_e6[i, :] = BAD
            continue
        ends_e6[i, 0], ends_e6[i, 1] = lat_e6[0], lon_e6[0]
        ends_e6[i, 2], ends_e6[i, 3] = lat_e6[n - 1], lon_e6[n - 1]
        leg = 0
        for k in range(ping_start[i], ping_start[i + 1]):
            lat, lon = np.float64(ping_lat[k]) * E6, np.float64(ping_lon[k]) * E6
            nearest = np.inf
            at = leg
            while True:
                after = min(at + 1, n - 1)
                dist_m = _leg_distance_m(lat, lon, lat_e6[at], lon_e6[at], lat_e6[after], lon_e6[after])
                nearest = min(nearest, dist_m)
                if dist_m <= tolerance_m or at + 2 >= n:
                    break
                at += 1
            if not nearest <= tolerance_m:  # true for NaN also
                stray[i], stray_m[i] = k - ping_start[i], nearest
                break
            leg = at
