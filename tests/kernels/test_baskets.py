"""What is ordered decides every revenue figure: brands by popularity, different items, fair quantities."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.model.dimensions import END_OF_TIME
from fastgen.orders.kernels.baskets import BasketArrays, draw_baskets
from tests.kernels.arrays import empty_orders, make_baskets
from tests.kernels.sizes import sample_size
from tests.significance import check_counts, check_independent, check_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Lines = list[list[tuple[int, int]]]  # (item, quantity) of each line of each order
PINNED = [[(8, 2)], [(2, 2), (3, 1), (4, 2)], [(7, 2), (18, 1), (16, 2), (19, 1)]]


def draw_lines(baskets: BasketArrays, n: int, day: int = 0, lines_max: int = 9) -> Lines:
    orders = empty_orders(n, lines_max)
    draw_baskets(baskets, day, orders.draw, orders.line_start, orders.line_item, orders.line_qty)
    item, qty, start = orders.line_item.tolist(), orders.line_qty.tolist(), orders.line_start.tolist()
    return [list(zip(item[a:b], qty[a:b], strict=True)) for a, b in pairwise(start)]


def brands_of(baskets: BasketArrays, lines: Lines) -> list[tuple[int, ...]]:
    """Brands of each order, in the order in which they were drawn."""
    of_item = np.repeat(np.arange(len(baskets.growth)), np.diff(baskets.item_start)).tolist()
    return [tuple(dict.fromkeys(of_item[item] for item, _ in order)) for order in lines]


def exact_shares(weights: Sequence[float], k: int) -> dict[tuple[int, ...], float]:
    """Probability of each ordered choice of k brands, one after another in proportion to what is left."""
    shares = {}
    for choice in permutations(range(len(weights)), k):
        left, p = sum(weights), 1.0
        for brand in choice:
            p *= weights[brand] / left
            left -= weights[brand]
        shares[choice] = p
    return shares


N = sample_size(60_000, 4_000)


def test_number_of_brands() -> None:
    baskets = make_baskets([3] * 6)
    counts = np.bincount([len(b) for b in brands_of(baskets, draw_lines(baskets, N))], minlength=4)
    check_counts(counts, [0, 0.7, 0.15, 0.15])


@pytest.mark.parametrize(("n_open", "shares"), [(1, [0, 1]), (2, [0, 0.7, 0.3])])
def test_at_most_those_open(n_open: int, shares: list[float]) -> None:
    baskets = make_baskets([3] * n_open)
    counts = np.bincount([len(b) for b in brands_of(baskets, draw_lines(baskets, N))], minlength=len(shares))
    if n_open == 1:
        assert counts.tolist() == [0, N]
    else:
        check_counts(counts, shares)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_brands_without_replacement_are_as_enumerated(k: int) -> None:
    """Weights 1, 2, 4 and 0.1 by a month's growth; every ordered choice against its exact probability."""
    growth = np.array([0.0, 1.0, 3.0, -0.95])
    baskets = make_baskets([1] * 4, growth=growth, single_probability=0.0, brands_min=k, brands_max=k)
    chosen = brands_of(baskets, draw_lines(baskets, N, day=30))
    shares = exact_shares([1.0, 2.0, 4.0, 0.1], k)
    counts = dict.fromkeys(shares, 0)
    for choice in chosen:
        counts[choice] += 1
    check_counts(list(counts.values()), list(shares.values()))


def test_popularity_grows_from_the_brands_own_start() -> None:
    baskets = make_baskets(
        [1] * 3, growth=np.array([0.5, 0.5, -0.9]), start_day=np.array([0, 40, -20]), single_probability=1.0
    )
    chosen = [b for (b,) in brands_of(baskets, draw_lines(baskets, N, day=55))]
    check_counts(np.bincount(chosen, minlength=3), [1.5 ** (55 / 30), 1.5 ** (15 / 30), 0.1])


@pytest.mark.parametrize(("day", "n_open"), [(9, 1), (10, 2), (19, 2), (20, 1)])
def test_open_from_start_day_up_to_end_day(day: int, n_open: int) -> None:
    baskets = make_baskets(
        [1, 1], start_day=np.array([0, 10]), end_day=np.array([END_OF_TIME, 20]), single_probability=0.0
    )
    assert {len(b) for b in brands_of(baskets, draw_lines(baskets, 500, day))} == {n_open}


def test_number_of_items_and_quantities() -> None:
    baskets = make_baskets([7], single_probability=1.0)
    lines = draw_lines(baskets, N)
    check_counts(np.bincount([len(order) for order in lines], minlength=4), [0, 1, 1, 1])
    check_counts(np.bincount([q for order in lines for _, q in order], minlength=3), [0, 1, 1])
    table = np.zeros((3, 2))
    for order in lines:
        table[len(order) - 1, order[-1][1] - 1] += 1
    check_independent(table)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_items_of_a_brand_are_different_and_uniform(k: int) -> None:
    """Each ordered choice of k items of five is as likely as any other."""
    baskets = make_baskets([5], single_probability=1.0, items_min=k, items_max=k)
    counts = dict.fromkeys(permutations(range(5), k), 0)
    for order in draw_lines(baskets, N):
        counts[tuple(item for item, _ in order)] += 1
    check_counts(list(counts.values()), np.ones(len(counts)))


def test_items_are_drawn_independently_of_the_order() -> None:
    """Which item comes first doesn't depend on how many follow."""
    baskets = make_baskets([5], single_probability=1.0)
    table = np.zeros((3, 5))
    for order in draw_lines(baskets, N):
        table[len(order) - 1, order[0][0]] += 1
    check_independent(table)


def test_at_most_the_menu() -> None:
    baskets = make_baskets([2], single_probability=1.0, items_min=1, items_max=3)
    counts = np.bincount([len(order) for order in draw_lines(baskets, N)], minlength=3)
    check_counts(counts, [0, 1, 2])


def test_largest_basket_allowed() -> None:
    """Sixteen brands of sixteen items each, all of them, nine times."""
    rules = {"brands_min": 16, "brands_max": 16, "items_min": 16, "items_max": 16, "qty_min": 9, "qty_max": 9}
    baskets = make_baskets([16] * 16, single_probability=0.0, **rules)
    for order in draw_lines(baskets, 20, lines_max=256):
        assert sorted(order) == [(item, 9) for item in range(256)]


@pytest.mark.parametrize(("probability", "n_brands"), [(0.0, 2), (1.0, 1)])
def test_probabilities_at_their_ends(probability: float, n_brands: int) -> None:
    baskets = make_baskets([1] * 4, single_probability=probability, brands_min=2, brands_max=2)
    assert {len(b) for b in brands_of(baskets, draw_lines(baskets, 2000))} == {n_brands}


def test_rows_of_the_items_table_are_looked_up() -> None:
    rows = np.array([40, 7, 13], np.int32)
    baskets = make_baskets([2, 1], item=rows)
    assert {item for order in draw_lines(baskets, 500) for item, _ in order} == {40, 7, 13}


def test_lines_are_counted_on_from_the_first_entry() -> None:
    baskets = make_baskets([3] * 3)
    whole, part = empty_orders(100), empty_orders(100)
    draw_baskets(baskets, 0, whole.draw, whole.line_start, whole.line_item, whole.line_qty)
    part.line_start[40] = whole.line_start[40]
    section = part.section(40, 100)
    draw_baskets(baskets, 0, section.draw, section.line_start, section.line_item, section.line_qty)
    first, last = whole.line_start[[40, 100]]
    assert section.line_start.tolist() == whole.line_start[40:].tolist()
    assert part.line_item[first:last].tolist() == whole.line_item[first:last].tolist()


def test_baskets_do_not_depend_on_their_neighbours() -> None:
    baskets = make_baskets([5] * 4)
    lines = draw_lines(baskets, 600)
    for i in (0, 1, 255, 256, 599):
        orders = empty_orders(1)
        orders.draw[0] = i
        draw_baskets(baskets, 0, orders.draw, orders.line_start, orders.line_item, orders.line_qty)
        n = int(orders.line_start[1])
        assert list(zip(orders.line_item[:n].tolist(), orders.line_qty[:n].tolist(), strict=True)) == lines[i]


def test_successive_orders_are_independent() -> None:
    baskets = make_baskets([3] * 4, single_probability=1.0)
    chosen: NDArray[np.int64] = np.array([b for (b,) in brands_of(baskets, draw_lines(baskets, N))])
    check_independent(np.histogram2d(chosen[:-1], chosen[1:], bins=4)[0])
    check_share(int((chosen[:-1] == chosen[1:]).sum()), len(chosen) - 1, 0.25)


def test_values_are_pinned() -> None:
    assert draw_lines(make_baskets([5] * 4), 3, day=12) == PINNED
