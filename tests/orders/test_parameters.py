"""The kernels trust these arrays: the gate must put scenario and tables into them as they are."""

from __future__ import annotations

import dataclasses
import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from fastgen.inputs.loading import load_inputs
from fastgen.model.demand import DemandEvent
from fastgen.model.wall_clock import minute_starts_s
from fastgen.rng import Purpose, stream
from fastgen.units import S_PER_MIN
from tests.orders.parameters import count_days, make_model, model_of, same_orders, simulate_all

CHANGE_SPRING, CHANGE_AUTUMN = dt.date(2024, 3, 10), dt.date(2024, 11, 3)


def test_streams_are_those_of_their_purposes() -> None:
    model = make_model("bellevue", seed=7)
    wanted = {
        Purpose.DAY_NOISE: model.demand.noise,
        Purpose.MINUTE_COUNT: model.demand.minute,
        Purpose.CREATION: model.creation,
        Purpose.BASKET: model.baskets.stream,
        Purpose.KITCHEN: model.kitchen,
        Purpose.DRIVER: model.driver,
    }
    for purpose, made in wanted.items():
        assert made == stream(7, 3, purpose)


def test_weights_sum_to_one_and_targets_are_taken_over() -> None:
    model = make_model("sf")
    assert model.demand.weight.sum() == pytest.approx(1, abs=1e-14)
    assert model.demand.expected[0] == 150


def test_brands_and_their_items_are_in_order_of_their_ids() -> None:
    model = make_model("sv")
    assert model.baskets.start_day.tolist() == [0, 0, 0, 0, 0, 0, 45]
    assert model.baskets.growth.tolist() == [0.02, 0.30, 0.35, 0.28, 0.05, 0.20, 0.50]
    assert np.diff(model.baskets.item_start).tolist() == [15, 13, 9, 10, 8, 7, 4]
    items = load_inputs(None, None)[1].items
    of_brand = [items.brand_id[model.baskets.item[i]] for i in model.baskets.item_start[:-1]]
    assert of_brand == [1, 2, 8, 10, 12, 14, 19]


def test_order_of_table_rows_has_no_meaning() -> None:
    """A user's tables may come in any order; the same brands and items must be drawn."""
    scenario, dims = load_inputs(None, None)
    rng = np.random.default_rng(1)
    shuffled = dims
    for name in ("items", "brand_locations", "brands", "menus"):
        table = getattr(dims, name)
        order = rng.permutation(len(table[0]))
        columns = [tuple(c[i] for i in order) if isinstance(c, tuple) else c[order] for c in table]
        shuffled = dataclasses.replace(shuffled, **{name: type(table)(*columns)})
    one, other = (model_of(scenario, "sv", tables) for tables in (dims, shuffled))
    first, second = simulate_all(one, 50), simulate_all(other, 50)
    n = int(first.line_start[-1])
    assert same_orders(first._replace(line_item=second.line_item), second)
    assert dims.items.id[first.line_item[:n]].tolist() == shuffled.items.id[second.line_item[:n]].tolist()


def test_events_reach_their_locations_only() -> None:
    rush = DemandEvent("rush", ("chicago",), 40, 40, 2.0)
    plain = {code: count_days(make_model(code, days=42)) for code in ("chicago", "sf")}
    busy = {code: count_days(make_model(code, days=42, events=(rush,))) for code in ("chicago", "sf")}
    assert busy["sf"].tolist() == plain["sf"].tolist()
    changed = np.flatnonzero(busy["chicago"] != plain["chicago"])
    assert changed.tolist() == [40]
    assert busy["chicago"][40] == pytest.approx(2 * plain["chicago"][40], rel=0.15)


def test_kitchen_clock_is_wall_time_read_as_utc() -> None:
    model = make_model("sf")
    assert minute_starts_s(model.zone, model.start, 3).tolist() == [3 * 86_400 + 60 * m for m in range(1440)]


def wall_minutes(day: dt.date, zone: str) -> list[int | None]:
    """Seconds from midnight UTC to each wall minute of a day, by the standard library; None where skipped."""
    seconds: list[int | None] = []
    epoch = dt.datetime.combine(day, dt.time(), dt.UTC)
    for m in range(1440):
        wall = dt.datetime.combine(day, dt.time(m // 60, m % 60), ZoneInfo(zone))
        there = wall.astimezone(dt.UTC)
        exists = there.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall.replace(tzinfo=None)
        seconds.append(int((there - epoch).total_seconds()) if exists else None)
    return seconds


@pytest.mark.parametrize("date", [dt.date(2024, 1, 1), CHANGE_SPRING, CHANGE_AUTUMN, dt.date(2024, 7, 4)])
@pytest.mark.parametrize(("code", "zone"), [("sf", "America/Los_Angeles"), ("chicago", "America/Chicago")])
def test_utc_clock_follows_the_zone(date: dt.date, code: str, zone: str) -> None:
    model = make_model(code, clock="utc", start=date, days=2, scale=20.0)
    starts = minute_starts_s(model.zone, model.start, 0).tolist()
    wanted = wall_minutes(date, zone)
    assert [s for s, w in zip(starts, wanted, strict=True) if w is not None] == [
        w for w in wanted if w is not None
    ]
    skipped = [m for m, w in enumerate(wanted) if w is None]
    assert skipped == (list(range(120, 180)) if date == CHANGE_SPRING else [])
    created = set((simulate_all(model, 0).times_us[:, 0] // (S_PER_MIN * 1_000_000) * S_PER_MIN).tolist())
    assert created <= {w for w in wanted if w is not None}


def test_utc_clock_moves_orders_and_changes_nothing_else() -> None:
    kitchen, utc = (simulate_all(make_model("chicago", clock=c, days=3), 2) for c in ("kitchen", "utc"))
    moved = utc.times_us - kitchen.times_us
    assert np.unique(moved).tolist() == [6 * 3600 * 1_000_000]
    assert same_orders(kitchen, utc._replace(times_us=kitchen.times_us))


def test_orders_stay_in_order_over_the_repeated_hour() -> None:
    model = make_model("sf", clock="utc", start=CHANGE_AUTUMN, days=1, scale=20.0)
    assert (np.diff(simulate_all(model, 0).times_us[:, 0]) >= 0).all()


@pytest.mark.parametrize(
    ("zone", "date", "n_skipped"),
    [
        ("Australia/Lord_Howe", dt.date(2024, 10, 6), 30),
        ("America/Santiago", dt.date(2024, 9, 8), 60),
        ("America/Santiago", dt.date(2024, 4, 6), 0),
        ("Pacific/Apia", dt.date(2011, 12, 30), 1440),
    ],
)
def test_uncommon_changes_of_the_clock(zone: str, date: dt.date, n_skipped: int) -> None:
    """Half an hour; at midnight; a whole day left out."""
    scenario, _ = load_inputs(None, None)
    place = dataclasses.replace(scenario.locations[0], timezone=zone)
    scenario = dataclasses.replace(scenario, locations=(place,), clock="utc", start=date, days=1, scale=20.0)
    model, wanted = model_of(scenario, "sf"), wall_minutes(date, zone)
    assert sum(w is None for w in wanted) == n_skipped
    created = set((simulate_all(model, 0).times_us[:, 0] // (S_PER_MIN * 1_000_000) * S_PER_MIN).tolist())
    assert created <= {w for w in wanted if w is not None}
    assert bool(created) == (n_skipped < 1440)
