"""The hashes of a file cover every byte of it, computed here by what PyArrow says of the places."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
import xxhash

from fastgen.parquet.chunk_hashes import decode_hashes, encode_hashes
from fastgen.parquet.codecs import COMPRESSIONS, make_codec
from fastgen.parquet.file import FileWriter
from tests.parquet.test_file import FIELDS, column, extremes

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.parquet.codecs import Compression


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_hashes_cover_every_byte_between_the_magic_and_the_footer(
    compression: Compression, tmp_path: Path
) -> None:
    path = tmp_path / "x.parquet"
    with FileWriter(path, FIELDS, make_codec(compression), {}) as writer:
        for _ in range(3):
            writer.add_group(6, [column(field, extremes(field)) for field in FIELDS])
        written = writer.finish()
    data, metadata, at = path.read_bytes(), pq.read_metadata(path), 4
    (text,) = (metadata.metadata[key] for key in metadata.metadata)
    stated = struct.unpack(f"<{3 * len(FIELDS)}Q", base64.b64decode(text))
    chunks = (metadata.row_group(g).column(c) for g in range(3) for c in range(len(FIELDS)))
    for chunk, expected in zip(chunks, stated, strict=True):
        end = at + chunk.total_compressed_size
        assert xxhash.xxh3_64(data[at:end]).intdigest() == expected
        at = end
    assert xxhash.xxh3_64(data[at:]).hexdigest() == written.footer
    assert at + metadata.serialized_size + 8 == len(data)


def test_hashes_come_back() -> None:
    hashes = [0, 1, 2**63, 2**64 - 1]
    assert decode_hashes(encode_hashes(hashes).encode()) == hashes
    assert decode_hashes(encode_hashes([]).encode()) == []
    for text in (b"%", b"AAAA", b"\xff"):
        with pytest.raises(ValueError, match=r"base64|buffer size|padding|ASCII"):
            decode_hashes(text)
