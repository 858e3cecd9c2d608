"""Check the result tables that the run of a universe has written beside the events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.dataset.result_tables import find_result_tables
from fastgen.errors import DamageError
from fastgen.files import hash_file

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.manifest_entries import Source
    from fastgen.dataset.verify.report import Tally


def check_results(folder: Path, source: Source | None, tally: Tally) -> None:
    """Check that every file of the result tables has the bytes that the run has noted."""
    try:
        files = find_result_tables(folder, source)
    except DamageError as error:
        tally.require("results", truth=False, otherwise=str(error))
        return
    for file in files:
        try:
            found = hash_file(file.path)
        except OSError as error:
            found = error.strerror or str(error)
        expected = f"{file.path}: expected SHA-256 {file.entry.sha256}, got {found}."
        tally.require("results", found == file.entry.sha256, expected)
