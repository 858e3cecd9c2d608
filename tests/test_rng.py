"""Streams that met or leaned on each other would show as patterns: they must not, in any key."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numba
import numpy as np
import pytest
from scipy import stats

from fastgen.kernels.philox import draw_blocks, draw_words
from fastgen.rng import STREAM_VERSION, Purpose, Stream, stream
from tests.kernels import scalars
from tests.significance import ALPHA, check_counts, check_distribution, check_independent

if TYPE_CHECKING:
    from numpy.typing import NDArray

N = 65_536
ROOT = Path(__file__).parent.parent


def _draw_many(address: Stream, day: int, first_index: int, words: NDArray[np.uint64]) -> None:
    for i in range(len(words)):
        words[i, 0], words[i, 1], words[i, 2], words[i, 3] = draw_words(address, day, first_index + i, 0)


draw_many = numba.njit(_draw_many)


def draw(
    seed: int = 42, location: int = 1, purpose: Purpose = Purpose.CREATION, day: int = 3, index: int = 0
) -> NDArray[np.uint64]:
    """First words of indices index, index + 1, ..., (N, 4): what kernels draw, order after order."""
    words = np.zeros((N, 4), np.uint64)
    draw_many(stream(seed, location, purpose), day, index, words)
    return words


BASE = draw()
NEIGHBOURS = {
    "seed": draw(seed=43),
    "seed, high half": draw(seed=42 + 2**32),
    "location": draw(location=2),
    "day": draw(day=4),
    "purpose": draw(purpose=Purpose.BASKET),
    "index": draw(index=N),
}


@pytest.mark.parametrize("key", [*NEIGHBOURS])
def test_neighbouring_streams_are_independent(key: str) -> None:
    """Pairs of high and of low bits, correlation at several lags, distribution of the differences."""
    one, other = BASE.ravel(), NEIGHBOURS[key].ravel()
    for shift in (28, 0):
        pairs = (one >> np.uint64(shift) & np.uint64(15)) * np.uint64(16) + (
            other >> np.uint64(shift) & np.uint64(15)
        )
        check_counts(np.bincount(pairs.astype(np.int64), minlength=256), np.ones(256))
    for lag in (0, 1, 2, 3, 4, 5, 8):
        assert stats.pearsonr(one[lag:].astype(float), other[: len(other) - lag].astype(float)).pvalue > ALPHA
    check_distribution(((one - other) & np.uint64(0xFFFFFFFF)) / 2**32, "uniform")
    assert np.intersect1d(_rows(BASE), _rows(NEIGHBOURS[key])).size == 0


def _rows(words: NDArray[np.uint64]) -> NDArray[np.void]:
    return np.ascontiguousarray(words).view(np.dtype((np.void, 32))).ravel()


@pytest.mark.parametrize("lag", [1, 2, 3, 4, 8, 256, 4 * 1440])
def test_words_do_not_correlate_with_later_ones(lag: int) -> None:
    words = BASE.ravel().astype(float)
    assert stats.pearsonr(words[:-lag], words[lag:]).pvalue > ALPHA


@pytest.mark.parametrize(("a", "b"), [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)])
def test_words_of_one_block_are_independent(a: int, b: int) -> None:
    """The CREATION block gives second, customer and house number; the KITCHEN block four service times."""
    check_independent(np.histogram2d(BASE[:, a].astype(float), BASE[:, b].astype(float), bins=32)[0])


def test_words_are_uniform_in_every_bit() -> None:
    bits = np.unpackbits(BASE.astype("<u4").view(np.uint8)).reshape(-1, 32).sum(axis=0, dtype=np.int64)
    z = (bits - 2 * N) / np.sqrt(N)
    assert (np.abs(z) < 4.5).all()
    check_counts(np.histogram(BASE.ravel() / 2**32, 4096, (0, 1))[0], np.ones(4096))


def test_triples_of_successive_orders_fill_the_cube() -> None:
    """Where generators of lattices fail."""
    eighths = (BASE[:, 0] >> np.uint64(29)).astype(np.int64)
    triples = eighths[:-2] * 64 + eighths[1:-1] * 8 + eighths[2:]
    check_counts(np.bincount(triples[::3], minlength=512), np.ones(512))


def test_every_bit_of_the_address_changes_half_of_the_bits() -> None:
    """Avalanche: 64 ± 4.5 sd of 128 bits, in the mean over 200 draws, for each bit of each key."""
    changes = (
        [("seed", b) for b in range(64)]
        + [("location", b) for b in range(7)]
        + [("day", b) for b in range(16)]
        + [("index", b) for b in range(31)]
        + [("block", b) for b in range(8)]
    )
    for key, bit in changes:
        flipped = [_flip(case, key, bit) for case in range(200)]
        assert abs(np.mean(flipped) - 64) < 4.5 * np.sqrt(32 / 200), (key, bit)


def _flip(case: int, key: str, bit: int) -> int:
    address = {
        "seed": 1000 + case,
        "location": 1 + case % 100,
        "day": case,
        "index": 17 * case,
        "block": case % 7,
    }
    one = _words(**address)
    address[key] ^= 1 << bit
    other = _words(**address)
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))


def _words(seed: int, location: int, day: int, index: int, block: int) -> list[int]:
    return [int(w) for w in scalars.draw_words(stream(seed, location, Purpose.DRIVER), day, index, block)]


def test_streams_of_all_locations_and_purposes_differ() -> None:
    seen = set()
    for location in range(256):
        for purpose in Purpose:
            words = draw_blocks(stream(42, location, purpose), 0, np.zeros(1, np.int64), range(1))
            seen.add(tuple(words[:, 0].tolist()))
    assert len(seen) == 256 * len(Purpose)


def test_address_has_room_for_every_key() -> None:
    """Location and purpose stay within their eight bits, and version in what is left."""
    assert max(Purpose) < 256
    assert STREAM_VERSION < 2**16
    top = stream(2**64 - 1, 255, max(Purpose))
    assert max(int(word) for word in top) < 2**32
    assert (int(top.key0), int(top.key1)) == (2**32 - 1, 2**32 - 1)


def test_purposes_keep_their_numbers() -> None:
    assert {p.name: p.value for p in Purpose} == {
        "DAY_NOISE": 0,
        "MINUTE_COUNT": 1,
        "CREATION": 2,
        "BASKET": 3,
        "KITCHEN": 4,
        "DRIVER": 5,
        "ORDER_ID": 6,
        "ROADS": 7,
        "MOMENTUM": 8,
        "OUTSIDE_CREATION": 9,
        "OUTSIDE_BASKET": 10,
        "OUTSIDE_KITCHEN": 11,
        "OUTSIDE_DRIVER": 12,
        "CANDIDATE_COUNT": 13,
        "CANDIDATE": 14,
        "CANDIDATE_ITEM": 15,
        "STEP_DURATION": 16,
        "HOME": 17,
        "PERSON_NAME": 18,
        "SURGE_COUNT": 19,
        "COOKING": 20,
        "PACKING": 21,
        "ADDED_COUNT": 22,
        "LAUNCHED_BASKET": 23,
    }


@pytest.fixture(scope="module")
def counters() -> dict[tuple[int, ...], set[str]]:
    """Counters and keys that simulating four location-days draws, and the functions that draw them."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.counters"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    callers = defaultdict(set)
    for line in run.stdout.splitlines():
        *words, caller = line.split()
        callers[tuple(map(int, words))].add(caller)
    return callers


def test_no_counter_is_drawn_for_two_things(counters: dict[tuple[int, ...], set[str]]) -> None:
    assert len(counters) > 500
    assert all(len(callers) == 1 for callers in counters.values())


def test_every_purpose_is_drawn_where_the_layout_says(counters: dict[tuple[int, ...], set[str]]) -> None:
    places = defaultdict(set)
    for index, block, day, tag, key0, key1 in counters:
        assert (key0, key1) == (42, 0)
        places[Purpose(tag >> 8 & 255)].add((tag & 255, day, index, block))
        assert tag >> 16 == STREAM_VERSION
    simulated = set(Purpose) - {Purpose.ROADS}  # no order draws roads
    assert set(places) == simulated
    assert {place[:2] for place in places[Purpose.ORDER_ID]} == {(0, 6)}
    # A deal among five brands, which holds for all days.
    assert places[Purpose.MOMENTUM] == {(place, 0, brand, 0) for place in (1, 4) for brand in range(5)}
    # People live where they live, and are called what they are called, whatever the day.
    for purpose in (Purpose.HOME, Purpose.PERSON_NAME):
        assert {place[:2] for place in places[purpose]} == {(1, 0), (4, 0)}
    # A brand at position 3, which is in the day too.
    assert {place[1] for place in places[Purpose.LAUNCHED_BASKET]} == {(3 << 16) + day for day in (0, 1)}
    timeless = {
        *(Purpose.ORDER_ID, Purpose.MOMENTUM, Purpose.HOME, Purpose.PERSON_NAME),
        Purpose.LAUNCHED_BASKET,
    }
    for purpose in simulated - timeless:
        assert {place[:2] for place in places[purpose]} == {(place, d) for place in (1, 4) for d in (0, 1)}
    assert {place[2:] for place in places[Purpose.DAY_NOISE]} == {(0, 0)}
    assert {index for *_, index, _ in places[Purpose.MINUTE_COUNT]} == set(range(1440))
    assert {index for *_, index, _ in places[Purpose.SURGE_COUNT]} == set(range(1440))
    assert {index for *_, index, _ in places[Purpose.ADDED_COUNT]} == set(range(1440))
    # Within a minute, orders of a surge count on from 2**20, the others from 0.
    numbers = {index & 2**21 - 1 for *_, index, _ in places[Purpose.CANDIDATE]}
    assert {number >> 20 for number in numbers} == {0, 1}
    assert max(number & 2**20 - 1 for number in numbers) < 50
    assert {block for *_, block in places[Purpose.CREATION] | places[Purpose.KITCHEN]} == {0}
    assert {block for *_, block in places[Purpose.PACKING]} == {0}
    # The first steps of the lines, a line each 16 blocks.
    assert {0, 16} <= {block for *_, block in places[Purpose.COOKING]}
