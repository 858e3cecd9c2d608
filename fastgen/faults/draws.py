"""Draw what a fault does to an event: pure functions of seed, number of the fault and event id."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from fastgen.faults.kernels.draws import draw_words, hash_ids

if TYPE_CHECKING:
    from numpy.typing import NDArray

# An event id is the text of a UUID.
ID_BYTES = 36
# The kernel reads whole words of 8 bytes, beyond the end of the last id.
_SLACK = 8
_TWO_M32 = 2.0**-32
# The hexadecimal digits of a UUID between its hyphens: first, and last + 1.
_HEX_GROUPS = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))


class Purpose(IntEnum):
    """What words are drawn for; the numbers decide the draws, so none is ever changed or used again."""

    CHOICE = 0  # whether the fault hits the event: the first two words; by how much: the other two
    COPY_KEY = 1  # key of the copy, which has draws of its own
    COPY_ID = 2  # event id of the copy


def event_keys(ids: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Hash event ids.

    Parameters
    ----------
    ids
        uint8 (n, 36), texts of UUIDs.

    Returns
    -------
    ndarray
        uint64 (n,), the low half of the XXH3-128 of each.
    """
    keys = np.empty(len(ids), np.uint64)
    padded = np.concatenate([np.ascontiguousarray(ids).reshape(-1), np.zeros(_SLACK, np.uint8)])
    hash_ids(padded, ID_BYTES, np.zeros(64, np.uint8), keys)
    return keys


def words_of(keys: NDArray[np.uint64], seed: int, fault: int, purpose: Purpose) -> NDArray[np.uint32]:
    """Draw four words for each key, uint32 (n, 4)."""
    words = np.empty((len(keys), 4), np.uint32)
    draw_words(keys, fault, int(purpose), np.uint64(seed), words)
    return words


def shares(words: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Convert the first two words into numbers of [0, 1), float64 (n,)."""
    return (words[:, 0] + words[:, 1] * _TWO_M32) * _TWO_M32


def whole_numbers(words: NDArray[np.uint32], low: int, high: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """Convert the third word into whole numbers low..high, int64 (n,)."""
    span = np.asarray(high, np.int64) - low + 1
    return low + (words[:, 2] * _TWO_M32 * span).astype(np.int64)


def new_ids(words: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Make UUIDs of version 8 from four words each; uint8 (n, 36), their texts."""
    raw = np.ascontiguousarray(words.astype(">u4")).view(np.uint8).reshape(-1, 16).copy()
    # Bits of the version, for ids that a program makes in a way of its own, and of the variant (RFC 9562).
    raw[:, 6] = raw[:, 6] & 0x0F | 0x80
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    digits = np.frombuffer(raw.tobytes().hex().encode(), np.uint8).reshape(-1, 32)
    hyphen = np.full((len(raw), 1), ord("-"), np.uint8)
    parts = [part for a, b in _HEX_GROUPS for part in (digits[:, a:b], hyphen)]
    return np.concatenate(parts[:-1], axis=1)
