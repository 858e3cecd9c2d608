"""Verify trusts this kernel to tell a ping on its route from one beside it, and a route from another text."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.dataset.kernels.route_check import BAD, check_routes
from fastgen.units import EARTH_RADIUS_M

METRE = math.degrees(1 / EARTH_RADIUS_M)  # of latitude


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
