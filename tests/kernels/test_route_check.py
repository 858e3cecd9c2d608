"""Verify trusts this kernel to tell a ping on its route from one beside it, and a route from another text."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.dataset.kernels.route_check import BAD, check_routes, parse_route
from fastgen.jit import jit
from fastgen.units import EARTH_RADIUS_M
from tests.effort import repeats

if TYPE_CHECKING:
    from numpy.typing import NDArray

METRE = math.degrees(1 / EARTH_RADIUS_M)  # of latitude
POINT = r"\[-?\d{1,3}\.\d{6},-?\d{1,3}\.\d{6}\]"
ROUTE = re.compile(rf"\[{POINT}(,{POINT})*\]", re.ASCII)


def check(
    text: str, pings: list[tuple[float, float]], tolerance_m: float = 2.0
) -> tuple[list[int], int, float]:
    """Return ends of one route, number of its first stray ping, and how far off that is."""
    data = np.frombuffer(text.encode() or b"\0", np.uint8)
    ends, stray, stray_m = np.empty((1, 4), np.int64), np.empty(1, np.int64), np.empty(1)
    places = np.array(pings, np.float32).reshape(-1, 2)
    start = np.array([0, len(pings)])
    check_routes(
        np.array([0]),
        np.array([len(text.encode())]),
        data,
        start,
        np.ascontiguousarray(places[:, 0]),
        np.ascontiguousarray(places[:, 1]),
        tolerance_m,
        ends,
        stray,
        stray_m,
    )
    return ends[0].tolist(), int(stray[0]), float(stray_m[0])


def write_route(points: list[tuple[int, int]]) -> str:
    """Text of a route of whole microdegrees."""
    return "[" + ",".join(f"[{lat / 1e6:.6f},{lon / 1e6:.6f}]" for lat, lon in points) + "]"


@jit
def _parse(text: NDArray[np.uint8], at: int, end: int, lat: NDArray[np.int64], lon: NDArray[np.int64]) -> int:
    return parse_route(text, at, end, lat, lon)


def points_of(data: bytes, before: bytes = b"", after: bytes = b"") -> list[tuple[int, int]]:
    """Points of a route that stands among other bytes, in microdegrees; none if it isn't one."""
    text = np.frombuffer(before + data + after or b"\0", np.uint8)
    lat, lon = np.empty((2, len(data) // 19 + 1), np.int64)
    n = _parse(text, len(before), len(before) + len(data), lat, lon)
    return list(zip(lat[:n].tolist(), lon[:n].tolist(), strict=True))


def plain_points(data: bytes) -> list[tuple[int, int]]:
    """Parse the same without a kernel."""
    text = data.decode(errors="replace")
    if not ROUTE.fullmatch(text):
        return []
    numbers = [int(number.replace(".", "")) for number in re.findall(r"-?[\d.]+", text)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


# Near together, as points of a route are, and where the sign or the number of digits changes.
near = st.builds(
    lambda whole, e6: whole * 1_000_000 + e6,
    st.sampled_from((-100, -42, -10, 0, 1, 87)),
    st.integers(-2_000, 2_000),
)


@settings(max_examples=repeats(60, 1000), deadline=None)
@given(st.lists(st.tuples(near, near), min_size=1, max_size=12), st.binary(max_size=12))
def test_every_point_is_read_exactly(points: list[tuple[int, int]], after: bytes) -> None:
    """Whatever stands after the route, which may be nothing."""
    assert points_of(write_route(points).encode(), b"x", after) == points


@settings(max_examples=repeats(60, 1000), deadline=None)
@given(st.lists(st.tuples(near, near), min_size=1, max_size=6), st.data())
def test_a_changed_byte_is_read_as_it_stands(points: list[tuple[int, int]], data: st.DataObject) -> None:
    text = bytearray(write_route(points).encode())
    text[data.draw(st.integers(0, len(text) - 1))] = data.draw(
        st.one_of(st.sampled_from(b"-.,[]0159/:;"), st.integers(0, 255))
    )
    assert points_of(bytes(text), b"[", b"]]") == plain_points(bytes(text))


def test_a_sign_before_zero_is_kept() -> None:
    text = b"[[-0.000000,-0.000000],[-0.000001,-0.000002],[0.000001,0.000002]]"
    assert points_of(text) == [(0, 0), (-1, -2), (1, 2)]


@settings(deadline=None)  # the first call compiles
@given(
    st.lists(
        st.tuples(st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000)),
        min_size=1,
        max_size=9,
    )
)
def test_ends_are_read_exactly(points: list[tuple[int, int]]) -> None:
    text = write_route(points)
    ends, stray, _ = check(text, [])
    assert ends == [*points[0], *points[-1]]
    assert [round(v * 1e6) for v in json.loads(text)[-1]] == ends[2:]
    assert stray == -1


@settings(max_examples=300, deadline=None)
@given(st.text("[]0123456789.,-x", max_size=60))
def test_other_texts_are_no_routes(text: str) -> None:
    """Unless chance writes one."""
    ends, stray, _ = check(text, [(1.0, 1.0)])
    try:
        is_route = len(text) >= 21 and all(len(point) == 2 for point in json.loads(text))
    except (ValueError, TypeError):
        is_route = False
    assert is_route or (ends == [BAD] * 4 and stray == -1)


@pytest.mark.parametrize("cut", range(1, 42))
def test_a_route_cut_anywhere_is_none(cut: int) -> None:
    text = write_route([(37_000_000, -122_000_000), (37_001_000, -122_000_000)])
    assert check(text[:-cut], [])[0] == [BAD] * 4


def test_pings_beside_the_route_are_found() -> None:
    """North along a meridian, then east; degrees of 32 bits are up to 0.85 m off."""
    route = write_route([(60_000_000, 10_000_000), (60_001_000, 10_000_000), (60_001_000, 10_002_000)])
    on = [(60.0002, 10.0), (60.0008, 10.0), (60.001, 10.001)]
    assert check(route, on)[1] == -1
    for i, (north_m, east_m) in enumerate(((0.0, 10.0), (0.0, -10.0), (10.0, 0.0))):
        moved = list(on)
        moved[i] = (on[i][0] + north_m * METRE, on[i][1] + 2 * east_m * METRE)  # at 60°, cos = 1/2
        _, stray, off_m = check(route, moved)
        assert stray == i
        assert off_m == pytest.approx(10.0, abs=1.0)


def test_pings_behind_their_turn_are_found() -> None:
    route = write_route([(37_000_000, 0), (37_001_000, 0), (37_001_000, 1000), (37_002_000, 1000)])
    places = [(37.0005, 0.0), (37.001, 0.0005), (37.0015, 0.001)]
    assert check(route, places)[1] == -1
    assert check(route, [places[0], places[2], places[1]])[1] == 2


def test_a_loop_is_driven_in_its_order() -> None:
    """A route that crosses itself passes the crossing twice."""
    square = [(0, 0), (0, 1000), (1000, 1000), (1000, 0), (0, 0), (0, -1000)]
    route = write_route(square)
    assert check(route, [(0.0, 0.0005), (0.0005, 0.001), (0.001, 0.0005), (0.0, -0.0005)])[1] == -1
    assert check(route, [(0.0, 0.0005), (0.0, -0.0005), (0.001, 0.0005)])[1] == 2


def test_a_route_of_one_point_has_no_pings_elsewhere() -> None:
    assert check("[[1.000000,2.000000]]", [(1.0, 2.0)])[1] == -1
    assert check("[[1.000000,2.000000]]", [(1.001, 2.0)])[1] == 0


def test_a_ping_nowhere_is_found() -> None:
    assert check("[[1.000000,2.000000],[1.100000,2.000000]]", [(math.nan, 2.0)])[1] == 0


def plain_stray(
    points: list[tuple[int, int]], pings: list[tuple[float, float]], tolerance_m: float
) -> tuple[int, float]:
    """Find the first stray ping without a kernel, measuring every leg that is ahead."""
    metres = math.radians(1e-6) * EARTH_RADIUS_M
    leg, legs = 0, list(zip(points, points[1:] or points, strict=False))
    for k, (lat, lon) in enumerate(pings):
        scale, found = math.cos(math.radians(lat)), []
        for (a_lat, a_lon), (b_lat, b_lon) in legs[leg:]:
            ax, ay = (a_lon - lon * 1e6) * scale, a_lat - lat * 1e6
            dx, dy = (b_lon - a_lon) * scale, b_lat - a_lat
            length2 = dx * dx + dy * dy
            share = min(1.0, max(0.0, -(ax * dx + ay * dy) / length2)) if length2 else 0.0
            found.append(math.hypot(ax + share * dx, ay + share * dy) * metres)
        on = next((i for i, dist_m in enumerate(found) if dist_m <= tolerance_m), None)
        if on is None:
            return k, min(found)
        leg += on
    return -1, 0.0


few = st.integers(-60, 60)  # microdegrees: 7 m
ping = st.tuples(few, few).map(lambda e6: (41.0 + e6[0] / 1e6, 1.0 + e6[1] / 1e6))


@settings(max_examples=repeats(60, 1000), deadline=None)
@given(st.lists(st.tuples(few, few), min_size=1, max_size=6), st.lists(ping, max_size=6))
def test_pings_are_measured_as_by_the_plain_rule(
    steps: list[tuple[int, int]], pings: list[tuple[float, float]]
) -> None:
    points = [(41_000_000 + lat, 1_000_000 + lon) for lat, lon in steps]
    exact = [(float(np.float32(lat)), float(np.float32(lon))) for lat, lon in pings]
    _, stray, stray_m = check(write_route(points), pings)
    assert (stray, stray_m) == (pytest.approx(plain_stray(points, exact, 2.0)))
