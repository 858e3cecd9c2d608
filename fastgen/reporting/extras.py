"""Name the extra that a missing package comes with."""

from __future__ import annotations

from importlib.util import find_spec

from fastgen.errors import DataError

FOR_REPORT = ("altair", "jinja2", "scipy", "vl_convert")


def require_report_extra() -> None:
    """Check that the packages of the extra `report` are installed.

    Raises
    ------
    DataError
        If one is missing; the message names it, and the command that installs it.
    """
    missing = [name for name in FOR_REPORT if find_spec(name) is None]
    if missing:
        raise DataError(
            f"A report needs {', '.join(missing)}: run pip install 'fastgen[report]', then try again."
        )
