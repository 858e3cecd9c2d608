"""Draw random words for events: keyed by their event ids, so that no draw depends on any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.jit import jit
from fastgen.kernels.memory import load_word, store_word
from fastgen.kernels.philox import philox
from fastgen.kernels.xxh3 import xxh3_128

if TYPE_CHECKING:
    from numpy.typing import NDArray

U = np.uint64
NO_SEED, SHIFT_32 = U(0), U(32)
WORD = 8


@jit
def hash_ids(ids: NDArray[np.uint8], width: int, scratch: NDArray[np.uint8], keys: NDArray[np.uint64]) -> int:
    """Hash event ids of equal length, 17 to 56 bytes, to the low half of their XXH3-128.

    Parameters
    ----------
    ids
        uint8, the ids one after another, and 8 bytes more.
    width
        Bytes of an id.
    scratch
        uint8 (64,), scratch memory.
    keys
        Output, uint64 (n,).

    Returns
    -------
    int
        Number of ids.
    """
    for n in range(len(keys)):
        # The hash reads from the start of an array. Whole words are copied: the array has room behind an id.
        for at in range(0, width, WORD):
            store_word(load_word(ids, n * width + at), scratch, at)
        low, _ = xxh3_128(scratch, width, NO_SEED)
        keys[n] = low
    return len(keys)


@jit
def draw_words(
    keys: NDArray[np.uint64], fault: int, purpose: int, seed: np.uint64, words: NDArray[np.uint32]
) -> int:
    """Draw four words for each key with Philox4x32-10.

    The counter is the key (low half, high half), the number of the fault and the purpose of the draw; the
    generator's own key is the seed.

    Parameters
    ----------
    keys
        uint64 (n,).
    fault, purpose
        Number of the fault, and what the words are for; both below 2**32.
    seed
        Seed of the faults.
    words
        Output, uint32 (n, 4).

    Returns
    -------
    int
        Number of keys.
    """
    for n in range(len(keys)):
        key = keys[n]
        a, b, c, d = philox(key, key >> SHIFT_32, U(fault), U(purpose), seed, seed >> SHIFT_32)
        # A counter is never used for two purposes: key, fault and purpose fill its four words.
        words[n, 0], words[n, 1], words[n, 2], words[n, 3] = a, b, c, d
    return len(keys)
