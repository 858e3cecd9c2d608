"""Draw random words from counters with Philox4x32-10, and turn words into numbers.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011); it passes the
BigCrush tests. rng.py says what the words of a counter mean.

A word is a uint64 below 2**32, so that products are exact and nothing overflows, compiled or not. Arrays of
words are uint32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.jit import jit, step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.rng import Stream

# Constants of Philox4x32: two multipliers, and the steps by which the key changes each round.
MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
LOW_32 = np.uint64(0xFFFFFFFF)
SHIFT_32 = np.uint64(32)
SHIFT_5 = np.uint64(5)
SHIFT_6 = np.uint64(6)
N_ROUNDS = 10
# Index or block 0. Numba would compile another version of a kernel for the literal 0.
FIRST = np.int64(0)
TWO_26 = 67_108_864.0
TWO_M32 = 1.0 / 4_294_967_296.0
TWO_M53 = 1.0 / 9_007_199_254_740_992.0

Words = tuple[np.uint64, np.uint64, np.uint64, np.uint64]


@step
def philox(c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64) -> Words:
    """Turn a counter c of four words into four random words, under a key k of two words."""
    # The arguments are below 2**32 already. The masks tell the compiler, which then multiplies four at once.
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
    """Draw the four words of one block, each uniform below 2**32."""
    return philox(np.uint64(index), np.uint64(block), np.uint64(day), stream.tag, stream.key0, stream.key1)


@jit
def _draw_block(
    stream: Stream,
    day: NDArray[np.int64],
    index: NDArray[np.int64],
    block: int,
    word0: NDArray[np.uint32],
    word1: NDArray[np.uint32],
    word2: NDArray[np.uint32],
    word3: NDArray[np.uint32],
) -> None:
    """Draw one block for each index; `word0` to `word3`, uint32 (n,), are output."""
    # Nothing else is in this loop, so that LLVM vectorises it: four blocks at once.
    for j in range(len(index)):
        word0[j], word1[j], word2[j], word3[j] = philox(
            np.uint64(index[j]), np.uint64(block), np.uint64(day[j]), stream.tag, stream.key0, stream.key1
        )


def draw_blocks(
    stream: Stream, day: NDArray[np.int64] | int, index: NDArray[np.int64], blocks: range
) -> NDArray[np.uint32]:
    """Draw the same blocks for many indices.

    Parameters
    ----------
    stream
        Random stream of the draws.
    day
        Day of each index, int64 (n,), or one day for all.
    index
        int64 (n,), word 0 of the counters.
    blocks
        Numbers of the blocks, word 1 of the counters.

    Returns
    -------
    uint32 (4 * len(blocks), n)
        Row 4 * b + w has word w of block b for every index.
    """
    n = len(index)
    words, days = np.empty((4 * len(blocks), n), np.uint32), np.full(n, day, np.int64)
    for row, block in enumerate(blocks):
        _draw_block(stream, days, index, block, *words[4 * row : 4 * row + 4])
    return words


@step
def below(word: np.uint64, n: int) -> int:
    """Turn a word into a whole number uniform on 0 to n - 1 (multiply and shift: bias below n / 2**32)."""
    return np.int64((word * np.uint64(n)) >> SHIFT_32)


def below_each(words: NDArray[np.uint32], n: int) -> NDArray[np.int64]:
    """Apply `below` to every word of an array of any shape."""
    return ((words * np.uint64(n)) >> SHIFT_32).view(np.int64)


@step
def unit(word: np.uint64) -> float:
    """Turn a word into a number uniform on the open interval (0, 1), in steps of 2**-32."""
    return (np.float64(word) + 0.5) * TWO_M32


@step
def unit53(high: np.uint64, low: np.uint64) -> float:
    """Turn two words into a number uniform on [0, 1), in steps of 2**-53.

    Source: genrand_res53 of the Mersenne Twister, which takes the upper 27 and 26 bits.
    """
    return (np.float64(high >> SHIFT_5) * TWO_26 + np.float64(low >> SHIFT_6)) * TWO_M53
