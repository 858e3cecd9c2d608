"""Write ledgers: Parquet files with a row for each fault and each event that it hit.

Columns: `event_id` of the clean stream; `file` and `line` (from 1 on) of the row in the stream, null while it
is not in it; `kind` and `field` of the fault; `before` and `after`, the part of the line that was changed, or
the whole line of a row that is lost, late, malformed, truncated or a copy; `delay_s`.

Further columns serve to undo faults: `fault`, the number of the fault, in whose order they were applied;
`copy`, 0 or the fault that made the row as a copy; `at`, where in the line, in bytes, the part is. Parts of
lines are bytes, for noise is no text.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from fastgen.errors import DamageError, OutputError
from fastgen.files import sync_folder
from fastgen.paths import hidden_beside
from fastgen.wire.formats import open_parquet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import IO

    from fastgen.faults.rules import Rule

SCHEMA = pa.schema(
    [
        pa.field("event_id", pa.string()),
        pa.field("file", pa.string()),
        pa.field("line", pa.int64()),
        pa.field("kind", pa.string()),
        pa.field("field", pa.string()),
        pa.field("before", pa.binary()),
        pa.field("after", pa.binary()),
        pa.field("delay_s", pa.int64()),
        pa.field("fault", pa.int32()),
        pa.field("copy", pa.int32()),
        pa.field("at", pa.int64()),
    ]
)
# Rows and bytes of a row group, about: noise can make few rows large.
GROUP_ROWS, GROUP_BYTES = 50_000, 64_000_000


class LedgerFile:
    """A ledger, or a part of one, that is being written; the file is made when it is opened.

    Parameters
    ----------
    path
        The file.
    rules
        The rules, which name kind and field of a fault.
    named
        What to call the file in errors, if it has another name until it is whole.
    """

    def __init__(self, path: Path, rules: Sequence[Rule], named: Path | None = None) -> None:
        self._path, self._named = path, named or path
        faults = [rule.fault for rule in rules]
        self._kinds = pl.Series([fault.kind for fault in faults], dtype=pl.String)
        fields = ["ts" if fault.kind == "skew" else fault.field for fault in faults]
        self._fields = pl.Series(fields, dtype=pl.String)
        self._waiting: list[pl.DataFrame] = []
        self._stream: IO[bytes] | None = None
        self._writer: Any = None

    def add(self, entries: pl.DataFrame, file: str | None = None, line: pl.Expr | None = None) -> None:
        """Add entries, of rows that are in a file, or of rows that are in none.

        Raises
        ------
        OutputError
            If they can't be written.
        """
        if entries.is_empty():
            return
        # Entries carry the number of the fault alone, until here: its texts would cost memory for each.
        number = entries["fault"] - 1
        self._waiting.append(
            entries.select(
                "event_id",
                pl.lit(file, pl.String).alias("file"),
                (pl.lit(None, pl.Int64) if line is None else line).alias("line"),
                self._kinds.gather(number).alias("kind"),
                self._fields.gather(number).alias("field"),
                *("before", "after", "delay_s", "fault", "copy", "at"),
            )
        )
        self._write_groups()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was added, and there is no file yet."""
        return self._writer is None and not self._waiting

    def copy(self, path: Path) -> None:
        """Add all rows of a part of the ledger.

        Raises
        ------
        OutputError
            If they can't be written.
        DamageError
            If the part is damaged.
        """
        try:
            # Arrow takes a relative path such as run:1/part for a URL, so it gets the open file.
            with path.open("rb") as file:
                part = pq.ParquetFile(file, page_checksum_verification=True)
                for batch in part.iter_batches(GROUP_ROWS):
                    self._waiting.append(pl.DataFrame(pl.from_arrow(batch)))
                    self._write_groups()
        except (OSError, pa.ArrowException) as error:
            raise DamageError(f"{path}: expected a part of a ledger, got: {error}.") from None

    def close(self) -> None:
        """Finish the file, and flush it to the disk; errors as `add`."""
        self._write()
        try:
            self._writer.close()
            # On the disk before the caller goes on: a replay commits its window next.
            with self._opened() as stream:
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise self._refused(error) from None

    def abandon(self) -> None:
        """Remove the file, after an error."""
        if self._stream is not None:
            self._stream.close()
        self._path.unlink(missing_ok=True)

    def _write_groups(self) -> None:
        """Write what waits, if it is enough for a row group."""
        n_rows, n_bytes = (
            sum(of(frame) for frame in self._waiting) for of in (len, pl.DataFrame.estimated_size)
        )
        if n_rows >= GROUP_ROWS or n_bytes >= GROUP_BYTES:
            self._write()

    def _write(self) -> None:
        try:
            self._writer = self._writer or open_parquet(self._opened(), SCHEMA)
            if self._waiting:
                # The oldest Arrow types: newer ones, views, are unknown to many readers.
                table = pl.concat(self._waiting).to_arrow(compat_level=pl.CompatLevel.oldest())
                self._waiting = []
                self._writer.write_table(table.cast(SCHEMA))
        except OSError as error:
            raise self._refused(error) from None

    def _opened(self) -> IO[bytes]:
        self._stream = self._stream or self._path.open("wb")
        return self._stream

    def _refused(self, error: OSError) -> OutputError:
        return OutputError(f"{self._named}: expected to write the ledger, got {error.strerror or error}.")


@contextmanager
def whole_ledger(path: Path, rules: Sequence[Rule]) -> Iterator[LedgerFile]:
    """Write a ledger in this block, which appears whole at its end, or not at all after an error.

    Parameters
    ----------
    path
        The ledger; a file of that name is replaced.
    rules
        The rules.

    Raises
    ------
    OutputError
        If it can't be written.
    """
    temporary = hidden_beside(path, f".{os.getpid()}.tmp")
    ledger = LedgerFile(temporary, rules, path)
    try:
        yield ledger
        ledger.close()
    except BaseException:
        ledger.abandon()
        raise
    try:
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        ledger.abandon()
        raise OutputError(f"{path}: expected to write the ledger, got {error.strerror or error}.") from None
