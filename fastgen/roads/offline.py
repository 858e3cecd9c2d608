"""Load the road networks that the package ships: synthetic, seeded, never changing, no internet needed."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from fastgen.errors import DataError
from fastgen.roads.roads_file import SUFFIX, decode_roads

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from fastgen.model.road_graph import RoadGraph


def _folder() -> Traversable:
    return resources.files("fastgen.roads") / "networks"


def builtin_codes() -> tuple[str, ...]:
    """Codes of the locations that have a built-in network, sorted."""
    names = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX)))


def read_builtin(code: str) -> bytes:
    """Bytes of a built-in .roads file.

    Raises
    ------
    DataError
        If there is no built-in network of that code.
    """
    if code not in builtin_codes():
        raise DataError(f"location {code}: expected one of the built-in {', '.join(builtin_codes())}.")
    return (_folder() / f"{code}{SUFFIX}").read_bytes()


def load_builtin(code: str) -> RoadGraph:
    """Load a built-in network.

    Raises
    ------
    DataError
        If there is no built-in network of that code.
    """
    return decode_roads(read_builtin(code), f"the built-in network of {code}")
