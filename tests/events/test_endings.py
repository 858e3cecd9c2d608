"""Orders that end early: rows, digests, files and frames, held against plain Python (docs/model.md, 5.4)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest

from fastgen.events.buffers import EventBuffers, route_arrays
from fastgen.events.digest import DayDigest, digest_day
from fastgen.events.kernels.expand import FIRST_ROW
from fastgen.events.row_group import GroupEncoder
from fastgen.events.schema import TableForm
from fastgen.generating.frames import to_arrow
from fastgen.model.day_orders import CANCEL_REASONS, NEVER_US, NOT_YET_US, DayOrders, Endings
from tests.events.rows import (
    COLUMNS,
    EPOCH_S,
    Row,
    canonical_bytes,
    digest_rows,
    expand_all,
    item_texts,
    some_orders,
    to_rows,
    town_routes,
)
from tests.events.test_buffers import expected_rows
from tests.events.test_row_group import assert_reads_as, write

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.events.kernels.expand import RouteArrays
    from fastgen.model.route_table import RouteTable

FORM = TableForm("i8", may_end_early=True)
# Twelve seconds between pings, so that cuts fall among them.
SHORT_PING_S = 12


def with_endings(orders: DayOrders, table: RouteTable, seed: int) -> DayOrders:
    """End orders in every way: at no time, cut off anywhere, cancelled at any step, never picked up."""
    draws, n = np.random.default_rng(seed), len(orders.draw)
    times_us, endings = orders.times_us.copy(), Endings.empty(n)
    endings.cut_us[:], endings.cancelled_us[:], endings.reason[:] = NEVER_US, NOT_YET_US, 0
    for i in range(n):
        created, delivered = times_us[i, 0], times_us[i, 5] + table.drive_us[orders.customer[i]]
        if draws.random() < 0.6:
            # Often at the very microsecond of something: what happens at the cut is no event.
            ping_us = times_us[i, 5] + SHORT_PING_S * 1_000_000 * draws.integers(1, 9)
            exact = [*times_us[i, 1:].tolist(), delivered, ping_us, ping_us + 1]
            endings.cut_us[i] = draws.choice([*exact, draws.integers(created + 1, delivered + 1)])
            endings.cut_us[i] = max(endings.cut_us[i], created + 1)
        if draws.random() < 0.4:
            endings.cancelled_us[i] = draws.integers(created, times_us[i, 5] + 1)
            endings.reason[i] = draws.integers(1, len(CANCEL_REASONS) + 1)
            times_us[i, 5] = NOT_YET_US
            times_us[i][times_us[i] > endings.cancelled_us[i]] = NOT_YET_US
    return orders._replace(times_us=times_us, endings=endings)


def early_orders(seed: int = 0, scale: float = 0.2) -> tuple[DayOrders, DayOrders, RouteArrays, RouteTable]:
    """Orders with endings, and the same if all were delivered."""
    delivered, _ = some_orders(scale=scale)
    table = town_routes(ping_interval_s=SHORT_PING_S)
    return with_endings(delivered, table, seed), delivered, route_arrays(table), table


def plain_rows(orders: DayOrders, delivered: DayOrders, table: RouteTable) -> list[Row]:
    """Rows by docs/model.md, 5.4: those of delivered orders that happen, and order_cancelled."""
    assert orders.endings is not None
    rows, at = expected_rows(delivered, table, ping_s=SHORT_PING_S), 0
    made: list[Row] = []
    for i in range(len(orders.draw)):
        cut, cancelled = int(orders.endings.cut_us[i]), int(orders.endings.cancelled_us[i])
        picked_up_us, own = int(orders.times_us[i, 5]), []
        n_pings = int(np.diff(table.ping_start)[orders.customer[i]])
        for k in range(7 + n_pings):
            row = rows[at + k]
            if row["event_type_id"] <= 6:
                us = int(orders.times_us[i, k])
            elif row["event_type_id"] == 7:
                us = picked_up_us + (k - 5) * SHORT_PING_S * 1_000_000
            else:
                us = picked_up_us + int(table.drive_us[orders.customer[i]])
            needed = us if row["event_type_id"] <= 6 else picked_up_us
            if needed != NOT_YET_US and us < cut:
                own.append({**row, "cancel_reason": None})
        if cancelled != NOT_YET_US and cancelled < cut:
            reason = CANCEL_REASONS[orders.endings.reason[i] - 1]
            fixed = {"order_id": rows[at]["order_id"], "location_id": 1, "event_type_id": 9}
            ts = EPOCH_S + cancelled // 1_000_000
            own.append(dict.fromkeys(own[0]) | fixed | {"ts_seconds": ts, "cancel_reason": reason})
        made += [row | {"sequence": number} for number, row in enumerate(own)]
        at += 7 + n_pings
    return made


@pytest.mark.parametrize("seed", range(5))
def test_rows_are_what_happened(seed: int) -> None:
    orders, delivered, routes, table = early_orders(seed)
    rows = to_rows(expand_all(orders, routes, ping_s=SHORT_PING_S))
    wanted = plain_rows(orders, delivered, table)
    assert rows == wanted
    last = [a["event_type_id"] for a, b in pairwise([*rows, rows[0]]) if b["event_type_id"] == 1]
    assert {8, 9} < set(last)
    assert len({row["cancel_reason"] for row in rows}) == 1 + len(CANCEL_REASONS)


@pytest.mark.parametrize("step", range(7))
def test_a_microsecond_before_the_epoch_is_a_time_as_any_other(step: int) -> None:
    """One of the steps of an order falls on -1, or its cancellation."""
    orders, delivered, routes, table = early_orders()
    assert orders.endings is not None
    times_us = np.column_stack((orders.times_us, orders.endings.cancelled_us))
    happens = (times_us[:, step] != NOT_YET_US) & (times_us[:, step] < orders.endings.cut_us)
    shift_us = -1 - int(times_us[happens, step][0])

    def shift(some_us: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.where(np.isin(some_us, [NOT_YET_US, NEVER_US]), some_us, some_us + shift_us)

    cut_us, cancelled_us = shift(orders.endings.cut_us), shift(orders.endings.cancelled_us)
    endings = orders.endings._replace(cut_us=cut_us, cancelled_us=cancelled_us)
    shifted = orders._replace(times_us=shift(orders.times_us), endings=endings)
    rows = to_rows(expand_all(shifted, routes, ping_s=SHORT_PING_S))
    wanted = plain_rows(shifted, delivered._replace(times_us=delivered.times_us + shift_us), table)
    assert rows == wanted
    usual = to_rows(expand_all(orders, routes, ping_s=SHORT_PING_S))
    assert [row["event_type_id"] for row in rows] == [row["event_type_id"] for row in usual]


def test_orders_may_be_expanded_part_by_part_in_used_memory() -> None:
    orders, _, routes, _ = early_orders()
    whole, parts = expand_all(orders, routes, ping_s=SHORT_PING_S), EventBuffers()
    for _ in range(2):
        parts.begin(orders, routes, item_texts(), EPOCH_S, SHORT_PING_S)
        for first, last in pairwise([0, 1, 2, 3, 7, 7, 20, len(orders.draw)]):
            parts.expand(first, last)
        assert to_rows(parts) == to_rows(whole)


def test_orders_without_an_early_end_have_the_rows_of_delivered_ones() -> None:
    orders, routes = some_orders()
    n = len(orders.draw)
    never = Endings(np.full(n, NEVER_US), np.full(n, NOT_YET_US), np.zeros(n, np.int8))
    rows = to_rows(expand_all(orders._replace(endings=never), routes))
    assert [row.pop("cancel_reason") for row in rows] == [None] * len(rows)
    assert rows == to_rows(expand_all(orders, routes))


def test_no_orders_no_rows() -> None:
    _, _, routes, _ = early_orders()
    assert to_rows(expand_all(DayOrders.empty(0, 1, with_endings=True), routes)) == []


@pytest.mark.parametrize("seed", range(3))
def test_the_digest_covers_the_reasons(seed: int) -> None:
    orders, _, routes, _ = early_orders(seed)
    expansion = expand_all(orders, routes, ping_s=SHORT_PING_S)
    rows, n = to_rows(expansion), len(orders.draw)
    made = digest_day(1, 2, expansion, 0, n)
    assert made == DayDigest(1, 2, n, len(rows), len(canonical_bytes(rows)), digest_rows(rows))
    start = expansion.events.start[:, FIRST_ROW]
    for first, last in [(0, 1), (3, 9), (n // 2, n), (5, 5)]:
        part = rows[int(start[first]) : int(start[last])]
        # Without rows the columns aren't known; nothing is digested then.
        assert digest_day(1, 2, expansion, first, last).digest == digest_rows(part)
    assert orders.endings is not None
    orders.endings.reason[:] = np.where(orders.endings.reason == 1, 2, orders.endings.reason)
    assert digest_day(1, 2, expansion, 0, n).digest != made.digest


@pytest.mark.parametrize("seed", range(3))
def test_files_read_as_the_rows_in_every_reader(seed: int, tmp_path: Path) -> None:
    orders, _, routes, table = early_orders(seed)
    expansion, n = expand_all(orders, routes, ping_s=SHORT_PING_S), len(orders.draw)
    write(tmp_path / "a.parquet", expansion, [0, n // 3, n], table=table, may_end_early=True)
    assert_reads_as(tmp_path / "a.parquet", to_rows(expansion))
    # Row groups of one order: some have no route, no ping, no reason, no end.
    write(tmp_path / "b.parquet", expansion, range(n + 1), table=table, may_end_early=True)
    assert_reads_as(tmp_path / "b.parquet", to_rows(expansion))
    metadata, starts = pq.read_metadata(tmp_path / "b.parquet"), expansion.events.start[: n + 1, FIRST_ROW]
    names = [metadata.schema.column(i).name for i in range(metadata.num_columns)]
    for group, (first, last) in enumerate(pairwise(starts.tolist())):
        kinds = expansion.events.event_type_id[first:last]
        found = metadata.row_group(group).column(names.index("event_type_id")).statistics
        assert (found.min, found.max) == (kinds.min(), kinds.max())


def test_the_dictionary_of_event_types_has_a_ninth_entry_only_there() -> None:
    """Files of orders that are all delivered keep every byte."""
    orders, delivered, routes, table = early_orders()
    for some, n_types in ((delivered, 8), (orders, 9)):
        expansion = expand_all(some, routes, ping_s=SHORT_PING_S)
        columns = list(GroupEncoder(table, 1).encode(expansion, 0, len(some.draw)))
        (kinds,) = [c for c, name in zip(columns, COLUMNS, strict=False) if name == "event_type_id"]
        assert kinds.n_entries == n_types
        assert kinds.dictionary == np.arange(1, n_types + 1, dtype=np.int32).tobytes()


@pytest.mark.parametrize("seed", range(3))
def test_frames_have_the_rows_and_their_microseconds(seed: int) -> None:
    orders, _, routes, table = early_orders(seed)
    expansion = expand_all(orders, routes, ping_s=SHORT_PING_S)
    rows = to_rows(expansion)
    assert to_arrow(expansion, 1, FORM).to_pylist() == rows
    names = ["order_id", "event_type_id", "sequence", "ts_us", "eta_tenths"]
    made = to_arrow(expansion, 1, FORM, names).to_pylist()
    ids = [orders.id_view[i].tobytes()[4:10].decode() for i in range(len(orders.draw))]
    assert orders.endings is not None
    for row, whole in zip(made, rows, strict=True):
        i, kind = ids.index(row["order_id"]), row["event_type_id"]
        drive_us = int(table.drive_us[orders.customer[i]])
        us = int(orders.times_us[i, min(kind - 1, 5)]) + (drive_us if kind == 8 else 0)
        us = int(orders.endings.cancelled_us[i]) if kind == 9 else us
        assert row["ts_us"] == us % 1_000_000
        assert row["eta_tenths"] == ((drive_us + 3_000_000) // 6_000_000 if kind == 6 else 0)
        assert whole["ts_seconds"] - EPOCH_S == us // 1_000_000 or kind == 7
