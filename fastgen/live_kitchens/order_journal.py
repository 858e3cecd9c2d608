"""Keep accepted orders in a journal, so that each is taken once, whatever moment the process is killed at.

A record is one line of JSON with its CRC-32: what was made of some lines of an input (orders, receipts,
rejected lines), and how far the input is taken with them. `commit` appends it and flushes it to the disk:
that is the moment from which the lines count as taken. Receipts and rejected lines are written into their own
files after that.

- Killed before the record is whole: the next start cuts it off. Files are read from where they were; lines of
  the standard input are lost, and no receipt was given for them.
- Killed between the record and the end of the other two files: the record says how long these were before it.
  The next start writes what is missing. A state that was saved later than the record shows that nothing is.
"""

from __future__ import annotations

import json
import os
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastgen.errors import DamageError, OutputError
from fastgen.files import sync_folder
from fastgen.live_kitchens.order_records import Record, make_record_of_orders

if TYPE_CHECKING:
    from collections.abc import Iterator

_WAY_OUT = "Put it back, or begin anew in another folder."
# The two other files, by the fields of a record that have their lines.
_RECEIPTS, _REJECTED = "receipts", "rejected"
# More than any has: it is of 32 KB of lines, though each of their receipts names a file.
_MAX_RECORD_BYTES = 1 << 26


class OrderJournal:
    """The journal of a run, and the files of its receipts and rejected lines.

    Parameters
    ----------
    path, rejected
        The journal, and the file of rejected lines; made when they are needed.
    receipts
        File of the receipts; None: nobody wants them.
    """

    def __init__(self, path: Path, rejected: Path, receipts: Path | None) -> None:
        self._path, self._rejected, self._receipts = path, rejected, receipts
        self.n_bytes = 0

    def check_new(self, state_path: Path) -> None:
        """Refuse the journal of another run, at the begin of one that has no state yet.

        Raises
        ------
        OutputError
            If there is one.
        """
        if self._path.exists():
            raise OutputError(
                f"{self._path}: expected no journal of orders yet, since there is no state {state_path}, got "
                "one. Put the state back, or begin anew elsewhere."
            )

    def open(self, known_bytes: int) -> Iterator[Record]:
        """Read all records, and make up for a killed run; nobody else may use the journal meanwhile.

        Parameters
        ----------
        known_bytes
            Length that the journal has at least, as the run's state says.

        Raises
        ------
        DamageError
            If it is shorter, or one of its records is damaged.
        OutputError
            If it can't be read, or a file can't be written to.
        """
        last: Record | None = None
        self.n_bytes = 0
        for n_bytes, record in self._read():
            last, self.n_bytes = record, self.n_bytes + n_bytes
            yield record
        if self.n_bytes < known_bytes:
            raise DamageError(
                f"{self._path}: expected the journal of the run's orders, {known_bytes} whole bytes or more, "
                f"got {self.n_bytes}. {_WAY_OUT}"
            )
        if _length(self._path) > self.n_bytes:
            with _naming(self._path):
                os.truncate(self._path, self.n_bytes)
        if last is not None and self.n_bytes > known_bytes:
            for name, lines in ((_REJECTED, last.rejected), (_RECEIPTS, last.receipts)):
                if name in last.ends:
                    path, n_bytes = last.ends[name]
                    _complete(Path(path), n_bytes, _lines(lines))

    def commit(self, record: Record) -> None:
        """Take the lines of a record.

        Raises
        ------
        OutputError
            If a file can't be written to: the next start makes up for it.
        """
        files = [(_REJECTED, self._rejected, record.rejected)]
        if self._receipts is not None:
            files.append((_RECEIPTS, self._receipts, record.receipts))
        record.ends = {name: (str(path.absolute()), _length(path)) for name, path, lines in files if lines}
        # From here on the lines count as taken: all that follows can be made up for.
        data = encode_record(vars(record))
        _append(self._path, data)
        self.n_bytes += len(data)
        for _, path, lines in files:
            if lines:
                _append(path, _lines(lines))

    def _read(self) -> Iterator[tuple[int, Record]]:
        """Read records until the end, or until the first one that isn't whole if it is the last."""
        if not self._path.exists():
            return
        with _naming(self._path), self._path.open("rb") as file:
            while line := file.readline(_MAX_RECORD_BYTES):
                record = _decode(line)
                if record is not None:
                    yield len(line), record
                elif len(line) == _MAX_RECORD_BYTES or file.read(1):
                    raise self.damage("got a damaged record")

    def damage(self, what: str) -> DamageError:
        """Make the error for something in the record that was read last."""
        return DamageError(
            f"{self._path}: expected a whole journal, {what} after {self.n_bytes} bytes. {_WAY_OUT}"
        )


def encode_record(raw: dict[str, Any]) -> bytes:
    """Write the line of a record."""
    # Escapes alone: names of files may be no UTF-8.
    text = json.dumps(raw, separators=(",", ":"))
    return f'{{"crc32":{zlib.crc32(text.encode())},"record":{text}}}\n'.encode()


def _decode(line: bytes) -> Record | None:
    """Decode a record; None if it isn't whole."""
    try:
        # Names of files may have halves of surrogate pairs, for bytes that are no UTF-8.
        raw = json.loads(line)["record"]
        return make_record_of_orders(raw) if line == encode_record(raw) else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _lines(objects: list[dict[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(one)}\n" for one in objects).encode()


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _complete(path: Path, n_bytes: int, data: bytes) -> None:
    """Write what is missing of some bytes that belong at a place of a file, and perhaps are there."""
    found = b""
    with _naming(path), suppress(FileNotFoundError), path.open("rb") as file:
        file.seek(n_bytes)
        found = file.read(len(data))
    # Whatever else is there, its owner has changed the file since.
    if len(found) < len(data) and data.startswith(found):
        _append(path, data[len(found) :])


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Turn errors of the system in this block into errors that name the file."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: expected to read and append to it, got: {error.strerror}.") from None


def _append(path: Path, data: bytes) -> None:
    """Append bytes down to the disk."""
    with _naming(path):
        is_new = not path.exists()
        if is_new:
            path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(path.parent)
