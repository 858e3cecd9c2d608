"""Deal with the optional packages: say what to install, and put what they complain of on one line."""

from __future__ import annotations

import reprlib
from importlib.util import find_spec

from fastgen.errors import DataError

_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxlong, _SHORT.maxother = 2, 80, 80, 80
# What each use of OpenStreetMap data imports. All of them come with the extra: osmnx, whose results ours are
# compared with, needs requests and shapely itself.
FOR_STREETS, FOR_SERVERS = ("networkx", "shapely"), ("requests",)


def require_osm_extra(packages: tuple[str, ...]) -> None:
    """Check that packages of the extra `osm` are installed.

    Parameters
    ----------
    packages
        `FOR_STREETS`, `FOR_SERVERS`, or both together.

    Raises
    ------
    DataError
        If one is missing; the message names it, and the command that installs it.
    """
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise DataError(
            f"OpenStreetMap data needs {', '.join(missing)}: run pip install 'fastgen[osm]', then try again."
        )


def quote_error(error: Exception) -> str:
    """Put an optional package's error on one line, its type in front and no full stop behind."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(".")


def quote_value(value: object) -> str:
    """Quote a value from outside in an error, cut where it is long or deep."""
    return _SHORT.repr(value)
