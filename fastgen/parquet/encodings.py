"""Encode values as the bytes of Parquet's pages.

Source: the page on encodings of the Parquet format. Only encodings that make fastgen's columns small and that
every reader in docs/readers.md can read are used. DELTA_LENGTH_BYTE_ARRAY is not: the vectorised reader of
Spark 3.3 to 3.5.6 and 4.0.0 returns wrong texts from a column with nulls (SPARK-52240), and fastparquet and
PyArrow before 12 cannot read it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from fastgen.errors import DataError
from fastgen.kernels.bit_packing import WIDTH_MAX, pack_bits
from fastgen.parquet.thrift import varint, zigzag

if TYPE_CHECKING:
    from numpy.typing import NDArray


# Values in a block and a miniblock of DELTA_BINARY_PACKED, as in Arrow and parquet-java.
BLOCK, MINIBLOCK = 128, 32
_MOST = np.iinfo(np.int64).max


class Encoding(IntEnum):
    """Encodings, by their number in the format."""

    PLAIN = 0
    RLE = 3
    DELTA_BINARY_PACKED = 5
    RLE_DICTIONARY = 8


def pack_validity(valid: NDArray[np.bool_]) -> bytes:
    """Encode the definition levels of a nullable column: the length of a bit-packed run, then the run."""
    n_groups = (len(valid) + 7) // 8
    run = varint(n_groups << 1 | 1) + np.packbits(valid, bitorder="little").tobytes()
    return len(run).to_bytes(4, "little") + run


def index_width(n_entries: int) -> int:
    """Compute the bits of an index into a dictionary, at least one."""
    return max(1, (n_entries - 1).bit_length())


def pack_indices(index: NDArray[np.integer], n_entries: int) -> bytes:
    """Encode indices into a dictionary: their width in bits, then one bit-packed run.

    Parameters
    ----------
    index
        (n,), each below `n_entries`.
    n_entries
        Entries of the dictionary.
    """
    width, n_groups = index_width(n_entries), (len(index) + 7) // 8
    out, one = np.zeros(n_groups * width, np.uint8), np.array([width])
    pack_bits(index.astype(np.int64), len(index), one, np.zeros(1, np.int64), out)
    return bytes([width]) + varint(n_groups << 1 | 1) + out.tobytes()


def repeat_indices(counts: NDArray[np.int64]) -> bytes:
    """Encode indices 0, 1, 2, ... as runs, in which index i is repeated counts[i] times."""
    width = index_width(len(counts))
    # A run is twice its length as a varint, then the index in whole bytes.
    head = _varints(counts << 1)
    value = np.arange(len(counts), dtype="<i8").view(np.uint8).reshape(-1, 8)[:, : (width + 7) // 8]
    return bytes([width]) + np.concatenate([head, value], axis=1).tobytes()


def _varints(numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Encode numbers >= 0 as varints, padded to the length of the longest: uint8 (n, length)."""
    length = len(varint(int(numbers.max(initial=0))))
    digits = (numbers[:, None] >> (7 * np.arange(length)) & 127).astype(np.uint8)
    digits[:, :-1] |= 128  # another byte follows
    return digits


def delta_packed(values: NDArray[np.integer]) -> bytes:
    """Encode whole numbers, at least one, as differences bit-packed in blocks (DELTA_BINARY_PACKED).

    A block has its least difference, the widths of its miniblocks in bits, and each miniblock's differences
    minus the least one.

    Raises
    ------
    DataError
        If the differences of a block are not within 2^57.
    """
    numbers = values.astype(np.int64)
    n_blocks = (len(numbers) + BLOCK - 2) // BLOCK
    deltas = np.empty((n_blocks, BLOCK), np.int64)
    flat = deltas.reshape(-1)
    np.subtract(numbers[1:], numbers[:-1], out=flat[: len(numbers) - 1])
    flat[len(numbers) - 1 :] = flat[len(numbers) - 2] if n_blocks else 0
    # The rest of the last block repeats the last difference, which leaves the least one as it is.
    least = deltas.min(axis=1, initial=_MOST)
    deltas -= least[:, None]
    # Miniblocks after the last value must have no bytes, so their width is 0.
    flat[len(numbers) - 1 :] = 0
    # The exponent of frexp is the number of bits. Above 2^53, rounding may add one, which is harmless.
    widths = np.frexp(deltas.reshape(n_blocks, BLOCK // MINIBLOCK, MINIBLOCK).max(axis=2).astype(np.float64))[
        1
    ]
    if widths.max(initial=0) > WIDTH_MAX:
        raise DataError(f"expected differences below 2^{WIDTH_MAX} of each other, got {widths.max()} bits.")
    head = np.concatenate([_varints((least << 1) ^ (least >> 63)), widths.astype(np.uint8)], axis=1)
    # Bytes at which each block's head and each miniblock end, and so the next miniblock begins.
    sizes = np.concatenate([np.full((n_blocks, 1), head.shape[1]), widths * (MINIBLOCK // 8)], axis=1)
    ends = np.cumsum(sizes).reshape(sizes.shape)
    out = np.empty(int(ends[-1, -1]) if n_blocks else 0, np.uint8)
    out[(ends[:, 0] - head.shape[1])[:, None] + np.arange(head.shape[1])] = head
    pack_bits(flat, MINIBLOCK, widths.reshape(-1).astype(np.int64), ends[:, :-1].reshape(-1), out)
    first = (
        varint(BLOCK) + varint(BLOCK // MINIBLOCK) + varint(len(numbers)) + varint(zigzag(int(numbers[0])))
    )
    return first + out.tobytes()


def plain_texts(texts: list[bytes]) -> bytes:
    """Encode texts, each after its length in 4 bytes (PLAIN)."""
    return b"".join(len(text).to_bytes(4, "little") + text for text in texts)
