"""The generator and the id cipher once more, in plain whole numbers, to hold the kernels against."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastgen.rng import Stream

MASK = 0xFFFFFFFF


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Philox4x32-10."""
    a, b, c, d = counter
    k, m = key
    for _ in range(10):
        p, q = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (q >> 32) ^ b ^ k, q & MASK, (p >> 32) ^ d ^ m, p & MASK
        k, m = (k + 0x9E3779B9) & MASK, (m + 0xBB67AE85) & MASK
    return a, b, c, d


def words(address: Stream, day: int, index: int, block: int) -> tuple[int, int, int, int]:
    """Four words of a stream."""
    counter = (index, block, day, int(address.tag))
    return philox(counter, (int(address.key0), int(address.key1)))


def encipher(key: Stream, index: int, n_left: int, n_right: int, width: int) -> int:
    """Four rounds of the Feistel network."""
    left, right = divmod(index, n_right)
    for r in (0, 2):
        left = (left + (words(key, width, right, r)[0] * n_left >> 32)) % n_left
        right = (right + (words(key, width, left, r + 1)[0] * n_right >> 32)) % n_right
    return left * n_right + right


def decipher(key: Stream, code: int, n_left: int, n_right: int, width: int) -> int:
    """Undo `encipher`: its rounds backwards."""
    left, right = divmod(code, n_right)
    for r in (2, 0):
        right = (right - (words(key, width, left, r + 1)[0] * n_right >> 32)) % n_right
        left = (left - (words(key, width, right, r)[0] * n_left >> 32)) % n_left
    return left * n_right + right
