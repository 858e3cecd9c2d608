"""Hash 17 to 128 bytes with XXH3-128.

Source: the XXH3 specification and reference, https://github.com/Cyan4973/xxHash (`XXH3_len_17to128_128b`).
XXH3 uses other formulas for other lengths. They are left out: kernels hash only inputs of these lengths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.jit import step
from fastgen.kernels.memory import load_word

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_BYTES, MAX_BYTES = 17, 128

LOW_32 = np.uint64(0xFFFFFFFF)
SHIFT_32 = np.uint64(32)
SHIFT_37 = np.uint64(37)
# Constants of XXH64 and XXH3.
PRIME_1 = np.uint64(0x9E3779B185EBCA87)
PRIME_2 = np.uint64(0xC2B2AE3D27D4EB4F)
PRIME_4 = np.uint64(0x85EBCA77C2B2AE63)
AVALANCHE = np.uint64(0x165667919E3779F9)
ZERO = np.uint64(0)
# The first 128 bytes of XXH3's default secret, as little-endian words.
SECRET = np.frombuffer(
    bytes.fromhex(
        "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
        "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
        "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
        "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    ),
    "<u8",
).astype(np.uint64)


@step
def _fold(a: np.uint64, b: np.uint64) -> np.uint64:
    """Multiply to 128 bits, and combine the two halves by exclusive or."""
    # Four products of 32-bit halves: none of the sums overflows 64 bits.
    a0, a1 = a & LOW_32, a >> SHIFT_32
    b0, b1 = b & LOW_32, b >> SHIFT_32
    low, middle = a0 * b0, a1 * b0
    cross = (low >> SHIFT_32) + (middle & LOW_32) + a0 * b1
    high = (middle >> SHIFT_32) + (cross >> SHIFT_32) + a1 * b1
    return high ^ ((cross << SHIFT_32) | (low & LOW_32))


@step
def _mix(data: NDArray[np.uint8], at: int, secret: int, seed: np.uint64) -> np.uint64:
    return _fold(
        load_word(data, at) ^ (SECRET[secret] + seed), load_word(data, at + 8) ^ (SECRET[secret + 1] - seed)
    )


@step
def _avalanche(h: np.uint64) -> np.uint64:
    h ^= h >> SHIFT_37
    h *= AVALANCHE
    return h ^ (h >> SHIFT_32)


@step
def xxh3_128(data: NDArray[np.uint8], n: int, seed: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Hash the first n bytes of an array.

    Parameters
    ----------
    data
        uint8, at least n bytes.
    n
        Number of bytes, `MIN_BYTES` <= n <= `MAX_BYTES`.
    seed
        Seed; other implementations take 0 by default.

    Returns
    -------
    low, high
        The two halves of the hash. Its canonical form is the high half, then the low half, both big-endian.
    """
    # The data are mixed in pairs of 16 bytes, one from each end; the innermost pair comes first.
    low, high = np.uint64(n) * PRIME_1, ZERO
    for i in range((n - 1) // 32, -1, -1):
        first, last = 16 * i, n - 16 * (i + 1)
        low += _mix(data, first, 4 * i, seed)
        low ^= load_word(data, last) + load_word(data, last + 8)
        high += _mix(data, last, 4 * i + 2, seed)
        high ^= load_word(data, first) + load_word(data, first + 8)
    mixed = low * PRIME_1 + high * PRIME_4 + (np.uint64(n) - seed) * PRIME_2
    return _avalanche(low + high), ZERO - _avalanche(mixed)
