"""The figures of info are what people quote: they must be those of the rows, counted another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from fastgen.dataset.info import describe_dataset
from fastgen.dataset.manifest import read_manifest
from fastgen.dataset.reading.scan import scan_events
from fastgen.errors import DamageError
from fastgen.events.schema import EVENT_TYPES
from tests.golden.queries import polars_views
from tests.helpers import build_small, change_manifest, copy_of, first_part

if TYPE_CHECKING:
    from pathlib import Path


def test_it_repeats_the_manifest(dataset: Path) -> None:
    info, manifest = describe_dataset(dataset), read_manifest(dataset)
    assert info.digest == manifest.digest
    assert (info.scenario, info.seed, info.days, info.scale) == ("canonical", 42, 3, 0.2)
    assert (str(info.first_date), str(info.last_date)) == ("2024-01-01", "2024-01-03")
    assert (info.layout, info.files) == ("hive", 2)
    files = [path for path in dataset.rglob("*.parquet") if path.is_file()]
    assert info.bytes == sum(path.stat().st_size for path in files)
    assert all(network.synthetic for network in info.networks)


def test_counts_are_those_of_the_rows(dataset: Path) -> None:
    info, events = describe_dataset(dataset), scan_events(dataset).collect()
    counts = dict(events.group_by("event_type_id").len().iter_rows())
    assert info.event_types == {kind: counts[i + 1] for i, kind in enumerate(EVENT_TYPES[:8])}
    for row, location_id in zip(info.locations, (1, 4), strict=True):
        here = events.filter(pl.col("location_id") == location_id)
        pings = here.filter(pl.col("event_type_id") == 7).height
        assert row.orders == here["order_id"].n_unique()
        assert row.events == here.height
        assert row.pings_per_order == pytest.approx(pings / row.orders)
        assert row.events_per_order == pytest.approx(here.height / row.orders)
    assert info.total.events == events.height


def test_delivery_times_and_revenue_are_those_of_the_rows(dataset: Path) -> None:
    info, views = describe_dataset(dataset), polars_views(dataset)
    ends = views["events"].filter(pl.col("event_type_id").is_in([1, 8])).collect()
    seconds = ends.group_by("order_id", "location_id").agg(pl.max("ts_seconds") - pl.min("ts_seconds"))
    cents = views["order_items"].group_by("location_id").agg(pl.col("price_cents").dot("qty")).collect()
    revenue = dict(cents.iter_rows())
    for row, location_id in zip(info.locations, (1, 4), strict=True):
        here = seconds.filter(pl.col("location_id") == location_id)["ts_seconds"]
        assert row.delivery_p50_s == pytest.approx(here.quantile(0.50, "linear"))
        assert row.delivery_p95_s == pytest.approx(here.quantile(0.95, "linear"))
        assert row.revenue == pytest.approx(revenue[location_id] / 100)
    assert info.total.delivery_p95_s == pytest.approx(seconds["ts_seconds"].quantile(0.95, "linear"))
    assert info.total.revenue == pytest.approx(sum(revenue.values()) / 100)


def test_the_single_layout_has_the_same_figures(dataset: Path, tmp_path: Path) -> None:
    single = describe_dataset(build_small(tmp_path, layout="single"))
    assert single.locations == describe_dataset(dataset).locations
    assert (single.layout, single.files) == ("single", 1)


def test_a_dataset_without_orders_has_figures_too(tmp_path: Path) -> None:
    info = describe_dataset(build_small(tmp_path, scale=1e-9))
    assert (info.total.orders, info.total.events, info.total.revenue) == (0, 0, 0.0)
    assert info.total.delivery_p50_s is None


def test_a_damaged_dataset_is_refused(dataset: Path, tmp_path: Path) -> None:
    copy = copy_of(dataset, tmp_path)
    first_part(copy).write_bytes(b"PAR1")
    with pytest.raises(DamageError, match=r"part-00000-00002\.parquet: expected \d+ bytes .*, got 4\."):
        describe_dataset(copy)
    change_manifest(copy, lambda raw: raw.update(rows=1))
    with pytest.raises(DamageError, match=r"manifest\.json: expected rows"):
        describe_dataset(copy)
