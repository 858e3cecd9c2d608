"""Say how much of a delivery square a built-in road network covers: customers live on its roads alone."""

from __future__ import annotations

import math
import shlex
from typing import TYPE_CHECKING

from fastgen.roads.area import HALF_TURN, Area
from fastgen.roads.network import find_users_file
from fastgen.roads.offline import builtin_codes, builtin_square
from fastgen.units import EARTH_RADIUS_M

if TYPE_CHECKING:
    from pathlib import Path

# A strip along one side is no more than a coast or a park takes away.
_ENOUGH = 0.95


def compute_covered_share(area: Area, extent: Area) -> float:
    """Compute which share of a delivery square lies within another square, 0 to 1.

    Parameters
    ----------
    area
        The kitchen and its delivery square.
    extent
        The square that a network was made for.
    """
    lon = (extent.lon - area.lon + HALF_TURN) % (2 * HALF_TURN) - HALF_TURN  # the short way around
    north_m = math.radians(extent.lat - area.lat) * EARTH_RADIUS_M
    east_m = math.radians(lon) * math.cos(math.radians(area.lat)) * EARTH_RADIUS_M
    share = 1.0
    for away_m in (north_m, east_m):
        low = max(-area.radius_m, away_m - extent.radius_m)
        high = min(area.radius_m, away_m + extent.radius_m)
        share *= max(0.0, high - low) / (2 * area.radius_m)
    return share


def describe_gap(
    area: Area,
    code: str,
    folder: Path | None,
    inputs: str,
    note: str = "",
) -> str:
    """Say in one line that a delivery square reaches beyond the built-in network of its location.

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
        The line; empty where at least 95 % of the square is covered, or the network is a user's.
    """
    if find_users_file(code, folder) is not None or code not in builtin_codes():
        return ""
    extent = builtin_square(code)
    share = compute_covered_share(area, extent)
    if share >= _ENOUGH:
        return ""
    target = shlex.quote(str(folder or "my_roads"))
    options = f"--location {shlex.quote(code)}{inputs} -o {target}"
    return (
        f"location {code}: the built-in network of {code} covers {100 * share:.0f} % of the delivery square "
        f"({area.radius_mi:g} miles to each side), and customers live in that part only: make larger roads "
        f"with 'fastgen roads fetch {options}', or synthetic ones with 'fastgen roads invent {options}', and "
        f"name them with --roads {target}.{note and f' {note}'}"
    )
