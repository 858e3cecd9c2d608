"""A tally is the same however its orders are stored, split or read, and doesn't grow with them."""

from __future__ import annotations

import datetime as dt
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen import scan_events
from fastgen.dataset.reading.event_file import EventFile
from fastgen.dataset.reading.lines import index_items, read_lines
from fastgen.dataset.reading.manifest_checks import check_manifest
from fastgen.dataset.reading.orders import FileDays, locate_orders
from fastgen.dataset.reading.row_batches import read_row_batches
from fastgen.dataset.verify import run as verify_run
from fastgen.errors import DamageError
from fastgen.reporting.axes import bin_starts_s
from fastgen.reporting.counter import OrderCounter
from fastgen.reporting.customers import Customers, Routes, make_keys
from fastgen.reporting.survey import survey_dataset
from fastgen.reporting.trips import TRIPS_MAX, Played, Trips, choose_played
from tests.effort import repeats
from tests.helpers import build_small, copy_of, first_part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.dataset.reading.lines import Lines
    from fastgen.dataset.reading.orders import OrderRows
    from fastgen.reporting.survey import Survey
    from fastgen.reporting.tally import Tally


def assert_same(one: Tally, other: Tally) -> None:
    for name, counts in one.counts().items():
        assert np.array_equal(counts, other.counts()[name]), name
    for here, there in zip(one.customers, other.customers, strict=True):
        mine: list[NDArray[Any]] = [here.key, here.orders, *here.routes]
        theirs: list[NDArray[Any]] = [there.key, there.orders, *there.routes]
        assert all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True))
    for a, b in zip(one.trips.columns(), other.trips.columns(), strict=True):
        assert np.array_equal(a, b)
        assert a.dtype == b.dtype


def batches(survey: Survey) -> Iterator[tuple[OrderRows, Lines]]:
    items = index_items(survey.dims.items)
    for part in check_manifest(survey.manifest, survey.scenario)[1]:
        days = FileDays.of(part.days)
        with EventFile(survey.folder, part.entry) as file:
            for batch in read_row_batches(file, file.schema.names):
                orders = locate_orders(batch, days)
                yield orders, read_lines(orders, items)


@pytest.fixture(scope="module")
def ended_early(run_universe: Path) -> Survey:
    """Survey of a dataset with customers to whom a driver goes late, or never."""
    return survey_dataset(run_universe)


def counter_of(survey: Survey) -> OrderCounter:
    played = choose_played(survey.tally.orders.sum(axis=0))
    return OrderCounter(survey.tally.axes, survey.scenario, survey.dims, played)


@given(data=st.data())
@settings(max_examples=repeats(8, 60), deadline=None)
def test_tallies_of_parts_add_up_to_that_of_the_whole(
    survey: Survey, ended_early: Survey, data: st.DataObject
) -> None:
    """Whatever orders each part has, and in whatever order the parts are added."""
    parts = []
    survey = data.draw(st.sampled_from([survey, ended_early]), "dataset")
    whole = list(batches(survey))
    n_parts = data.draw(st.integers(1, 5), "parts")
    seed = data.draw(st.integers(0, 2**32), "seed")
    rng = np.random.default_rng(seed)
    items = index_items(survey.dims.items)
    chosen = [rng.integers(0, n_parts, len(orders.first)) for orders, _ in whole]
    for part in range(n_parts):
        counter = counter_of(survey)
        for (orders, _), which in zip(whole, chosen, strict=True):
            some = orders.keep(which == part)
            counter.observe(some, read_lines(some, items))
        parts.append(counter.finish())
    rng.shuffle(parts)
    assert_same(reduce(add, parts), survey.tally)


@pytest.mark.parametrize(
    "form", [{"layout": "single"}, {"partition_by": "location_id,day"}, {"writer": "polars"}]
)
def test_form_changes_nothing(form: dict[str, Any], survey: Survey, tmp_path: Path) -> None:
    dataset = build_small(tmp_path, days=70, scale=0.06, **form)
    assert_same(survey_dataset(dataset).tally, survey.tally)


def test_threads_and_batches_change_nothing(
    dataset: Path, survey: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_run, "WORKERS_MAX", 1)
    monkeypatch.setattr("fastgen.dataset.reading.row_batches.read_row_batches.__defaults__", (1,))
    assert_same(survey_dataset(dataset).tally, survey.tally)


def test_memory_does_not_grow_with_orders(survey: Survey, tmp_path: Path) -> None:
    """Ten times the orders of the same customers: each count has as many bytes."""
    more = survey_dataset(build_small(tmp_path, days=70, scale=0.6)).tally
    assert more.orders.sum() > 8 * survey.tally.orders.sum()
    for name, counts in survey.tally.counts().items():
        assert more.counts()[name].nbytes == counts.nbytes
    # A town has 49 crossings.
    assert all(len(customers.key) <= 49 for customers in more.customers)


def test_clock_is_that_of_the_place(tmp_path: Path) -> None:
    """Over both changes of the clock, against Python's own conversion."""
    path = tmp_path / "utc.toml"
    # Santiago's clock is set at midnight.
    santiago = '[locations.sf]\ntimezone = "America/Santiago"\n'
    for start in ("2024-03-08", "2024-11-01", "2023-09-01", "2024-04-05"):
        path.write_text(f'clock = "utc"\nstart = {start}\n{santiago if start[5:7] in ("09", "04") else ""}')
        dataset = build_small(tmp_path / start, scenario=path, days=5)
        survey = survey_dataset(dataset)
        assert survey.verified.passed
        created = scan_events(dataset).filter(pl.col("event_type_id") == 1).collect()
        zones = {one.location_id: ZoneInfo(one.timezone) for one in survey.scenario.locations}
        minutes = np.zeros(survey.tally.by_minute.shape, np.int64)
        for location_id, ts in created.select("location_id", "ts_seconds").rows():
            local = dt.datetime.fromtimestamp(ts, zones[location_id])
            minutes[survey.tally.axes.location_ids.index(location_id), local.hour * 60 + local.minute] += 1
        assert np.array_equal(survey.tally.by_minute, minutes)


def test_customers_sort_as_their_positions() -> None:
    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(-85, 85, 500).astype(np.float32), rng.uniform(-180, 180, 500).astype(np.float32)
    key = np.sort(make_keys(lat, lon))
    customers = Customers(key, np.ones(500, np.int64), Routes.none(500))
    by_position = np.lexsort((lon, lat))
    assert np.array_equal(customers.lat, lat[by_position])
    assert np.array_equal(customers.lon, lon[by_position])


def test_routes_lead_from_the_kitchen_to_the_customers(survey: Survey) -> None:
    for customers in survey.tally.customers:
        routes = customers.routes
        last = routes.start[1:] - 1
        assert np.array_equal((routes.lat_e6[last] / 1e6).astype(np.float32), customers.lat)
        assert np.array_equal((routes.lon_e6[last] / 1e6).astype(np.float32), customers.lon)
        assert len(set(routes.lat_e6[routes.start[:-1]].tolist())) == 1


def test_trips_are_the_orders_of_a_day(survey: Survey, dataset: Path) -> None:
    trips = survey.tally.trips.at(1, 3)
    assert len(trips.day) == survey.tally.orders[1, 3] > 0
    events = scan_events(dataset).filter(pl.col("location_id") == survey.tally.axes.location_ids[1]).collect()
    first_s = int(events["ts_seconds"].min() or 0) // 86_400 * 86_400  # type: ignore[arg-type]
    orders = (
        events.group_by("order_id")
        .agg(
            created=pl.col("ts_seconds").filter(pl.col("event_type_id") == 1).first(),
            picked_up=pl.col("ts_seconds").filter(pl.col("event_type_id") == 6).first(),
            ended=pl.col("ts_seconds").max(),
        )
        .filter((pl.col("created") - first_s) // 86_400 == 3)
    )
    seconds = orders["created"] - first_s - 3 * 86_400
    seen = zip(trips.created_s.tolist(), trips.picked_up_s.tolist(), trips.ended_s.tolist(), strict=True)
    assert sorted(seen) == sorted(
        zip(
            seconds, orders["picked_up"] - orders["created"], orders["ended"] - orders["created"], strict=True
        )
    )


def test_trips_have_one_order() -> None:
    """Also those of one place and second."""
    rng = np.random.default_rng(3)
    trips = Trips._make(rng.integers(0, 2, 300).astype(column.dtype) for column in Trips.none().columns())
    mixed = rng.permutation(300)
    half = [
        Trips._make(column[mixed][part] for column in trips.columns())
        for part in (slice(150), slice(150, 300))
    ]
    for one, other in zip(half[1].join(half[0]).columns(), trips.sort().columns(), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("orders_a_day", "n_days"), [(10, 5), (5_000, 90), (30_000, 10), (400_000, 20), (40, 36_500)]
)
def test_days_that_can_be_played_are_bounded_and_spread(orders_a_day: int, n_days: int) -> None:
    played = choose_played(np.full(n_days, orders_a_day))
    kept = played.days.sum() * orders_a_day * played.share
    assert 0 < kept <= TRIPS_MAX + 1
    assert kept > min(n_days * orders_a_day, TRIPS_MAX) / 3
    if 7 * orders_a_day <= TRIPS_MAX and n_days >= 7:
        # Each weekday can be played.
        assert len(set((np.flatnonzero(played.days) % 7).tolist())) == 7


def test_a_crowded_day_is_thinned_by_chance() -> None:
    played = Played(np.ones(1, bool), 0.25)
    kept = played.keeps(np.zeros(40_000, np.int64), np.arange(40_000))
    assert 0.23 < kept.mean() < 0.27


def test_times_fall_into_the_bins_that_begin_before_them() -> None:
    starts = bin_starts_s()
    assert starts[0] == 0
    assert (np.diff(starts) > 0).all()
    assert starts[-1] == 36_000


def test_damage_is_refused_or_certified(dataset: Path, tmp_path: Path) -> None:
    damaged = copy_of(dataset, tmp_path)
    part = first_part(damaged)
    data = bytearray(part.read_bytes())
    data[2_000] ^= 1
    part.write_bytes(data)
    found = survey_dataset(damaged)
    assert not found.verified.passed
    with pytest.raises(DamageError, match="files: "):
        found.check_sound()
