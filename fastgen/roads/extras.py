"""Deal with the optional packages: say what to install, and put what they complain of on one line."""

from __future__ import annotations

from importlib.util import find_spec

from fastgen.errors import DataError

_OSM_PACKAGES = ("networkx", "osmium", "osmnx")


def require_osm_extra() -> None:
    """Check that the packages which read and download OpenStreetMap data are installed.

    Raises
    ------
    DataError
        If one is missing; the message is the line that installs them.
    """
    missing = [name for name in _OSM_PACKAGES if find_spec(name) is None]
    if missing:
        raise DataError(
            f"OpenStreetMap data needs {', '.join(missing)}: run pip install 'fastgen[osm]', then try again."
        )


def quote_error(error: Exception) -> str:
    """Put an optional package's error on one line, its type in front and no full stop behind."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(".")
