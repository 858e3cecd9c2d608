"""Deal with the optional packages: say what to install, and put what they complain of on one line."""

from __future__ import annotations

import reprlib

from fastgen.extras import require_extra

_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxlong, _SHORT.maxother = 2, 80, 80, 80
# What each use of OpenStreetMap data imports. All of them come with the extra: osmnx, whose results ours are
# compared with, needs requests and shapely itself.
FOR_STREETS, FOR_SERVERS = ("networkx", "shapely"), ("requests",)


def require_osm_extra(packages: tuple[str, ...]) -> None:
    """Check that `FOR_STREETS`, `FOR_SERVERS` or both together are installed, as `require_extra` does."""
    require_extra("osm", "OpenStreetMap data", packages)


def quote_error(error: Exception) -> str:
    """Put an optional package's error on one line, its type in front and no full stop behind."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(".")


def quote_value(value: object) -> str:
    """Quote a value from outside in an error, cut where it is long or deep."""
    return _SHORT.repr(value)
