"""Name every error that fastgen raises on purpose."""

from __future__ import annotations


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


class OutputError(FastgenError):
    """A run could not be finished: no space, no permission, a dataset in the way."""

    exit_code = 1
