"""Define every error and warning that fastgen raises on purpose."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePath


class FastgenError(Exception):
    """Base class of fastgen's errors; the message is one line that says what is wrong and what is expected.

    Attributes
    ----------
    exit_code
        Exit code of the command line: 2 for wrong input, 1 for a failed run.
    """

    exit_code: int = 2


class ScenarioError(FastgenError):
    """A scenario, an option or an argument has an impossible value."""


class DataError(FastgenError):
    """A file that a user gave (table, road network, manifest, Parquet) can't be read, or is not valid."""


class DamageError(DataError):
    """A file of a dataset differs from its manifest, or the dataset was changed while it was read.

    Parameters
    ----------
    what
        One sentence that names the file and the difference.
    dataset
        Folder of the dataset: the message then ends with the command that verifies it. None for no hint.
    """

    exit_code = 1

    def __init__(self, what: str, dataset: str | PurePath | None = None) -> None:
        self.what = what
        hint = "" if dataset is None else f" Run `fastgen verify {shlex.quote(str(dataset))}`."
        super().__init__(what + hint)


class OutputError(FastgenError):
    """A run can't write its output: no space, no permission, or another dataset in the folder."""

    exit_code = 1


class FastgenWarning(UserWarning):
    """An input is doubtful but usable; the message is one line that says how it was read."""
