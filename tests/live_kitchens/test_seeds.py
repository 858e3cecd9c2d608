"""Kitchens of one seed are uncorrelated, a config gives its rows again, and figures may be 0.

Each comparison fails at p < 1e-4 (see `tests.significance`), with fixed seeds.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

import fastgen
from fastgen.live_kitchens.scenario import place_number
from tests.live_kitchens.runs import NOON, US, FakeClock, config_of, lines, rows, run
from tests.live_kitchens.streams import Stream, read_stream
from tests.live_kitchens.test_times import SPANS
from tests.significance import ALPHA, check_independent

if TYPE_CHECKING:
    from pathlib import Path

SAME: dict[str, Any] = {
    "start_days_ago": 3,
    "end_days_ahead": 1,
    "orders_day_1": 1000,
    "orders_last": 1000,
    "svc": {step: [5, 1] for step in SPANS},
    "radius_mi": 2,
    "random_seed": 9,
}


def us_of(row: dict[str, Any]) -> int:
    """Read the Unix microsecond of a row."""
    at = dt.datetime.strptime(row["ts"], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=dt.UTC)
    return round(at.timestamp() * US)


@pytest.fixture(scope="module")
def kitchens(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stream]:
    """Run two places with one seed; the first also renamed, with the same number, moved, and reseeded."""
    name, of_same_number = "kitchen 3", "kitchen 6"
    assert place_number(name) == place_number(of_same_number)
    sf = {**SAME, "location_name": name}
    configs = {
        "sf": config_of("sanfrancisco", **sf),
        "chicago": config_of("chicago", **SAME),
        "renamed": config_of("sanfrancisco", **{**sf, "location_name": of_same_number}),
        "moved": config_of("sanfrancisco", **sf, gk_location="37.79161, -122.3931"),
        "reseeded": config_of("sanfrancisco", **{**sf, "random_seed": 10}),
    }
    folder = tmp_path_factory.mktemp("kitchens")
    return {name: read_stream(config, folder / name) for name, config in configs.items()}


@pytest.mark.parametrize("other", ["chicago", "renamed", "moved", "reseeded"])
def test_other_kitchens_draw_other_orders(kitchens: dict[str, Stream], other: str) -> None:
    """Order n of a kitchen says nothing of order n of the other: Spearman's correlation, and brands."""
    one, two = kitchens["sf"], kitchens[other]
    n = min(one.orders.height, two.orders.height)
    assert n > 3000
    for span in (*SPANS.values(), ("order_created", "driver_arrived")):
        assert stats.spearmanr(one.minutes(*span)[:n], two.minutes(*span)[:n]).pvalue > ALPHA
    seconds = [stream.orders["order_created"].dt.second()[:n] for stream in (one, two)]
    assert stats.spearmanr(*seconds).pvalue > ALPHA
    north = [stream.orders["customer_lat"][:n] for stream in (one, two)]
    assert stats.spearmanr(*north).pvalue > ALPHA
    brands = [stream.orders["items"].list.first().struct.field("brand_id")[:n] for stream in (one, two)]
    check_independent(np.histogram2d(brands[0], brands[1], bins=24)[0])
    assert not set(one.orders["order_id"]) & set(two.orders["order_id"])


def test_a_config_gives_the_same_rows_again(kitchens: dict[str, Stream], tmp_path: Path) -> None:
    again = read_stream(kitchens["sf"].config, tmp_path / "again")
    assert again.orders.equals(kitchens["sf"].orders)
    assert again.pings.sort(again.pings.columns).equals(kitchens["sf"].pings.sort(again.pings.columns))


@pytest.mark.parametrize(("days_ago", "days_ahead"), [(0, 1), (1, 0)])
def test_a_kitchen_of_one_day(days_ago: int, days_ahead: int, tmp_path: Path) -> None:
    """It has the orders of its first day, whatever the last one's, and ends with the last delivery."""
    changes: dict[str, Any] = {
        "start_days_ago": days_ago,
        "end_days_ahead": days_ahead,
        "noise_pct": 0,
        "speed_up": 100_000,
    }
    config = config_of(**changes, orders_day_1=400, orders_last=9000, batch_rows=10_000)
    run(config, tmp_path, hours=1)
    found = rows(tmp_path)
    created = [row["ts"] for row in found if row["event_type"] == "order_created"]
    # Saturday's orders, from midnight to midnight of San Francisco in winter, or those of Friday.
    midnight = dt.datetime(2026, 3, 7 - days_ago, 8)  # noqa: DTZ001  # as `ts` is written
    assert f"{midnight}" <= min(created)
    assert max(created) < f"{midnight + dt.timedelta(days=1)}"
    wanted = 400 * (1.25 if days_ago else 1.35)
    assert stats.poisson.sf(len(created) - 1, wanted) > ALPHA / 2
    assert stats.poisson.cdf(len(created), wanted) > ALPHA / 2
    assert sum(row["event_type"] == "delivered" for row in found) == len(created)


def test_a_kitchen_without_orders_is_silent(tmp_path: Path) -> None:
    config = config_of(orders_day_1=0, orders_last=0, speed_up=100_000, start_days_ago=2, end_days_ahead=2)
    batches = run(config, tmp_path, hours=1)
    assert sum(batch.events for batch in batches) == 0
    assert lines(tmp_path) == []


def test_steps_without_spread_take_their_mean(tmp_path: Path) -> None:
    """A mean below the shortest step is cut to it; drivers come after the order is ready, all or none."""
    svc = {"cs": [3, 0], "sf": [12.5, 0], "fr": [0, 0], "rp": [4, 0]}
    for share in (0, 1):
        arrival = {"after_ready_pct": share, "alpha": 3, "beta": 3}
        config = config_of(svc=svc, driver_arrival=arrival, start_days_ago=2, orders_day_1=200, radius_mi=1)
        stream = read_stream(config, tmp_path / str(share))
        for step, wanted in (("cs", 3), ("sf", 12.5), ("fr", 0.1), ("rp", 4)):
            assert (stream.minutes(*SPANS[step]) == wanted).all()
        assert ((stream.minutes("gk_ready", "driver_arrived") >= 0) == bool(share)).all()


def test_seconds_of_real_time(tmp_path: Path) -> None:
    """Minutes of the kitchen in seconds of the system's clock: nothing early, all that a fake clock gives."""
    config = config_of(start_days_ago=0, end_days_ahead=1, orders_day_1=5000, speed_up=240, batch_rows=100)
    run(config, tmp_path / "warm")  # routes and compiled code are ready, whatever ran before
    began, until = time.monotonic(), NOON + dt.timedelta(seconds=3)
    batches = list(fastgen.live(config, tmp_path / "real", now=NOON, until=until))
    assert time.monotonic() - began >= 3
    assert sum(bool(batch.files) for batch in batches) > 2
    start_us = batches[0].clock.sim_start_us

    def position_us(now_us: int) -> int:
        return start_us + (now_us - start_us) * 240

    assert batches[-1].watermark_us == position_us(round(until.timestamp() * US))
    for batch in batches:
        for name in batch.files:
            last = json.loads((tmp_path / "real" / name).read_text().splitlines()[-1])
            assert us_of(last) < position_us(batch.now_us)
    start = dt.datetime.fromtimestamp(start_us / US, dt.UTC)
    run(config, tmp_path / "fake", clock=FakeClock(start), hours=(until - start) / dt.timedelta(hours=1))
    assert lines(tmp_path / "real") == lines(tmp_path / "fake")
