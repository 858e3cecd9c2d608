"""The disturbances of a scenario are published as a table, a row for each thing that one hits."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import duckdb
import pytest

import fastgen
from fastgen.publishing.run import publish
from tests.cooking.towns import ALL_KINDS, text_of
from tests.small_town import write_towns

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "universe_disturbances"


def at(day: int, hour: int) -> dt.datetime:
    return dt.datetime(2024, 1, 1 + day, hour, tzinfo=dt.UTC).replace(tzinfo=None)


def read(folder: Path, text: str) -> list[tuple[object, ...]]:
    """Build a scenario, publish it, and read the table in order; empty if there is none."""
    (folder / "it.toml").write_text(text, encoding="utf-8")
    roads = write_towns(folder / "towns")
    path = fastgen.build(
        folder / "data", scenario=folder / "it.toml", roads=roads, days=1, locations=["sf"], workers=1
    ).path
    done = publish(path, f"duckdb:{folder / 'all.duckdb'}")
    if TABLE not in done.tables:
        return []
    with duckdb.connect(folder / "all.duckdb") as connection:
        query = """
            SELECT site, name, kind, begins, ends, target, size FROM universe_disturbances
            ORDER BY name, target"""
        return connection.execute(query).fetchall()


def test_each_thing_that_is_hit_has_a_row(tmp_path: Path) -> None:
    rows = read(tmp_path, text_of(*ALL_KINDS))
    assert rows == [
        ("sf", "a", "station_outage", at(1, 18), at(1, 19), "sites/sf/kitchens/kitchen-1/stations/oven-1", 1),
        ("sf", "a", "station_outage", at(1, 18), at(1, 19), "sites/sf/kitchens/kitchen-2/stations/oven-1", 1),
        ("sf", "b", "fewer_couriers", at(2, 12), at(2, 13), "sites/sf", 1),
        ("sf", "c", "demand_surge", at(1, 12), at(1, 13), "sites/sf", 2.5),
        ("sf", "d", "brand_launch", at(2, 10), None, "brands/Tangelo & Thyme", 1),
        ("sf", "e", "rain", at(3, 12), at(3, 20), "sites/sf", 50),
        ("sf", "f", "kitchen_closed", at(2, 19), at(2, 21), "sites/sf/kitchens/kitchen-1", 1),
        ("sf", "f", "kitchen_closed", at(2, 19), at(2, 21), "sites/sf/kitchens/kitchen-2", 1),
    ]


@pytest.mark.parametrize("text", [text_of(), ""])
def test_without_disturbances_there_is_no_table(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == []


def test_times_are_utc_where_those_of_the_events_are(tmp_path: Path) -> None:
    rows = read(tmp_path, 'clock = "utc"\n' + text_of(ALL_KINDS[-1]))
    assert [row[3:5] for row in rows] == [(at(3, 3), at(3, 5))] * 2
