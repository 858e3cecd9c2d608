"""What is encoded by knowledge of orders must read as if it had been written row by row, in every reader."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from fastgen.events.buffers import route_arrays
from fastgen.events.columns import bounds_of
from fastgen.events.row_group import GroupEncoder, _number_baskets, file_fields
from fastgen.events.schema import TableForm
from fastgen.kernels.order_ids import IDS_6, IDS_7, write_order_ids
from fastgen.parquet.codecs import make_codec
from fastgen.parquet.file import FileWriter
from fastgen.rng import Purpose, stream
from tests.events.rows import COLUMNS, expand_all, some_orders, to_rows, town_routes
from tests.orders.parameters import make_model, simulate_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fastgen.events.buffers import EventBuffers
    from fastgen.model.day_orders import DayOrders
    from fastgen.model.route_table import RouteTable
    from tests.events.rows import Row

TABLE = town_routes()
WITHOUT_BOUNDS = {"order_id", "customer_addr", "items_json", "route_json"}


@pytest.fixture(scope="module")
def expansion() -> EventBuffers:
    orders, routes = some_orders()
    return expand_all(orders, routes)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.parquet"


def cuts_of(expansion: EventBuffers) -> list[int]:
    """Cut into a group of one order, a small one, the rest, and one order again: memory shrinks and grows."""
    n = len(expansion.orders.draw)
    assert n > 10
    return [0, 1, 6, n - 1, n]


def write(
    path: Path,
    expansion: EventBuffers,
    cuts: Sequence[int],
    *,
    table: RouteTable = TABLE,
    location_id: int | None = 1,
    sequence_kind: str = "i8",
    may_end_early: bool = False,
) -> None:
    encoder = GroupEncoder(table, location_id)
    form = TableForm(sequence_kind, may_end_early)
    fields = file_fields(form, with_location=location_id is not None)
    with FileWriter(path, fields, make_codec("zstd"), {}) as writer:
        for first, last in pairwise(cuts):
            n_rows = expansion.count_rows(last) - expansion.count_rows(first)
            writer.add_group(n_rows, encoder.encode(expansion, first, last))
        writer.finish()


def readings(path: Path) -> Iterator[tuple[str, list[Row]]]:
    """Rows as three readers find them."""
    yield "pyarrow", pq.read_table(path).to_pylist()
    yield "polars", pl.read_parquet(path).to_dicts()
    relation = duckdb.read_parquet(str(path))
    yield "duckdb", [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def assert_reads_as(path: Path, rows: list[Row]) -> None:
    for reader, found in readings(path):
        assert len(found) == len(rows), reader
        different = [(a, b) for a, b in zip(found, rows, strict=True) if a != b]
        assert different == [], reader


def by_group(path: Path, expansion: EventBuffers, cuts: Sequence[int]) -> Iterator[tuple[Any, list[Row]]]:
    """Give each row group's metadata and rows."""
    metadata, rows = pq.read_metadata(path), to_rows(expansion)
    assert metadata.num_row_groups == len(cuts) - 1
    for group, (first, last) in enumerate(pairwise(cuts)):
        yield metadata.row_group(group), rows[expansion.count_rows(first) : expansion.count_rows(last)]


# --- rows ---------------------------------------------------------------------------------------------------


def test_groups_read_as_the_rows_of_the_expansion(expansion: EventBuffers, path: Path) -> None:
    write(path, expansion, cuts_of(expansion))
    assert_reads_as(path, to_rows(expansion))
    assert list(pq.read_schema(path).names) == list(COLUMNS)


def test_cuts_do_not_show_in_the_rows(expansion: EventBuffers, path: Path) -> None:
    n = len(expansion.orders.draw)
    for cuts in ([0, n], range(n + 1)):
        write(path, expansion, cuts)
        assert pq.read_table(path).to_pylist() == to_rows(expansion)


def test_stretch_of_an_expansion_may_be_written_alone(expansion: EventBuffers, path: Path) -> None:
    write(path, expansion, [3, 8])
    assert_reads_as(path, to_rows(expansion)[expansion.count_rows(3) : expansion.count_rows(8)])


def test_file_without_the_location(expansion: EventBuffers, path: Path) -> None:
    write(path, expansion, cuts_of(expansion), location_id=None)
    rows = to_rows(expansion)
    for row in rows:
        del row["location_id"]
    assert_reads_as(path, rows)


@pytest.mark.parametrize("location_id", [0, 4, 127])
def test_location_is_the_one_given(location_id: int, expansion: EventBuffers, path: Path) -> None:
    write(path, expansion, cuts_of(expansion), location_id=location_id)
    assert_reads_as(path, to_rows(expansion, location_id))


def test_ids_of_every_width_in_one_group(path: Path) -> None:
    orders, routes = some_orders()
    for place, first in enumerate((0, IDS_6, IDS_6 + IDS_7)):
        view = np.empty_like(orders.id_view)
        write_order_ids(stream(42, 0, Purpose.ORDER_ID), first + np.arange(len(view)), view)
        orders.id_view[place::3] = view[place::3]
    expansion = expand_all(orders, routes)
    rows = to_rows(expansion)
    assert {len(row["order_id"]) for row in rows} == {6, 7, 8}
    write(path, expansion, cuts_of(expansion))
    assert_reads_as(path, rows)


@pytest.mark.parametrize(("ping_s", "kind", "longest"), [(1, "i16", 129), (60, "i16", 8), (60, "i8", 8)])
def test_sequence_of_either_width(ping_s: int, kind: str, longest: int, path: Path) -> None:
    table = town_routes(ping_interval_s=ping_s)
    orders = simulate_all(make_model("sf", scale=0.1), 0, table.n_customers)
    expansion = expand_all(orders, route_arrays(table), ping_s=ping_s)
    rows = to_rows(expansion)
    assert max(row["sequence"] for row in rows) >= longest
    write(path, expansion, cuts_of(expansion), table=table, sequence_kind=kind)
    assert_reads_as(path, rows)
    expected = pl.Int8() if kind == "i8" else pl.Int16()
    assert pl.read_parquet_schema(path)["sequence"] == expected


def test_town_without_pings(path: Path) -> None:
    """The columns of pings are null from end to end, and their dictionary has nothing to hold."""
    table = town_routes(ping_interval_s=86_400)
    assert table.max_pings == 0
    orders = simulate_all(make_model("sf", scale=0.1), 0, table.n_customers)
    expansion = expand_all(orders, route_arrays(table), ping_s=86_400)
    write(path, expansion, cuts_of(expansion), table=table)
    assert_reads_as(path, to_rows(expansion))
    for group, rows in by_group(path, expansion, cuts_of(expansion)):
        for name in ("ping_lat", "ping_lon", "ping_progress"):
            statistics = group.column(COLUMNS.index(name)).statistics
            assert (statistics.null_count, statistics.has_min_max) == (len(rows), False)


def test_file_of_one_order(path: Path) -> None:
    orders, routes = some_orders()
    expansion = expand_all(orders.section(5, 6), routes)
    write(path, expansion, [0, 1])
    rows = to_rows(expansion)
    assert (rows[0]["event_type_id"], rows[-1]["event_type_id"]) == (1, 8)
    assert_reads_as(path, rows)


def test_customer_who_orders_again_has_one_entry(path: Path) -> None:
    orders, routes = some_orders()
    orders.customer[::2] = orders.customer[0]
    expansion = expand_all(orders, routes)
    write(path, expansion, cuts_of(expansion))
    assert_reads_as(path, to_rows(expansion))
    encoded = dict(zip(COLUMNS, GroupEncoder(TABLE, 1).encode(expansion, 0, len(orders.draw)), strict=True))
    for name in ("customer_lat", "customer_lon", "route_json"):
        assert encoded[name].n_entries == len(set(orders.customer.tolist())) < len(orders.draw)
    assert encoded["order_id"].n_entries == len(orders.draw)


# --- what readers skip by, and what compresses --------------------------------------------------------------


def test_statistics_are_tight(expansion: EventBuffers, path: Path) -> None:
    cuts = cuts_of(expansion)
    write(path, expansion, cuts)
    for group, rows in by_group(path, expansion, cuts):
        assert group.num_rows == len(rows)
        for c, name in enumerate(COLUMNS):
            values = [row[name] for row in rows if row[name] is not None]
            statistics = group.column(c).statistics
            assert statistics.null_count == len(rows) - len(values), name
            if name in WITHOUT_BOUNDS:
                assert not statistics.has_min_max, name
            elif values:
                assert (statistics.min, statistics.max) == (min(values), max(values)), name


def test_window_of_time_touches_few_groups(expansion: EventBuffers, path: Path) -> None:
    """And no row of it is lost to a reader that skips the others."""
    cuts = list(range(0, len(expansion.orders.draw) + 1, 2))
    write(path, expansion, cuts)
    rows = to_rows(expansion)[: expansion.count_rows(cuts[-1])]
    low = rows[len(rows) // 2]["ts_seconds"]
    expected = [row for row in rows if low <= row["ts_seconds"] < low + 600]
    spans = [
        group.column(COLUMNS.index("ts_seconds")).statistics for group, _ in by_group(path, expansion, cuts)
    ]
    assert 1 <= sum(span.min < low + 600 and span.max >= low for span in spans) < len(spans)
    within = (pl.col("ts_seconds") >= low) & (pl.col("ts_seconds") < low + 600)
    assert pl.scan_parquet(path).filter(within).collect().to_dicts() == expected
    condition = f"ts_seconds >= {low} AND ts_seconds < {low + 600}"
    assert len(duckdb.read_parquet(str(path)).filter(condition).fetchall()) == len(expected)


@pytest.mark.parametrize("zeros", [[0.0], [-0.0], [0.0, -0.0], [-0.0, 0.0]])
@pytest.mark.parametrize("others", [[], [1.0], [-1.0]])
def test_bounds_of_zeros_have_both_signs(zeros: list[float], others: list[float]) -> None:
    """As parquet.thrift asks: readers may tell one zero from the other."""
    bounds = bounds_of(np.array(zeros + others, np.float32))
    assert bounds is not None
    expected = [min([-0.0, *others]), max([0.0, *others])]
    assert [bounds.least, bounds.greatest] == [np.float32(value).tobytes() for value in expected]


def test_routes_follow_each_other_along_the_tree(expansion: EventBuffers, path: Path) -> None:
    cuts = cuts_of(expansion)
    write(path, expansion, cuts)
    file = pq.ParquetFile(path, read_dictionary=["route_json"])
    text = TABLE.text.tobytes().decode()
    for group, (first, last) in enumerate(pairwise(cuts)):
        customers = set(expansion.orders.customer[first:last].tolist())
        ordered = [c for c in TABLE.by_path.tolist() if c in customers]
        expected = [text[TABLE.text_start[c] : TABLE.text_start[c + 1]] for c in ordered]
        chunk = file.read_row_group(group, columns=["route_json"]).column(0).chunk(0)
        assert chunk.dictionary.to_pylist() == expected


def test_orders_of_the_same_basket_share_an_entry(path: Path) -> None:
    """Baskets of alike lines follow each other, whatever the orders that have them."""
    orders, routes = some_orders()
    expansion = expand_all(orders, routes)
    cuts = cuts_of(expansion)
    write(path, expansion, cuts)
    file = pq.ParquetFile(path, read_dictionary=["items_json"])
    for group, (first, last) in enumerate(pairwise(cuts)):
        chunk = file.read_row_group(group, columns=["items_json"]).column(0).chunk(0)
        entries = chunk.dictionary.to_pylist()
        rows = to_rows(expansion)[expansion.count_rows(first) : expansion.count_rows(last)]
        texts = [row["items_json"] for row in rows if row["items_json"] is not None]
        assert set(entries) == set(texts)
        assert len(entries) == len(set(texts))
        lines = [[(line["id"], line["qty"]) for line in json.loads(entry)[:2]] for entry in entries]
        assert lines == sorted(lines)


def test_items_beyond_the_rank_of_lines_are_kept_apart() -> None:
    """A table may have more items than the order of baskets tells apart."""
    orders, _ = some_orders()
    orders = orders._replace(line_item=orders.line_item + (1 << 24))
    first, place = _number_baskets(orders)
    baskets = baskets_of(orders)
    assert len(first) == len(set(map(tuple, baskets)))
    assert [baskets[first[p]] for p in place] == baskets


def baskets_of(orders: DayOrders) -> list[list[tuple[int, int]]]:
    lines = list(zip(orders.line_item.tolist(), orders.line_qty.tolist(), strict=True))
    return [lines[first:last] for first, last in pairwise(orders.line_start.tolist())]
