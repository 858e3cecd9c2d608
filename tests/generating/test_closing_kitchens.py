"""Orders that are cancelled, or open at the cut, go through the whole house too."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest

import fastgen
from fastgen.dataset.index import read_index
from fastgen.dataset.info import describe_dataset
from fastgen.dataset.manifest import parse_manifest, read_manifest
from fastgen.dataset.verify.run import verify_dataset
from fastgen.events.day_digest import DIGEST_VERSION, DIGEST_VERSION_OF_ENDINGS
from fastgen.events.schema import COLUMNS, TableForm
from fastgen.generating.digests import digest_days
from fastgen.generating.scan import scan_simulation
from fastgen.generating.unwritten import open_unwritten
from tests.building.toy import write_toy_roads
from tests.events.rows import digest_rows
from tests.generating.closing_builds import DAYS, LOCATIONS, build_closing, simulate_closing
from tests.generating.closing_kitchens import CALLS_PER_DAY
from tests.helpers import slice_of

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [*(column.name for column in COLUMNS), "cancel_reason"]


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_roads(tmp_path_factory.mktemp("closing_roads"))


@pytest.fixture(scope="module")
def dataset(roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_closing(tmp_path_factory.mktemp("closing") / "data", roads).path


@pytest.fixture(scope="module")
def rows(dataset: Path) -> pl.DataFrame:
    return fastgen.scan_events(dataset).collect()


def test_orders_end_in_every_way(rows: pl.DataFrame) -> None:
    lists = rows.group_by("order_id", maintain_order=True).agg("event_type_id", "cancel_reason")
    ways = Counter(tuple(kinds) for kinds in lists["event_type_id"].to_list())
    assert sum(ways.values()) == len(LOCATIONS) * DAYS * CALLS_PER_DAY
    # Delivered; cancelled at once, and while a driver waits; open before, in and after the kitchen.
    for way in ((1, 2, 3, 4, 5, 6, 8), (1, 9), (1, 2, 5, 9), (1,), (1, 2), (1, 2, 3, 4, 5, 6, 7)):
        assert ways[way] > 0, way
    assert rows["cancel_reason"].drop_nulls().unique().sort().to_list() == ["kitchen_closed", "no_route"]
    assert (rows["cancel_reason"].is_not_null() == (rows["event_type_id"] == 9)).all()


def test_all_that_verify_checks_holds(dataset: Path) -> None:
    report = verify_dataset(dataset)
    assert report.passed, report.to_lines()
    checked = {check.name: check.checked for check in report.checks}
    assert checked["endings"] == checked["lifecycle"] == checked["times"] == read_manifest(dataset).orders


def test_the_manifest_states_it_and_comes_back(dataset: Path) -> None:
    manifest = read_manifest(dataset)
    assert manifest.source is not None
    assert manifest.source.may_end_early
    assert manifest.digest_version == DIGEST_VERSION_OF_ENDINGS == DIGEST_VERSION + 1
    assert manifest.table_form == read_index(dataset).table_form == TableForm("i8", may_end_early=True)
    assert parse_manifest((dataset / "manifest.json").read_text(), "") == manifest


def test_digests_are_those_of_plain_rows(dataset: Path, rows: pl.DataFrame) -> None:
    days = read_manifest(dataset).days
    at = 0
    for stated in days:
        assert digest_rows(rows[at : at + stated.rows].to_dicts()) == stated.digest
        at += stated.rows
    assert at == rows.height


@pytest.mark.parametrize("writer", ["fastgen", "polars"])
@pytest.mark.parametrize("layout", ["single", "hive"])
@pytest.mark.parametrize("workers", [1, 2])
def test_every_worker_layout_and_writer_gives_the_same(
    rows: pl.DataFrame, dataset: Path, roads: Path, tmp_path: Path, workers: int, layout: str, writer: str
) -> None:
    form = {"layout": layout, "partition_by": "location_id,day", "writer": writer}
    made = build_closing(tmp_path / "again", roads, workers, **form)
    assert made.manifest.digest == read_manifest(dataset).digest
    assert fastgen.scan_events(made.path).collect().equals(rows)
    report = verify_dataset(made.path, against=dataset)
    assert report.passed, report.to_lines()


@pytest.mark.parametrize("writer", ["fastgen", "polars"])
def test_four_readers_find_the_same_rows(
    rows: pl.DataFrame, roads: Path, tmp_path: Path, writer: str
) -> None:
    path = build_closing(tmp_path / "data", roads, layout="single", writer=writer).path / "events.parquet"
    wanted = rows.to_dicts()
    assert pl.read_parquet(path).to_dicts() == wanted
    assert ds.dataset(path).to_table().to_pylist() == wanted
    with duckdb.connect() as connection:
        found = connection.sql(f"SELECT * FROM read_parquet('{path}')")  # noqa: S608  # our own file
        assert [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()] == wanted
    frame = pd.read_parquet(path)
    assert list(frame.columns) == NAMES
    assert frame["cancel_reason"].dropna().tolist() == rows["cancel_reason"].drop_nulls().to_list()
    assert frame["event_type_id"].tolist() == rows["event_type_id"].to_list()


def test_fewer_days_and_a_location_alone_are_parts_of_the_whole(
    dataset: Path, roads: Path, tmp_path: Path
) -> None:
    days = read_manifest(dataset).days
    short = build_closing(tmp_path / "short", roads, days=DAYS - 1)
    assert short.manifest.days == tuple(d for d in days if d.day < DAYS - 1)
    alone = build_closing(tmp_path / "alone", roads, locations=("chicago",))
    assert alone.manifest.days == tuple(d for d in days if d.location_id == 4)


def test_days_made_in_pieces_have_the_same_digests(
    dataset: Path, roads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large days are made in several chunks, and digested from files."""
    for name in ("WHOLE_DAY_EVENTS", "CHUNK_EVENTS"):
        monkeypatch.setattr(f"fastgen.generating.maker.{name}", 100)
    monkeypatch.setattr("fastgen.generating.digests.WHOLE_DAY_EVENTS", 100)
    stated = read_manifest(dataset).days
    assert build_closing(tmp_path / "pieces", roads).manifest.days == stated
    assert digest_days(simulate_closing(roads), tmp_path / "cache") == list(stated)


def test_events_without_files_are_those_of_the_files(
    dataset: Path, rows: pl.DataFrame, roads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulation = simulate_closing(roads)
    assert scan_simulation(simulation).collect().equals(rows)
    some = scan_simulation(simulation).select("cancel_reason", "sequence").collect()
    assert some.equals(rows.select("cancel_reason", "sequence"))
    opened = open_unwritten(simulation, "scenario:x", digest_days(simulation, tmp_path))
    assert opened.manifest.digest == read_manifest(dataset).digest
    for raw in (False, True):
        window = ("0T13:00", "1T22:00")
        assert slice_of(opened, *window, raw=raw) == slice_of(dataset, *window, raw=raw)
    # A day of several row groups, each with the seconds that its events have.
    for name, value in (("WHOLE_GROUP_EVENTS", 100), ("ROW_GROUP_ROWS", 100)):
        monkeypatch.setattr(f"fastgen.generating.unwritten.{name}", value)
    for part in open_unwritten(simulation, "scenario:x", digest_days(simulation, tmp_path)).index.files:
        with part.open() as file:
            groups = file.row_groups()
            assert len(groups) > 1
            for number, group in enumerate(groups):
                seconds = file.read([number], ["ts_seconds"]).column("ts_seconds").to_numpy()
                assert (group.first_s, group.last_s) == (seconds.min(), seconds.max())


def test_info_counts_the_endings(dataset: Path, rows: pl.DataFrame) -> None:
    info = describe_dataset(dataset)
    counts = Counter(rows["event_type_id"].to_list())
    assert list(info.event_types.values()) == [counts[kind] for kind in range(1, 10)]
    assert info.total.orders == counts[1] > counts[8] + counts[9] > counts[8] > 0
    ends = {kind: rows.filter(event_type_id=kind) for kind in (1, 8)}
    both = ends[8].join(ends[1], on="order_id")
    assert info.total.delivery_p50_s == (both["ts_seconds"] - both["ts_seconds_right"]).median()
