"""Seal the text of a manifest with its hash, and find out whether the file changed since it was read."""

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
    """Append to a JSON object, one value a line, a last value: the SHA-256 of the text before it."""
    # The seal becomes the last value of the object, so the text is still JSON.
    head = text.removesuffix(_END)
    return f"{head}{_KEY}{_hash(head)}{_END}"


def unseal(text: str, *, required: bool = False) -> str:
    """Check and remove the seal of a text.

    Parameters
    ----------
    text
        The text.
    required
        Whether it must have a seal; manifests of older versions have none.

    Raises
    ------
    ValueError
        If the text differs from the one that was sealed, or lacks a seal that is required.
    """
    head, key, tail = text.rpartition(_KEY)
    if not key:
        if required:
            raise ValueError("it has no sha256")
        return text
    if tail != _hash(head) + _END:
        raise ValueError("its sha256 is that of another text")
    return head + _END


def _hash(text: str) -> str:
    return f'"{hashlib.sha256(text.encode()).hexdigest()}"'


class Stamp(NamedTuple):
    """Identifies a manifest that was read: path, inode, time and size of the file, hash of its bytes."""

    path: Path
    status: tuple[int, int, int]
    content: str

    @classmethod
    def read(cls, path: Path) -> tuple[bytes, Self]:
        """Read a manifest's bytes, and make its stamp.

        Raises
        ------
        OSError
            If it can't be read.
        """
        with open_regular(path) as file:
            # The status of the open file: the path may name another file a moment later.
            status, data = _status(os.fstat(file.fileno())), file.read()
        return data, cls(path, status, xxhash.xxh3_128_hexdigest(data))

    def check(self) -> None:
        """Check that the manifest is still the one that was read.

        Raises
        ------
        DamageError
            If the dataset has been built again since, or is being built.
        """
        try:
            # Another machine may see the same file under another inode, so that the bytes decide.
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
    # A build renames a new manifest into place, which has another inode.
    return found.st_ino, found.st_mtime_ns, found.st_size
