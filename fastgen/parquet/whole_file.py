"""Write a file under a temporary name, hash its bytes meanwhile, and rename it when it is complete."""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING, Self

from fastgen.errors import OutputError
from fastgen.files import sync_folder

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

WRITE_BYTES = 2**18  # buffer of a file that is being written


class WholeFile:
    """Writes a file under a temporary name, and renames it when it is complete and on disk.

    Leaving the `with` block before `finish` has ended removes the temporary file. A file that was already
    renamed, but whose folder could not be synced, is kept: it is complete.

    Parameters
    ----------
    path
        Final path of the file.
    make_folder
        Whether to make missing folders.

    Attributes
    ----------
    size
        Bytes written so far.

    Raises
    ------
    OutputError
        From every method, if the file can't be written.
    """

    def __init__(self, path: Path, *, make_folder: bool = True) -> None:
        # Hidden until it is complete, so that readers of the folder pass it over.
        self._path, self._temporary = path, path.with_name(f".{path.name}.tmp")
        self._sha256, self.size = hashlib.sha256(), 0
        try:
            if make_folder:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._temporary.open("w+b", buffering=WRITE_BYTES)
        except OSError as error:
            raise self._refused(error) from None

    def __enter__(self) -> Self:
        """Begin the block that writes the file."""
        return self

    def write(self, data: bytes) -> int:
        """Append bytes; return their number."""
        try:
            # Hashed while it is written: reading the file again would take longer.
            self._sha256.update(data)
            self.size += self._file.write(data)
        except OSError as error:
            self._abandon()
            raise self._refused(error) from None
        return len(data)

    def read_tail(self, n_bytes: int) -> bytes:
        """Read the last bytes that were written."""
        try:
            self._file.flush()
            return os.pread(self._file.fileno(), n_bytes, max(0, self.size - n_bytes))
        except OSError as error:
            raise self._refused(error) from None

    def finish(self) -> str:
        """Sync the file and rename it; return the SHA-256 of its bytes."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._temporary.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            raise self._refused(error) from None
        return self._sha256.hexdigest()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove an unfinished file."""
        if not self._file.closed or error is not None:
            self._abandon()

    def _abandon(self) -> None:
        """Close and remove the unfinished file, ignoring errors: one is being reported already."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._temporary.unlink(missing_ok=True)

    def _refused(self, error: OSError) -> OutputError:
        return OutputError(f"{self._path}: expected to write the file, got: {error.strerror or error}.")
