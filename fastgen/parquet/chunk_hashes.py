"""Hash column chunks and footers of a Parquet file, so that damage is found where it is read.

A page's own CRC covers neither its header nor the footer, and readers seldom look at it. These hashes cover
every byte: the footer's key-value metadata hold the XXH3-64 of each column chunk, and who keeps the footer's
own hash elsewhere knows the whole file by it.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np
import xxhash

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# First and last bytes of every file.
MAGIC = b"PAR1"
# Key of the footer's metadata: base64 of the hashes as little-endian words, row group after row group.
CHUNK_HASHES = "fastgen.chunks_xxh3_64"


def hash_chunk(pages: Iterable[bytes]) -> int:
    """Hash the bytes of a column chunk, page headers included."""
    state = xxhash.xxh3_64()
    for page in pages:
        state.update(page)
    return state.intdigest()


def hash_footer(footer: bytes) -> str:
    """Hash a footer with its length and the magic bytes behind it, in hexadecimal."""
    return xxhash.xxh3_64_hexdigest(footer)


def encode_hashes(hashes: Sequence[int]) -> str:
    """Write the hashes of all chunks as text."""
    return base64.b64encode(np.array(hashes, "<u8").tobytes()).decode()


def decode_hashes(text: bytes) -> list[int]:
    """Read what `encode_hashes` wrote.

    Raises
    ------
    ValueError
        If it is no such text.
    """
    hashes: list[int] = np.frombuffer(base64.b64decode(text, validate=True), "<u8").tolist()
    return hashes
