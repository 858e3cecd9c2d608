"""A day must come out the same whole or in pieces, alone or among others: resume and workers rest on it."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools

import numpy as np
import pytest

from fastgen.inputs.scenario_file import load_scenario
from fastgen.model.day_orders import DayOrders
from fastgen.model.order_source import OrderRange
from fastgen.orders.kernels.demand import count_orders
from fastgen.units import MIN_PER_DAY
from tests.kernels.sizes import sample_size
from tests.orders.parameters import (
    count_day,
    make_model,
    model_of,
    same_orders,
    simulate,
    simulate_all,
    simulate_stretch,
)

SCALE = sample_size(20, 1) / 5
PINNED = {
    "sf": "4ef2caf53f9ca999930f57830f52b8cfe738c9bd04c1e50293e37fe49d97a1a6",
    "chicago": "861bbb5bc6c25c667a6c1914245e6c69afbad9286fc772f42941dbc78238ab54",
}


def test_times_are_a_chain_of_whole_microseconds() -> None:
    orders = simulate_all(make_model("sv", scale=SCALE), 3)
    created, started, finished, ready, arrived, picked_up = orders.times_us.T
    assert (created % 1_000_000 == 0).all()
    for before, after in ((created, started), (started, finished), (finished, ready), (ready, picked_up)):
        assert (after - before >= 6_000_000).all()
    assert (created <= arrived).all()
    assert (arrived < picked_up).all()
    assert (created // 86_400_000_000 == 3).all()


def test_every_column_is_in_its_range() -> None:
    model = make_model("chicago", scale=SCALE)
    orders = simulate_all(model, 5, n_customers=77)
    assert (orders.customer >= 0).all()
    assert (orders.customer < 77).all()
    assert (orders.house_number >= 1).all()
    assert (orders.house_number <= 9999).all()
    n_lines = int(orders.line_start[-1])
    assert set(np.unique(orders.line_qty[:n_lines])) == {1, 2}
    assert set(orders.line_item[:n_lines].tolist()) <= set(model.baskets.item.tolist())
    assert (np.diff(orders.line_start) >= 1).all()
    assert (np.diff(orders.line_start) <= model.lines_max).all()


@pytest.mark.parametrize("n_pieces", [2, 5, 33])
def test_stretches_are_parts_of_the_whole(n_pieces: int) -> None:
    model = make_model("sf", scale=SCALE)
    whole = simulate_all(model, 12, first_index=10_000)
    cuts = np.linspace(0, len(whole.draw), n_pieces + 1).astype(int)
    for a, b in itertools.pairwise(cuts):
        piece = simulate_stretch(model, 12, int(a), int(b - a), first_index=10_000)
        assert same_orders(piece, whole.section(int(a), int(b)))


def test_stretches_are_the_same_together_and_alone() -> None:
    """As a part of several days is made, whole days and pieces; lines go on where the day before ended."""
    model = make_model("sf", scale=SCALE)
    whole = {day: count_day(model, day) for day in (3, 4, 6)}
    stretches = [
        OrderRange(3, 0, whole[3], 7),
        OrderRange(4, 5, whole[4] // 2, 1000),
        OrderRange(4, 5 + whole[4] // 2, 3, 1000 + whole[4] // 2),
        OrderRange(6, 0, whole[6], 36**6 - 10),
    ]
    together = DayOrders.empty(sum(s.n_orders for s in stretches), model.lines_max)
    simulate(model, 500, stretches, together)
    at = 0
    for day, first, n, index in stretches:
        alone = simulate_stretch(model, day, first, n, first_index=index - first)
        assert same_orders(together.section(at, at + n), alone)
        at += n


def test_kept_counts_are_the_drawn_ones() -> None:
    model = make_model("sf", scale=SCALE)
    counts = np.zeros((len(model.demand.expected), MIN_PER_DAY), np.int64)
    count_orders(model.demand, np.zeros(len(counts), np.int64), counts)
    kept = model._replace(minute_counts=counts)
    before = counts.copy()
    for first, n in ((0, count_day(model, 5)), (7, 11)):
        assert same_orders(simulate_stretch(kept, 5, first, n), simulate_stretch(model, 5, first, n))
    assert (counts == before).all()


def test_neither_days_nor_neighbours_nor_start_change_a_day() -> None:
    """Draws are keyed by seed, location and day number alone."""
    canonical = load_scenario(None)
    whole = simulate_all(make_model("sv"), 8)
    assert same_orders(whole, simulate_all(make_model("sv", days=9), 8))
    alone = dataclasses.replace(canonical, locations=canonical.locations[1:2])
    assert same_orders(whole, simulate_all(model_of(alone, "sv"), 8))
    moved = dataclasses.replace(canonical, start=canonical.start.replace(year=2031))
    assert same_orders(whole, simulate_all(model_of(moved, "sv"), 8))


@pytest.mark.parametrize("change", ["seed", "location", "day"])
def test_another_key_gives_other_orders(change: str) -> None:
    one = simulate_all(make_model("sf"), 0)
    other = {
        "seed": lambda: simulate_all(make_model("sf", seed=43), 0),
        "location": lambda: simulate_all(make_model("chicago"), 0),
        "day": lambda: simulate_all(make_model("sf"), 1),
    }[change]()
    n = min(len(one.draw), len(other.draw))
    assert (one.customer[:n] == other.customer[:n]).mean() < 0.1
    chains = [np.diff(o.times_us[:n, :4]).tolist() for o in (one, other)]
    assert not any(a == b for a, b in zip(*chains, strict=True))


def test_a_day_without_orders() -> None:
    orders = simulate_all(make_model("sf", scale=1e-9), 0)
    assert orders.line_start.tolist() == [0]


@pytest.mark.parametrize(("code", "day"), [("sf", 0), ("chicago", 61)])
def test_a_day_is_pinned(code: str, day: int) -> None:
    orders = simulate_all(make_model(code), day)
    digest = hashlib.sha256()
    n_lines = int(orders.line_start[-1])
    for column in orders._replace(line_item=orders.line_item[:n_lines], line_qty=orders.line_qty[:n_lines]):
        if isinstance(column, np.ndarray):  # the statistical source gives no endings
            digest.update(column.tobytes())
    assert digest.hexdigest() == PINNED[code]
