"""Name the extra that a missing package comes with."""

from __future__ import annotations

from importlib.util import find_spec

from fastgen.errors import DataError

FOR_SERVE = ("jinja2", "starlette", "uvicorn")


def require_serve_extra() -> None:
    """Check that the packages of the extra `serve` are installed.

    Raises
    ------
    DataError
        If one is missing; the message names it, and the command that installs it.
    """
    missing = [name for name in FOR_SERVE if find_spec(name) is None]
    if missing:
        raise DataError(
            f"A watch needs {', '.join(missing)}: run pip install 'fastgen[serve]', then try again."
        )
