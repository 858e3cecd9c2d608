"""Load the road networks that ship with fastgen: synthetic, for use without internet."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from fastgen.errors import DataError
from fastgen.roads.area import Area
from fastgen.roads.roads_file import SUFFIX, decode_roads

if TYPE_CHECKING:
    from fastgen.model.road_graph import RoadGraph

# Beside this module; the generator made these networks once, and they never change (docs/roads.md).
_FOLDER = "networks"
# The kitchens that they were made for, (lat, lon), and half the side of their squares: the files have none.
_KITCHENS = {
    "bellevue": (47.614422, -122.338964),
    "chicago": (41.890664, -87.632079),
    "sf": (37.791024, -122.392865),
    "sv": (37.402937, -122.11074),
}
_RADIUS_MI = 4.0


def builtin_codes() -> tuple[str, ...]:
    """List the location codes that have a built-in network, sorted."""
    folder = resources.files("fastgen.roads") / _FOLDER
    return tuple(sorted(f.name.removesuffix(SUFFIX) for f in folder.iterdir() if f.name.endswith(SUFFIX)))


def read_builtin(code: str) -> bytes:
    """Read the .roads file of a built-in network.

    Raises
    ------
    DataError
        If no network of that code is built in.
    """
    # Compared with the list, not looked for as a file: a code such as "../x" must open nothing.
    codes = builtin_codes()
    if code not in codes:
        raise DataError(
            f"Expected a location with a built-in road network ({', '.join(codes)}), got {code!r}."
        )
    return (resources.files("fastgen.roads") / _FOLDER / f"{code}{SUFFIX}").read_bytes()


def builtin_square(code: str) -> Area:
    """Give the square that the built-in network of a location was made for."""
    return Area(*_KITCHENS[code], _RADIUS_MI)


def load_builtin(code: str) -> RoadGraph:
    """Load the built-in network of a location.

    Raises
    ------
    DataError
        If no network of that code is built in, or its file is damaged.
    """
    return decode_roads(read_builtin(code), f"built-in {code}{SUFFIX}")
