"""A forecast is worth something only if the build then keeps to it, and refuses what the build refuses."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastgen import ScenarioError, build, plan
from fastgen.building import costs
from fastgen.building.options import BuildOptions
from fastgen.building.plan import prepare
from fastgen.dataset.layout import Writer

if TYPE_CHECKING:
    from pathlib import Path

CAPPED = """
[locations.sf]
max_orders_day = 1000
[locations.sv]
max_orders_day = 1000
"""


@pytest.fixture(scope="module")
def capped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scenario") / "capped.toml"
    path.write_text(CAPPED)
    return path


@pytest.mark.parametrize(
    "options",
    [
        {"days": 20},
        {"days": 20, "locations": ["sf", "chicago"], "seed": 5},
        {"days": 5, "partition_by": "location_id,day"},
        {"days": 5, "layout": "single", "scale": 0.5},
    ],
)
def test_the_build_keeps_to_it(options: dict[str, Any], roads: Path, tmp_path: Path) -> None:
    found = plan(roads=roads, **options)
    manifest = build(tmp_path, roads=roads, **options).manifest
    assert found.orders == manifest.orders
    assert found.files == len(manifest.files)
    assert found.location_days == len(manifest.days)
    assert found.events == pytest.approx(manifest.rows, rel=0.02)
    by_location = {
        row.location_id: (row.orders, row.files if found.layout == "hive" else None)
        for row in found.locations
    }
    for location_id, (orders, files) in by_location.items():
        assert orders == sum(d.orders for d in manifest.days if d.location_id == location_id)
        paths = [entry.path for entry in manifest.files if f"/location_id={location_id}/" in entry.path]
        assert files is None or files == len(paths)


def test_locations_add_up(roads: Path) -> None:
    found = plan(days=30, roads=roads)
    for field in ("files", "orders", "events", "bytes"):
        assert getattr(found, field) == sum(getattr(row, field) for row in found.locations)


@pytest.mark.parametrize("writer", ["fastgen", "polars"])
@pytest.mark.parametrize("compression", ["zstd", "snappy", "none"])
def test_bytes_are_near_on_the_built_in_networks(compression: Any, writer: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"days": 30, "locations": ["sf", "bellevue"], "compression": compression}
    options["writer"] = writer
    manifest = build(tmp_path, **options).manifest
    assert plan(**options).bytes == pytest.approx(sum(entry.bytes for entry in manifest.files), rel=0.2)


def test_a_hundred_times_the_orders_are_a_hundred_times_the_bytes(roads: Path) -> None:
    one, hundred = plan(days=30, roads=roads), plan(days=30, scale=100, roads=roads)
    assert hundred.orders == pytest.approx(100 * one.orders, rel=0.02)
    assert hundred.bytes == pytest.approx(100 * one.bytes, rel=0.02)
    assert hundred.memory_bytes < 1.5 * one.memory_bytes
    assert hundred.files > 5 * one.files


def test_ten_years_of_capped_growth_can_be_planned(roads: Path, capped: Path) -> None:
    found = plan(days=3650, scenario=capped, roads=roads)
    assert found.location_days == 4 * 3650
    assert found.last_date.isoformat() == "2033-12-28"
    assert all(row.orders <= 3650 * 1000 * 1.35 * 1.1 for row in found.locations)


def test_a_long_calendar_begins_as_a_short_one(roads: Path, capped: Path) -> None:
    """A long one is counted in threads."""
    long, short = (
        prepare(BuildOptions(days=n, scenario=capped, roads=roads)).source.n_orders for n in (400, 300)
    )
    for location_id, counts in short.items():
        assert np.array_equal(long[location_id][:300], counts)


@pytest.mark.parametrize("options", [{"days": 3650}, {"scale": 1e8}, {"days": 90, "scale": 2e7}])
def test_overflow_is_refused_with_the_expected_count(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"expected at most .* orders.*, got about \d") as planned:
        plan(**options)
    with pytest.raises(ScenarioError) as built:
        build(tmp_path / "out", **options)
    assert str(built.value) == str(planned.value)
    assert not (tmp_path / "out").exists()


def test_more_workers_take_less_time_and_more_memory(roads: Path) -> None:
    one, two = (plan(scale=10, workers=n, roads=roads) for n in (1, 2))
    assert two.memory_bytes > one.memory_bytes
    planning = costs.plan_seconds(one.location_days)
    assert one.seconds == planning + costs.seconds(one.events, one.files, 1, Writer.FASTGEN)
    assert two.seconds == planning + costs.seconds(
        one.events, one.files, min(2, os.cpu_count() or 1), Writer.FASTGEN
    )


def test_workers_named_are_those_that_find_work(roads: Path) -> None:
    assert plan(days=3, layout="single", workers=2, roads=roads).workers == 1
    assert plan(days=3, workers=200, roads=roads).workers == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, r"^workers: expected 1 <= workers <= 256, got 0\.$"),
        ({"workers": 257}, r"^workers: expected 1 <= workers <= 256, got 257\.$"),
        ({"compression": "gzip"}, r"^compression: expected 'zstd' or 'snappy' or 'none', got 'gzip'\.$"),
        ({"compression": "ZSTD"}, "^compression: expected 'zstd'"),
        ({"layout": "flat"}, r"^layout: expected 'hive' or 'single', got 'flat'\.$"),
        ({"partition_by": "day"}, "^partition_by: expected 'location_id' or 'location_id,day', got 'day'"),
    ],
)
def test_plan_refuses_what_build_refuses(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=message):
        plan(days=1, **options)
    with pytest.raises(ScenarioError, match=message):
        build(tmp_path / "out", days=1, **options)
    assert not (tmp_path / "out").exists()
