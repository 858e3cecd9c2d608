"""Draw random words from counters: Philox4x32-10.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011); passes BigCrush.
All words travel as uint64 below 2**32, so that products are exact and nothing overflows, compiled or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.kernels.jit import jit, step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.rng import Stream

MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
LOW_32 = np.uint64(0xFFFFFFFF)
SHIFT_32 = np.uint64(32)
SHIFT_5 = np.uint64(5)
SHIFT_6 = np.uint64(6)
N_ROUNDS = 10
BATCH = 256  # orders drawn together: their words stay in the first-level cache
TWO_26 = 67_108_864.0
TWO_M32 = 1.0 / 4_294_967_296.0
TWO_M53 = 1.0 / 9_007_199_254_740_992.0

Words = tuple[np.uint64, np.uint64, np.uint64, np.uint64]


@step
def philox(c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64) -> Words:
    """Turn a counter of four words into four random words under a key of two."""
    # Every word is below 2**32 as it is: the masks tell the compiler, which then multiplies four at a time.
    c0, c1, c2, c3 = c0 & LOW_32, c1 & LOW_32, c2 & LOW_32, c3 & LOW_32
    k0, k1 = k0 & LOW_32, k1 & LOW_32
    for _ in range(N_ROUNDS):
        product0 = MULTIPLIER_0 * c0
        product1 = MULTIPLIER_1 * c2
        c0 = ((product1 >> SHIFT_32) ^ c1 ^ k0) & LOW_32
        c1 = product1 & LOW_32
        c2 = ((product0 >> SHIFT_32) ^ c3 ^ k1) & LOW_32
        c3 = product0 & LOW_32
        k0 = (k0 + WEYL_0) & LOW_32
        k1 = (k1 + WEYL_1) & LOW_32
    return c0, c1, c2, c3


@step
def draw_words(stream: Stream, day: int, index: int, block: int) -> Words:
    """Draw four words, each uniform below 2**32."""
    return philox(np.uint64(index), np.uint64(block), np.uint64(day), stream.tag, stream.key0, stream.key1)


@step
def draw_batch(
    stream: Stream, day: int, draw: NDArray[np.int64], block: int, words: NDArray[np.uint64]
) -> None:
    """Draw a block for each of up to `BATCH` orders into `words`, uint64 (4, BATCH): faster than singly."""
    word0, word1, word2, word3 = words[0], words[1], words[2], words[3]
    c1, c2 = np.uint64(block), np.uint64(day)
    for j in range(len(draw)):
        word0[j], word1[j], word2[j], word3[j] = philox(
            np.uint64(draw[j]), c1, c2, stream.tag, stream.key0, stream.key1
        )


@step
def below(word: np.uint64, n: int) -> int:
    """Turn a word into a whole number uniform on 0..n-1 (multiply and shift: bias below n / 2**32)."""
    return np.int64((word * np.uint64(n)) >> SHIFT_32)


@step
def unit(word: np.uint64) -> float:
    """Turn a word into a number uniform on the open interval (0, 1), 32 bits fine."""
    return (np.float64(word) + 0.5) * TWO_M32


@step
def unit53(high: np.uint64, low: np.uint64) -> float:
    """Turn two words into a number uniform on [0, 1), 53 bits fine."""
    return (np.float64(high >> SHIFT_5) * TWO_26 + np.float64(low >> SHIFT_6)) * TWO_M53


@jit
def fill_words(stream: Stream, day: int, index: int, words: NDArray[np.uint64]) -> None:
    """Fill `words`, uint64 (n,), with the draws of one index, block after block."""
    for i in range(0, len(words), 4):
        block = draw_words(stream, day, index, i // 4)
        for j in range(min(4, len(words) - i)):
            words[i + j] = block[j]
