"""Name the extra that a missing package comes with."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from fastgen.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable


def require_extra(extra: str, purpose: str, packages: Iterable[str]) -> None:
    """Check that packages of an extra are installed.

    Parameters
    ----------
    extra
        Name of the extra.
    purpose
        What needs the packages, as the subject of a sentence.
    packages
        Their names as Python imports them.

    Raises
    ------
    DataError
        If one is missing; the message names it, and the command that installs it.
    """
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise DataError(
            f"{purpose} needs {', '.join(missing)}: run pip install 'fastgen[{extra}]', then try again."
        )
