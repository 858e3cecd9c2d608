"""Name every error that fastgen raises on purpose."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePath


class FastgenError(Exception):
    """Root of fastgen's errors: one line that says what is wrong and what would be right.

    Attributes
    ----------
    exit_code
        What the command line exits with: 2 for wrong input, 1 for a failed run.
    """

    exit_code: int = 2


class ScenarioError(FastgenError):
    """A scenario, or an option that changes one, states something impossible."""


class DataError(FastgenError):
    """A file given to fastgen (table, road network, manifest, Parquet) is not what it should be."""


class DamageError(DataError):
    """A file of a dataset is not what its manifest says, or the dataset changed while it was read.

    Parameters
    ----------
    what
        One sentence on what doesn't fit.
    dataset
        Folder of the dataset, for a hint on what to do; None: no hint.
    """

    exit_code = 1

    def __init__(self, what: str, dataset: str | PurePath | None = None) -> None:
        self.what = what
        hint = "" if dataset is None else f" Run `fastgen verify {shlex.quote(str(dataset))}`."
        super().__init__(what + hint)


class OutputError(FastgenError):
    """A run could not be finished: no space, no permission, a dataset in the way."""

    exit_code = 1


class FastgenWarning(UserWarning):
    """What was given to fastgen is odd, and was read in the way that the one line says."""
