"""Seal the text of a manifest with its hash, and find out later whether it is still the one that was read."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, NamedTuple, Self

import xxhash

from fastgen.errors import DamageError
from fastgen.files import open_regular

if TYPE_CHECKING:
    from pathlib import Path

_KEY = ',\n "sha256": '
_END = "\n}\n"


def seal(text: str) -> str:
    """Append the SHA-256 of all that stands before it to an object of JSON, a value a line."""
    head = text.removesuffix(_END)
    return f"{head}{_KEY}{_hash(head)}{_END}"


def unseal(text: str) -> str:
    """Take the seal off a text that has one; texts of older versions have none.

    Raises
    ------
    ValueError
        If the seal is that of another text.
    """
    head, key, tail = text.rpartition(_KEY)
    if not key:
        return text
    if tail != _hash(head) + _END:
        raise ValueError("its sha256 is that of another text")
    return head + _END


def _hash(text: str) -> str:
    return f'"{hashlib.sha256(text.encode()).hexdigest()}"'


class Stamp(NamedTuple):
    """Which manifest was read: its path, what the file system says of the file, and a hash of its bytes."""

    path: Path
    status: tuple[int, int, int]
    content: str

    @classmethod
    def read(cls, path: Path) -> tuple[bytes, Self]:
        """Read a manifest's bytes, and its stamp.

        Raises
        ------
        OSError
            If it can't be read.
        """
        with open_regular(path) as file:
            status, data = _status(os.fstat(file.fileno())), file.read()
        return data, cls(path, status, xxhash.xxh3_128_hexdigest(data))

    def check(self) -> None:
        """Check that the manifest is the one that was read.

        Raises
        ------
        DamageError
            If the dataset has been built anew since, or is being built.
        """
        try:
            # On another machine the same file may have another number.
            same = _status(self.path.stat()) == self.status or self._is_equal()
        except OSError:
            same = False
        if not same:
            raise DamageError(
                f"{self.path}: expected the manifest that this run began with, got another or none: the "
                "dataset has been built anew, or is being built. Start again when it is finished."
            )

    def _is_equal(self) -> bool:
        return self.read(self.path)[1].content == self.content


def _status(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_mtime_ns, found.st_size
