"""Compressed files are read by their first bytes, as gzip and bzip2 read them."""

from __future__ import annotations

import bz2
import gzip
from typing import TYPE_CHECKING

import pytest

from fastgen.errors import DataError
from fastgen.roads.files import import_roads
from tests.roads.osm_text import KITCHEN, PACKERS, TEXT, TOWN, count, import_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PACKED = TEXT.encode()


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("behind", [b"", b"j", b"junk" * 100, bytes(512)])
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, bytes])
def test_first_bytes_tell_the_compression_and_what_follows_its_end_is_none(
    pack: Callable[[bytes], bytes], behind: bytes, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"packed{suffix}"
    path.write_bytes(pack(PACKED) + behind * (pack is not bytes))
    assert count(import_roads(path, *KITCHEN, 4.0)) == TOWN


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_stream_that_ends_before_the_text_is_damage(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "cut.osm.gz"
    whole = pack(PACKED)
    damaged = [pack(PACKED[:-9]) + b"junk", pack(PACKED[:900]), whole[:-9]]
    for data in [*damaged, whole[:-8] + b"abcd" + whole[-4:]] if pack is gzip.compress else damaged:
        path.write_bytes(data)
        with pytest.raises(
            DataError, match=r"cut\.osm\.gz: expected a whole OpenStreetMap file, got [^\n]*\.$"
        ):
            import_roads(path, *KITCHEN, 4.0)


def test_compressed_streams_may_follow_each_other(tmp_path: Path) -> None:
    pieces = [TEXT[i : i + 50].encode() for i in range(0, len(TEXT), 50)]
    for suffix, compress in ((".osm.gz", gzip.compress), (".osm.bz2", bz2.compress)):
        path = tmp_path / f"streams{suffix}"
        path.write_bytes(b"".join(map(compress, pieces)))
        assert count(import_roads(path, *KITCHEN, 4.0)) == TOWN


@pytest.mark.parametrize("suffix", [".osm.gz", ".osm.bz2"])
def test_file_that_inflates_without_end_is_refused(suffix: str, tmp_path: Path) -> None:
    data = b"<osm>" + b" " * 100_000_000 + b"</osm>"
    with pytest.raises(DataError, match="got one that inflates to more than 100 times its size"):
        import_text(data, tmp_path, suffix)
