"""Parse the target of a publication, and check what it needs."""

from __future__ import annotations

import os
import re
import unicodedata
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fastgen.dataset.layout import check_outside
from fastgen.errors import DataError, ScenarioError
from fastgen.paths import check_name, is_url

if TYPE_CHECKING:
    from collections.abc import Iterable


class Form(StrEnum):
    """Form of a publication."""

    DELTA = "delta"
    DUCKDB = "duckdb"
    PARQUET = "parquet"


# Package that a form needs, and the extra of fastgen that installs it.
_PACKAGES = {Form.DELTA: ("deltalake", "fastgen[delta]"), Form.DUCKDB: ("duckdb", "fastgen[duckdb]")}
_EXPECTED = "to: expected delta:PATH, duckdb:FILE or parquet:PATH"
# DuckDB or Spark read these in the path of a table as patterns.
_PATTERNS = frozenset("*?[]{}\\")
# deltalake decodes this in the path of a table when it reads, but not when it writes.
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")


class Target(NamedTuple):
    """A form, and the folder or file to publish to."""

    form: Form
    path: Path

    def __str__(self) -> str:
        """Write it as the option `--to` has it."""
        return f"{self.form}:{self.path}"


def parse_target(text: str) -> Target:
    """Parse `delta:PATH`, `duckdb:FILE` or `parquet:PATH`.

    Raises
    ------
    ScenarioError
        If it is none of these, or if its path is a URL, has control characters, or would be misread by
        deltalake or an SQL engine.
    DataError
        If the form's package is not installed.
    """
    name, _, path = text.partition(":")
    try:
        form = Form(name)
    except ValueError:
        raise ScenarioError(f"{_EXPECTED}, got {text!r}.") from None
    if not path:
        raise ScenarioError(f"{_EXPECTED}, got no path in {text!r}.")
    if is_url(path):
        raise ScenarioError(
            f"to: expected a path of this machine, got {path!r}: mount the store, or publish here and copy."
        )
    package, extra = _PACKAGES.get(form, ("", ""))
    if package and find_spec(package) is None:
        raise DataError(f"{form}:{path}: needs {package}: run pip install '{extra}', then try again.")
    try:
        place = check_name(Path(path).expanduser())
        os.fsencode(place).decode("utf-8")
    except UnicodeDecodeError:
        raise ScenarioError(f"to: expected a path in UTF-8, got {os.fsencode(path)!r}.") from None
    except (ScenarioError, RuntimeError) as error:  # RuntimeError: no such user as in ~name
        raise ScenarioError(f"to: {error}") from None
    if any(unicodedata.category(character) == "Cc" for character in str(place.absolute())):
        raise ScenarioError(
            f"to: expected a path without line breaks and control characters, got {str(place.absolute())!r}."
        )
    escape = _ESCAPE.search(str(place.absolute()))
    if form is Form.DELTA and escape:
        raise ScenarioError(
            "to: expected a path without % and two hex digits, for Delta takes these for one character, "
            f"got {escape[0]} in {str(place.absolute())!r}."
        )
    # DuckDB opens its own file by an exact path.
    found = sorted(_PATTERNS & set(str(place.absolute())))
    if form is not Form.DUCKDB and found:
        raise ScenarioError(
            f"to: expected a path without {' '.join(sorted(_PATTERNS))}, for SQL engines take these for "
            f"patterns, got {found[0]} in {str(place.absolute())!r}."
        )
    return Target(form, place)


def check_apart(target: Target, places: Iterable[Path], dataset: Path | None) -> None:
    """Refuse a target in the folder of a dataset, or one that has the published dataset in it.

    Parameters
    ----------
    target
        The target.
    places
        Files and folders that the publication writes or replaces; they needn't exist.
    dataset
        Folder of the dataset that is published; None: it was never written.

    Raises
    ------
    ScenarioError
        If a place is in the folder of any dataset, or the target's folder contains the published dataset.
    """
    if dataset is not None:
        # Resolved, so that links are seen through.
        there, here = (Path(os.path.realpath(path)) for path in (target.path, dataset))
        if there == here or here in there.parents or there in here.parents:
            raise ScenarioError(f"to: expected a place apart from the dataset {dataset}, got {target.path}.")
    for place in places:
        check_outside(place, "to")
