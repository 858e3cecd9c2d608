"""Deal with the optional packages: say what to install, and put what they complain of on one line."""

from __future__ import annotations

import reprlib
from importlib.util import find_spec

from fastgen.errors import DataError

_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxlong, _SHORT.maxother = 2, 80, 80, 80
_OSM_PACKAGES = ("networkx", "osmnx")


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


def quote_value(value: object) -> str:
    """Quote a value from outside in an error, cut where it is long or deep."""
    return _SHORT.repr(value)
