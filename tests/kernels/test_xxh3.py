"""XXH3-128 is what the reference library says, for every length that the kernel takes."""

from __future__ import annotations

import numpy as np
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.kernels import xxh3
from tests.kernels.scalars import callable_step

xxh3_128 = callable_step(xxh3.xxh3_128)


def digest(data: bytes, seed: int) -> bytes:
    room = np.frombuffer(data + bytes(8), np.uint8)
    # As plain Python, NumPy warns of the overflow that the hash is made of.
    with np.errstate(over="ignore"):
        low, high = xxh3_128(room, len(data), np.uint64(seed))
    return (int(high) << 64 | int(low)).to_bytes(16, "big")


def test_every_length_is_the_references() -> None:
    rng = np.random.default_rng(1)
    for n in range(xxh3.MIN_BYTES, xxh3.MAX_BYTES + 1):
        data = rng.bytes(n)
        assert digest(data, 0) == xxhash.xxh3_128_digest(data), n


@settings(deadline=None)
@given(data=st.binary(min_size=xxh3.MIN_BYTES, max_size=xxh3.MAX_BYTES), seed=st.integers(0, 2**64 - 1))
def test_any_input_and_seed_is_the_references(data: bytes, seed: int) -> None:
    assert digest(data, seed) == xxhash.xxh3_128_digest(data, seed)


def test_one_value_is_pinned() -> None:
    assert digest(b"fastgen's event ids rest on this", 0).hex() == xxhash.xxh3_128_hexdigest(
        b"fastgen's event ids rest on this"
    )
