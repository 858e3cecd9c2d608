"""Make pages of encoded values, and of pages the column chunk of a row group."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

from fastgen.errors import OutputError
from fastgen.parquet.encodings import Encoding
from fastgen.parquet.thrift import I64, Struct, encode_struct

if TYPE_CHECKING:
    from fastgen.parquet.codecs import Codec
    from fastgen.parquet.schema import Field

_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
# Sizes in a page header are 32-bit integers.
PAGE_BYTES_MAX = 2**31 - 1


class Bounds(NamedTuple):
    """Least and greatest value of a column in a row group, encoded as PLAIN, without a length."""

    least: bytes
    greatest: bytes


class Values(NamedTuple):
    """A column's values in a row group, encoded.

    Attributes
    ----------
    n_values, n_nulls
        Number of values, nulls included, and number of nulls.
    encoding
        Encoding of `body`.
    body
        Content of the data page: definition levels if the column is nullable, then the values.
    dictionary
        Entries, encoded as PLAIN, that the indices in `body` refer to; None without a dictionary.
    n_entries
        Number of entries.
    bounds
        Bounds, by which readers skip row groups; None: not stated.
    """

    n_values: int
    n_nulls: int
    encoding: Encoding
    body: bytes | memoryview
    dictionary: bytes | memoryview | None = None
    n_entries: int = 0
    bounds: Bounds | None = None


class ColumnChunk(NamedTuple):
    """A column chunk: the bytes of its pages, and what its entry in the footer has except its position."""

    pages: tuple[bytes, ...]
    n_bytes: int
    n_bytes_uncompressed: int
    dictionary_bytes: int
    values: Values


def make_chunk(values: Values, codec: Codec) -> ColumnChunk:
    """Compress a column's pages, and put a header before each."""
    pages: list[bytes] = []
    # Sizes include the page headers, as the format requires.
    uncompressed = dictionary_bytes = 0
    if values.dictionary is not None:
        header = Struct({1: values.n_entries, 2: int(Encoding.PLAIN)})
        uncompressed += _add_page(pages, _DICTIONARY_PAGE, values.dictionary, header, codec)
        dictionary_bytes = sum(map(len, pages))
    # Encoding of definition and repetition levels, stated even where there are none.
    levels = int(Encoding.RLE)
    header = Struct({1: values.n_values, 2: int(values.encoding), 3: levels, 4: levels})
    uncompressed += _add_page(pages, _DATA_PAGE, values.body, header, codec)
    return ColumnChunk(tuple(pages), sum(map(len, pages)), uncompressed, dictionary_bytes, values)


def _add_page(pages: list[bytes], kind: int, body: bytes | memoryview, header: Struct, codec: Codec) -> int:
    """Append a page's header and compressed body; return the size of both without compression."""
    if len(body) > PAGE_BYTES_MAX:
        raise OutputError(
            f"expected a page of at most {PAGE_BYTES_MAX} bytes, got {len(body)}: texts are too long."
        )
    data = codec.compress(body)
    field = 5 if kind == _DATA_PAGE else 7
    encoded = encode_struct(Struct({1: kind, 2: len(body), 3: len(data), 4: _crc(data), field: header}))
    pages += (encoded, data)
    return len(encoded) + len(body)


def _crc(data: bytes) -> int:
    """Compute a page's CRC-32 as the signed number that the format has."""
    crc = zlib.crc32(data)
    return crc - 2**32 if crc >= 2**31 else crc


def describe_chunk(chunk: ColumnChunk, field: Field, codec: Codec, at: int) -> Struct:
    """Make a chunk's entry in the footer.

    Parameters
    ----------
    chunk, field, codec
        The chunk, its column and its compression.
    at
        Position of its first page in the file, bytes.
    """
    values, has_dictionary = chunk.values, chunk.values.dictionary is not None
    bounds = values.bounds
    # Fields 5 and 6 are max_value and min_value; 1 and 2 are their deprecated forms.
    statistics = Struct(
        {
            3: I64(values.n_nulls),
            5: None if bounds is None else bounds.greatest,
            6: None if bounds is None else bounds.least,
        }
    )
    encodings = sorted({int(values.encoding), int(Encoding.RLE), *([int(Encoding.PLAIN)] * has_dictionary)})
    metadata = Struct(
        {
            1: field.element().fields[1],
            2: encodings,
            3: [field.name],
            4: codec.number,
            5: I64(values.n_values),
            6: I64(chunk.n_bytes_uncompressed),
            7: I64(chunk.n_bytes),
            9: I64(at + chunk.dictionary_bytes),
            11: I64(at) if has_dictionary else None,
            12: statistics,
        }
    )
    return Struct({2: I64(at), 3: metadata})
