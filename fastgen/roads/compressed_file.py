"""Open a file that may be compressed by gzip or bzip2, and read it piece by piece."""

from __future__ import annotations

import bz2
import gzip
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHUNK_BYTES = 1 << 18
# By the first bytes, because a file named .gz may be plain.
_OPENERS: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open}


def open_unpacked(path: Path) -> Any:
    """Open a file, decompressed by what its first bytes say, not by its ending."""
    with path.open("rb") as file:
        start = file.read(2)
    return _OPENERS.get(start, open)(path, "rb")


def read_chunk(file: Any, *, is_first: bool) -> bytes:
    """Read a piece, empty at the end; skip bytes after the last gzip stream, as gzip itself does."""
    try:
        return bytes(file.read1(CHUNK_BYTES))
    except gzip.BadGzipFile as error:
        if is_first or not str(error).startswith("Not a gzipped file"):
            raise
        return b""
