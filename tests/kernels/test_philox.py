"""Every figure of a dataset comes from these words: they must be the published generator's, to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.kernels.philox import below_each, draw_blocks
from fastgen.rng import Purpose, Stream, stream
from tests.kernels import plain
from tests.kernels.scalars import below, draw_words, generate, unit, unit53
from tests.kernels.sizes import sample_size
from tests.significance import check_counts, check_distribution

if TYPE_CHECKING:
    from numpy.typing import NDArray

ONES = 0xFFFFFFFF
PINNED = [1690080991, 3154967726, 2627720668, 488913080, 568065906, 2434756818]
# Known answers of the generator's authors: counter, key, words.
KNOWN: list[tuple[tuple[int, int, int, int], tuple[int, int], tuple[int, int, int, int]]] = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]

Quad = tuple[int, int, int, int]
Pair = tuple[int, int]


def draw(address: Stream, day: int, index: int, block: int) -> list[int]:
    return [int(word) for word in draw_words(address, day, index, block)]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_known_answers(counter: Quad, key: Pair, words: Quad) -> None:
    c0, c1, c2, c3 = (np.uint64(c) for c in counter)
    drawn = generate(c0, c1, c2, c3, np.uint64(key[0]), np.uint64(key[1]))
    assert [int(word) for word in drawn] == list(words)


def test_address_is_laid_out_as_documented() -> None:
    """Index, block, day, location | purpose << 8 | version << 16; the key is the seed, low half first."""
    tag = np.uint64(0x03707344)
    address = Stream(np.uint64(0xA4093822), np.uint64(0x299F31D0), tag)
    assert draw(address, 0x13198A2E, 0x243F6A88, 0x85A308D3) == list(KNOWN[2][2])
    made = stream(0x299F31D0_A4093822, 0x44, Purpose.KITCHEN)
    assert [int(word) for word in made] == [0xA4093822, 0x299F31D0, 0x44 | 4 << 8 | 1 << 16]


def test_plain_generator_gives_the_known_answers() -> None:
    for counter, key, words in KNOWN:
        assert plain.philox(counter, key) == words


def test_any_address_gives_the_plain_generators_words() -> None:
    rng = np.random.default_rng(1)
    for seed, location, purpose, day, index, block in rng.integers(0, 2**63, (200, 6)).tolist():
        address = stream(2 * seed + 1, location % 256, Purpose(purpose % len(Purpose)))
        where = (day % 2**32, index % 2**32, block % 2**32)
        assert draw(address, *where) == list(plain.words(address, *where))


def test_draws_are_pinned_by_address() -> None:
    words = draw_blocks(stream(42, 1, Purpose.CREATION), 17, np.array([5, 123]), range(2))
    assert words[:6, 1].tolist() == PINNED
    assert draw(stream(42, 1, Purpose.CREATION), 17, 123, 1)[:2] == PINNED[4:]


def test_blocks_of_many_are_each_ones_own() -> None:
    address, day, index = stream(9, 2, Purpose.DRIVER), np.array([4, 7, 7]), np.array([2**32 - 1, 0, 6])
    together = draw_blocks(address, day, index, range(3, 5))
    for i in range(3):
        where = int(day[i]), int(index[i])
        assert together[:, i].tolist() == [w for b in (3, 4) for w in plain.words(address, *where, b)]
    assert draw_blocks(address, day, index, range(0)).shape == (0, 3)


@pytest.mark.parametrize(
    ("word", "n", "value"),
    [(0, 7, 0), (ONES, 7, 6), (2**31, 2, 1), (2**31 - 1, 2, 0), (ONES, 1, 0), (ONES, 2**31, 2**31 - 1)],
)
def test_below_divides_the_words_evenly(word: int, n: int, value: int) -> None:
    assert below(np.uint64(word), n) == value
    assert below_each(np.array([word, word], np.uint32), n).tolist() == [value, value]


def test_unit_is_an_open_interval() -> None:
    assert unit(np.uint64(0)) == 0.5 / 2**32
    assert unit(np.uint64(ONES)) == 1 - 0.5 / 2**32


def test_unit53_is_a_half_open_interval() -> None:
    assert unit53(np.uint64(0), np.uint64(0)) == 0.0
    assert unit53(np.uint64(ONES), np.uint64(ONES)) == 1 - 2.0**-53
    assert unit53(np.uint64(1 << 5), np.uint64(1 << 6)) == 2.0**-27 + 2.0**-53


@pytest.fixture(scope="module")
def words() -> NDArray[np.uint32]:
    index = np.arange(sample_size(125_000, 2500))
    return draw_blocks(stream(7, 3, Purpose.BASKET), 5, index, range(2)).reshape(-1)


@pytest.mark.parametrize("shift", [0, 8, 16, 24])
def test_bytes_are_uniform(words: NDArray[np.uint32], shift: int) -> None:
    byte = (words >> np.uint32(shift) & np.uint32(255)).astype(np.int64)
    check_counts(np.bincount(byte, minlength=256), np.ones(256))


def test_words_are_uniform(words: NDArray[np.uint32]) -> None:
    check_distribution(words / 2**32, "uniform")
