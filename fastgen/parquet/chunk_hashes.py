"""Hash the column chunks and the footer of a Parquet file, so that readers find damage in what they read.

The CRC that Parquet has for a page covers neither the page's header nor the footer, and few readers check it.
These hashes cover every byte: the footer's key-value metadata have the XXH3-64 of each column chunk, and the
manifest has the hash of the footer.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np
import xxhash

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# First and last bytes of every Parquet file.
MAGIC = b"PAR1"
# The length of the footer, in four bytes, and the magic bytes.
FOOTER_END_BYTES = 8
# Key of the footer's metadata: base64 of the hashes as little-endian words, row group after row group.
CHUNK_HASHES = "fastgen.chunks_xxh3_64"


def hash_chunk(pages: Iterable[bytes]) -> int:
    """Hash the bytes of a column chunk, page headers included."""
    state = xxhash.xxh3_64()
    for page in pages:
        state.update(page)
    return state.intdigest()


def hash_footer(footer: bytes) -> str:
    """Hash a footer, with its length and the magic bytes after it, in hexadecimal."""
    return xxhash.xxh3_64_hexdigest(footer)


def encode_hashes(hashes: Sequence[int]) -> str:
    """Encode the hashes of all chunks as text."""
    return base64.b64encode(np.array(hashes, "<u8").tobytes()).decode()


def decode_hashes(text: bytes) -> list[int]:
    """Decode the text of `encode_hashes`.

    Raises
    ------
    ValueError
        If it is not such a text.
    """
    # `validate`: without it b64decode skips foreign characters.
    hashes: list[int] = np.frombuffer(base64.b64decode(text, validate=True), "<u8").tolist()
    return hashes
