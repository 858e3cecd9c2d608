"""Read the courses of a GraphML file's edges, and check them against nodes and lengths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.errors import DataError
from fastgen.model.great_circle import compute_distances_m
from fastgen.roads.extras import quote_value
from fastgen.roads.graphml_parser import wrong_graph

if TYPE_CHECKING:
    from shapely import LineString

# A program that shortens coordinates to single precision moves each end of an edge by up to a metre, and
# lengths on the ellipsoid are up to 0.6 % shorter than those on osmnx's sphere.
SHORTER_M, SHORTER_SHARE = 2.0, 0.01
# A length may be longer than the course by what simplifying the course took away.
LONGER_COURSE_M, LONGER_COURSE_TIMES = 100.0, 2.0
# How far the ends of a course may be from the nodes of its edge.
MAX_APART_M = 20.0
INTEGER = re.compile(r"-?[0-9]{1,18}")


class Edge(NamedTuple):
    """A drivable edge: ids of its ends, metres (NaN where the file states none), name and course, if any."""

    tail: str
    head: str
    length_m: float
    name: str
    geometry: str

    def __str__(self) -> str:
        """Name the edge in an error."""
        return f"the edge from {quote_id(self.tail)} to {quote_id(self.head)}"


def quote_id(text: str) -> str:
    """Name a node in an error: a number as it is, any other id quoted."""
    return text if INTEGER.fullmatch(text) else quote_value(text)


def read_courses(edges: list[Edge], nodes: dict[str, tuple[float, float]]) -> list[LineString | None]:
    """Read the edges' courses, and refuse one that doesn't lead from node to node.

    A course may run in either direction.
    """
    from shapely import get_coordinates  # noqa: PLC0415  # heavy

    # A loop is no road, and osmnx ends its course elsewhere where it joins the junctions that the loop is at.
    courses = [None if edge.tail == edge.head else _read_course(edge) for edge in edges]
    drawn = [(edge, course) for edge, course in zip(edges, courses, strict=True) if course is not None]
    places = np.array([[nodes[edge.tail], nodes[edge.head]] for edge, _ in drawn], np.float64)
    lat, lon = np.moveaxis(places.reshape(-1, 2, 2), 2, 0)
    ends = np.array([get_coordinates(course)[[0, -1]] for _, course in drawn], np.float64)
    end_lon, end_lat = np.moveaxis(ends.reshape(-1, 2, 2), 2, 0)
    apart_m = [
        compute_distances_m(lat, lon, end_lat[:, order], end_lon[:, order]).max(axis=1)
        for order in ([0, 1], [1, 0])
    ]
    for i in np.flatnonzero(np.minimum(*apart_m) > MAX_APART_M)[:1]:
        edge = drawn[i][0]
        raise DataError(
            f"expected the geometry of {edge} to end at its nodes, within {MAX_APART_M:g} m, "
            f"got {quote_value(edge.geometry)}"
        )
    _check_lengths(drawn)
    return courses


def _check_lengths(drawn: list[tuple[Edge, LineString]]) -> None:
    """Refuse a length that is not its course's."""
    from shapely import get_coordinates  # noqa: PLC0415  # heavy

    lon, lat = get_coordinates([course for _, course in drawn]).T
    n_points = np.array([len(course.coords) for _, course in drawn], np.int64)
    step_m = compute_distances_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
    run_m = np.concatenate([[0.0], np.cumsum(step_m)])
    last = np.cumsum(n_points) - 1
    course_m = run_m[last] - run_m[last - n_points + 1]
    length_m = np.array([edge.length_m for edge, _ in drawn], np.float64)
    short = length_m < course_m * (1 - SHORTER_SHARE) - SHORTER_M
    long = length_m > course_m * LONGER_COURSE_TIMES + LONGER_COURSE_M
    for i in np.flatnonzero(short | long)[:1]:
        edge = drawn[i][0]
        raise DataError(
            f"expected the length of {edge} near the {course_m[i]:.1f} m of its geometry, got {edge.length_m}"
        )


def _read_course(edge: Edge) -> LineString | None:
    from shapely import from_wkt, get_coordinates  # noqa: PLC0415  # heavy
    from shapely.errors import ShapelyError  # noqa: PLC0415  # heavy

    try:
        with np.errstate(over="ignore"):
            course = from_wkt(edge.geometry) if edge.geometry else None
    except ShapelyError:
        raise wrong_graph(f"the geometry {quote_value(edge.geometry)} of {edge}") from None
    if not np.isfinite(get_coordinates(course)).all():
        raise wrong_graph(f"the geometry {quote_value(edge.geometry)} of {edge}")
    return None if course is None or course.is_empty else course
