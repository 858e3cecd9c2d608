"""Say how much of a delivery square a road network covers: customers live on its roads alone."""

from __future__ import annotations

import math
import shlex
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from fastgen.roads.area import HALF_TURN, MAX_KITCHEN_M, Area
from fastgen.roads.network import find_users_file
from fastgen.roads.offline import builtin_codes, builtin_square
from fastgen.roads.roads_file import load_roads
from fastgen.units import E6, EARTH_RADIUS_M

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.model.road_graph import RoadGraph

T = TypeVar("T", float, "NDArray[np.float64]")

# A strip along one side is no more than a coast or a park takes away.
_ENOUGH = 0.95
_M_PER_DEGREE = math.radians(1) * EARTH_RADIUS_M


def compute_covered_share(area: Area, extent: Area) -> float:
    """Compute which share of a delivery square lies within another square, 0 to 1.

    Parameters
    ----------
    area
        The kitchen and its delivery square.
    extent
        The square that a network was made for.
    """
    share = 1.0
    for away_m in _offset_m(area, extent.lat, extent.lon):
        share *= _covered(area.radius_m, away_m - extent.radius_m, away_m + extent.radius_m)
    return share


def compute_reached_share(area: Area, graph: RoadGraph) -> float:
    """Compute which share of a delivery square the roads of a network reach, 0 to 1.

    A network doesn't say which square it was made for. So the box around its nodes counts. Where that ends
    with the square on one side and earlier on the opposite one, the network was made for this square, and
    the missing side is water or wilderness: it counts as covered.

    Parameters
    ----------
    area
        The kitchen and its delivery square.
    graph
        The network.
    """
    if not graph.n_nodes:
        return 0.0
    # A network is cut at the border of its square, so the border is at most a road beyond the last node.
    road_m = float(graph.edge_length_mm.mean()) / 1000
    share, end_m = 1.0, area.radius_m
    slack_m = road_m + (1 - _ENOUGH) / 2 * end_m
    for away_m in _offset_m(area, graph.lat_e6 / E6, graph.lon_e6 / E6):
        low, high = float(np.min(away_m)) - road_m, float(np.max(away_m)) + road_m
        if abs(low + end_m) <= slack_m or abs(high - end_m) <= slack_m:
            low, high = -end_m, end_m
        share *= _covered(end_m, low, high)
    return share


def find_misplaced(areas: Mapping[str, Area]) -> list[str]:
    """List the locations that have the code of a built-in network, but are too far away to use it.

    Parameters
    ----------
    areas
        The kitchen and its delivery square, by the code of the location.
    """
    builtin = [code for code in areas if code in builtin_codes()]
    return [code for code in builtin if _is_beyond(areas[code], builtin_square(code))]


def _is_beyond(area: Area, extent: Area) -> bool:
    """Say whether a kitchen is too far outside of a network's square for any of its roads."""
    return max(map(abs, _offset_m(area, extent.lat, extent.lon))) > extent.radius_m + MAX_KITCHEN_M


def _offset_m(area: Area, lat: T, lon: T) -> tuple[T, T]:
    """Compute how far positions, degrees, are north and east of a kitchen, metres."""
    east = (lon - area.lon + HALF_TURN) % (2 * HALF_TURN) - HALF_TURN  # the short way around
    return (lat - area.lat) * _M_PER_DEGREE, east * (_M_PER_DEGREE * math.cos(math.radians(area.lat)))


def _covered(radius_m: float, low_m: float, high_m: float) -> float:
    """Compute which share of [-radius, radius] lies in [low, high]."""
    return max(0.0, min(radius_m, high_m) - max(-radius_m, low_m)) / (2 * radius_m)


def describe_gap(
    area: Area,
    code: str,
    folder: Path | None,
    inputs: str,
    note: str = "",
) -> str:
    """Say in one line that a delivery square reaches beyond the road network of its location.

    Parameters
    ----------
    area
        The kitchen and its delivery square.
    code
        Code of the location.
    folder
        Folder of CODE.roads files, or None.
    inputs, note
        Options that make the location known, for the commands that the line names, and a sentence that ends
        it.

    Returns
    -------
    str
        The line; empty where at least 95 % of the square is covered, or there is no network.

    Raises
    ------
    DataError
        If a user's network can't be read.
    """
    path = find_users_file(code, folder)
    if path is not None:
        name, share = str(path), compute_reached_share(area, load_roads(path))
    elif code in builtin_codes() and not _is_beyond(area, builtin_square(code)):
        name, share = f"the built-in network of {code}", compute_covered_share(area, builtin_square(code))
    else:
        return ""
    if share >= _ENOUGH:
        return ""
    target = shlex.quote(str(folder or "my_roads"))
    options = f"--location {shlex.quote(code)}{inputs} -o {target}"
    return (
        f"location {code}: {name} covers {100 * share:.0f} % of the delivery square "
        f"({area.radius_mi:g} miles to each side), and customers live in that part only: make larger roads "
        f"with 'fastgen roads fetch {options}', or synthetic ones with 'fastgen roads invent {options}', and "
        f"name them with --roads {target}.{note and f' {note}'}"
    )
