"""Keep the ledger of a replay in segments, one a window, which are committed together with their windows.

A segment is named by the watermark that its window leads to, and is on the disk before the state file is
replaced by one with that watermark. So it counts if, and only if, its name isn't beyond the watermark of the
state. A run that begins removes the others: their windows are due again.

A segment has the entries of rows that were emitted in its window, or lost. Entries of rows that are held back
are in none yet; they are made again from the dataset, as those rows are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastgen.errors import OutputError
from fastgen.faults.ledger import LedgerFile, whole_ledger
from fastgen.files import sync_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import polars as pl

    from fastgen.faults.rules import Rule

# No suffix of Parquet: a pattern over the folders above finds no file of data in it.
_NAME = re.compile(r"segment-(-?\d+)\.ledger")


class Segments:
    """The segments of a replay's ledger.

    Parameters
    ----------
    folder
        Where they are; made if missing.
    rules
        The rules.
    """

    def __init__(self, folder: Path, rules: Sequence[Rule]) -> None:
        self._folder, self._rules = folder, rules

    def recover(self, watermark: int | None) -> None:
        """Remove the segments of windows that were not committed.

        Parameters
        ----------
        watermark
            That of the state; None: there is no state, and no window was committed.

        Raises
        ------
        OutputError
            If one can't be removed.
        """
        try:
            for reached, path in self._found():
                # Without a state nothing was ever committed: these are of a first run that was killed.
                if watermark is None or reached > watermark:
                    path.unlink()
        except OSError as error:
            raise self._refused(error) from None

    def begin(self, watermark: int) -> LedgerFile:
        """Begin the segment of a window that leads to a watermark; errors as `recover`."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._refused(error) from None
        return LedgerFile(self._folder / f"segment-{watermark}.ledger", self._rules)

    def end(self, segment: LedgerFile) -> None:
        """Put a segment onto the disk; one without entries is none."""
        # Most windows of a followed replay have a second or two, and often no fault.
        if not segment.is_empty:
            segment.close()
            sync_folder(self._folder)

    def write_whole(self, path: Path, pending: pl.DataFrame) -> None:
        """Make the whole ledger: all segments, and the entries of rows that are held back.

        Parameters
        ----------
        path
            The ledger; a file of that name is replaced.
        pending
            Entries, columns as in `ENTRY_SCHEMA`.

        Raises
        ------
        OutputError
            If it can't be written; the former file is kept then.
        DamageError
            If a segment is damaged.
        """
        with whole_ledger(path, self._rules) as ledger:
            # By number, not by name: "-5" and "10" sort otherwise as texts.
            for _, segment in sorted(self._found()):
                ledger.copy(segment)
            ledger.add(pending)

    def _found(self) -> list[tuple[int, Path]]:
        """List watermark and path of each segment."""
        paths = self._folder.iterdir() if self._folder.is_dir() else ()
        names = ((_NAME.fullmatch(path.name), path) for path in paths)
        return [(int(name[1]), path) for name, path in names if name]

    def _refused(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self._folder}: expected a folder for parts of the ledger, got {error.strerror}."
        )
