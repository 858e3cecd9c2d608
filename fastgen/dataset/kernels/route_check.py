"""Parse route texts, and check that the pings lie on the routes.

Dimensions: n orders. Texts have Arrow's form: bytes, with the start and end of each order's text. They may be
damaged in any way: no byte beyond an end is read, and a text that isn't a route is reported as such.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fastgen.jit import jit, step
from fastgen.kernels.memory import load_word
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

# To read six digits as a word of eight bytes, the first digit in the lowest of them.
WORD_BYTES = 8
ONE_BYTE, TWO_BYTES, FOUR_BYTES = np.uint64(8), np.uint64(16), np.uint64(32)
NO_BITS, ALL_BITS = np.uint64(0), np.uint64(0xFFFFFFFFFFFFFFFF)
SIX_ZEROS = np.uint64(0x3030303030300000)
TO_HIGH_BIT, HIGH_BITS = np.uint64(0x7676767676767676), np.uint64(0x8080808080808080)
# Factors that add ten times a byte to the byte after it, and so on; and what is kept of each step.
PAIR, FOUR, EIGHT = np.uint64(10 * 2**8 + 1), np.uint64(100 * 2**16 + 1), np.uint64(10_000 * 2**32 + 1)
PAIRS, FOURS = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF)


@step
def _read_decimals(text: NDArray[np.uint8], at: int) -> int:
    """Parse six digits by the eight bytes from `at` on; return -1 if they aren't digits."""
    # The digits in the upper bytes of a word; then pairs, fours and eights of them.
    word = (load_word(text, at) << TWO_BYTES) ^ SIX_ZEROS
    if ((word + TO_HIGH_BIT) | word) & HIGH_BITS:  # a byte above 9
        return -1
    word = (word * PAIR >> ONE_BYTE) & PAIRS
    word = (word * FOUR >> TWO_BYTES) & FOURS
    return np.int64(word * EIGHT >> FOUR_BYTES)


@step
def _parse_decimals(text: NDArray[np.uint8], at: int) -> int:
    """Parse six digits, which lie within the text; return -1 if they aren't digits."""
    if at + WORD_BYTES <= len(text):
        return _read_decimals(text, at)
    value = 0
    for i in range(DECIMALS):
        digit = np.int64(text[at + i]) - ZERO
        if not 0 <= digit <= 9:
            return -1
        value = value * 10 + digit
    return value


@step
def _parse_degrees(text: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Parse degrees with six decimals; return microdegrees, or `BAD`, and the position after them."""
    negative = at < end and text[at] == MINUS
    if negative:
        at += 1
    whole, n_whole = 0, 0
    while at < end and ZERO <= text[at] <= ZERO + 9 and n_whole < 4:
        whole = whole * 10 + (np.int64(text[at]) - ZERO)
        n_whole += 1
        at += 1
    if n_whole == 0 or n_whole > 3 or at + DECIMALS >= end or text[at] != DOT:
        return BAD, at
    decimals = _parse_decimals(text, at + 1)
    if decimals < 0:
        return BAD, at
    value = whole * E6 + decimals
    return (-value if negative else value), at + DECIMALS + 1


@step
def _mask(n: int) -> np.uint64:
    """Return a mask of the first n bytes of a word, n > 0."""
    return ALL_BITS >> np.uint64(8 * (WORD_BYTES - n))


@step
def parse_route(
    text: NDArray[np.uint8], at: int, end: int, lat_e6: NDArray[np.int64], lon_e6: NDArray[np.int64]
) -> int:
    """Parse "[[lat,lon],...]" into microdegrees; return the number of points, 0 if it isn't a route."""
    if end - at < POINT_BYTES_MIN + 2 or text[at] != OPEN:
        return 0
    at += 1
    # Of the point before: where "," and "]" were, and "[41." and ",-87." as masks, words and signed degrees.
    n, comma, close = 0, 0, 0
    lat_mask, lat_word, lat_sign, lat_whole = NO_BITS, NO_BITS, 1, 0
    lon_mask, lon_word, lon_sign, lon_whole = NO_BITS, NO_BITS, 1, 0
    while at < end and text[at] == OPEN:
        # Most points have the whole degrees of the point before, so that their decimals alone are parsed.
        is_like = n > 0 and at + close + 1 < end and at + close + WORD_BYTES <= len(text)
        if is_like:
            is_like = text[at + close] == CLOSE
            is_like &= load_word(text, at) & lat_mask == lat_word
            is_like &= load_word(text, at + comma) & lon_mask == lon_word
        if is_like:
            lat = _read_decimals(text, at + comma - DECIMALS)
            lon = _read_decimals(text, at + close - DECIMALS)
            if lat < 0 or lon < 0:
                return 0
            lat_e6[n], lon_e6[n] = lat_whole + lat_sign * lat, lon_whole + lon_sign * lon
            at += close
        else:
            first = at
            lat_sign = -1 if at + 1 < end and text[at + 1] == MINUS else 1
            lat, at = _parse_degrees(text, at + 1, end)
            if lat == BAD or at >= end or text[at] != COMMA:
                return 0
            comma = at - first
            lon_sign = -1 if at + 1 < end and text[at + 1] == MINUS else 1
            lon, at = _parse_degrees(text, at + 1, end)
            if lon == BAD or at + 1 >= end or text[at] != CLOSE:
                return 0
            close = at - first
            lat_e6[n], lon_e6[n] = lat, lon
            lat_whole, lon_whole = lat - lat_sign * (abs(lat) % E6), lon - lon_sign * (abs(lon) % E6)
            # Else the text ends so soon that no later point is read by words.
            if first + comma + WORD_BYTES <= len(text):
                lat_mask, lon_mask = _mask(comma - DECIMALS), _mask(close - comma - DECIMALS)
                lat_word, lon_word = (
                    load_word(text, first) & lat_mask,
                    load_word(text, first + comma) & lon_mask,
                )
        n += 1
        at += 1
        if text[at] != COMMA:
            return n if text[at] == CLOSE and at + 1 == end else 0
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
    lat_e6: float, lon_e6: float, scale: float, a_lat: float, a_lon: float, b_lat: float, b_lon: float
) -> float:
    """Compute the distance of a point from a straight leg a-b, on the plane that touches the point.

    `scale` is the cosine of the point's latitude: how much shorter a degree of longitude is there.
    """
    ax, ay = shorter_turn(a_lon - lon_e6) * scale, a_lat - lat_e6
    dx, dy = shorter_turn(b_lon - a_lon) * scale, b_lat - a_lat
    length2 = dx * dx + dy * dy
    share = 0.0
    if length2 > 0.0:
        share = min(1.0, max(0.0, -(ax * dx + ay * dy) / length2))
    x, y = ax + share * dx, ay + share * dy
    return math.sqrt(x * x + y * y) * M_PER_E6


@step
def _find_leg(
    lat: float,
    lon: float,
    scale: float,
    lat_e6: NDArray[np.int64],
    lon_e6: NDArray[np.int64],
    n: int,
    first: int,
    tolerance_m: float,
) -> int:
    """Find the first leg, from leg `first` on, that a point lies on; return -1 if there is none."""
    # A leg that is farther off in latitude alone needn't be measured. A microdegree more, for the rounding.
    reach_e6 = tolerance_m / M_PER_E6 + 1.0
    for at in range(first, max(first + 1, n - 1)):
        after = min(at + 1, n - 1)
        low, high = min(lat_e6[at], lat_e6[after]), max(lat_e6[at], lat_e6[after])
        if low <= lat + reach_e6 and high >= lat - reach_e6:
            dist_m = _leg_distance_m(lat, lon, scale, lat_e6[at], lon_e6[at], lat_e6[after], lon_e6[after])
            if dist_m <= tolerance_m:
                return at
    return -1


@step
def _nearest_m(
    lat: float,
    lon: float,
    scale: float,
    lat_e6: NDArray[np.int64],
    lon_e6: NDArray[np.int64],
    n: int,
    first: int,
) -> float:
    """Compute the distance of a point from the nearest leg, from leg `first` on."""
    nearest = np.inf
    for at in range(first, max(first + 1, n - 1)):
        after = min(at + 1, n - 1)
        dist_m = _leg_distance_m(lat, lon, scale, lat_e6[at], lon_e6[at], lat_e6[after], lon_e6[after])
        nearest = min(nearest, dist_m)
    return nearest


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
            scale = math.cos(math.radians(lat / E6))
            at = _find_leg(lat, lon, scale, lat_e6, lon_e6, n, leg, tolerance_m)
            if at < 0:  # true for NaN also
                stray[i] = k - ping_start[i]
                stray_m[i] = _nearest_m(lat, lon, scale, lat_e6, lon_e6, n, leg)
                break
            leg = at
