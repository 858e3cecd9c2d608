"""What is expanded is written: each row is held against docs/model.md, 5 in plain Python."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.events.buffers import EventBuffers, route_arrays
from fastgen.events.schema import COLUMNS, EVENT_TYPES, MAX_PINGS_I8, sequence_kind
from fastgen.inputs.loading import load_inputs
from fastgen.model.day_orders import DayOrders
from tests.events.rows import EPOCH_S, PING_S, Row, expand_all, item_texts, some_orders, to_rows, town_routes
from tests.orders.parameters import make_model, simulate_all

if TYPE_CHECKING:
    from fastgen.model.route_table import RouteTable


def expected_rows(orders: DayOrders, table: RouteTable, ping_s: int = PING_S) -> list[Row]:
    """Rows by docs/model.md, 5.2, an order at a time."""
    dims, rows = load_inputs(None, None)[1], []
    text, streets = table.text.tobytes(), table.street_text.tobytes()
    for i in range(len(orders.draw)):
        c = int(orders.customer[i])
        times = [int(t) for t in orders.times_us[i]]
        where = {"customer_lat": float(table.lat[c]), "customer_lon": float(table.lon[c])}
        street = int(table.street[c])
        name = streets[table.street_start[street] : table.street_start[street + 1]].decode()
        lines = range(orders.line_start[i], orders.line_start[i + 1])
        items = [_item(dims.items, int(orders.line_item[k]), int(orders.line_qty[k])) for k in lines]
        created = {
            **where,
            "customer_addr": f"{orders.house_number[i]}{name}",
            "items_json": "[" + ",".join(items) + "]",
        }
        picked_up = {"route_json": text[table.text_start[c] : table.text_start[c + 1]].decode()}
        of_type: dict[int, Row] = {0: created, 5: picked_up}
        order_id = orders.id_view[i].tobytes()[4 : 4 + int(orders.id_view[i, 0]) % 256].decode()
        own = [
            _row(order_id, kind, kind - 1, times[kind - 1], of_type.get(kind - 1, {})) for kind in range(1, 7)
        ]
        pings = range(table.ping_start[c], table.ping_start[c + 1])
        for k, at in enumerate(pings):
            columns = ("ping_lat", "ping_lon", "ping_progress")
            values = {column: float(getattr(table, column)[at]) for column in columns}
            own.append(_row(order_id, 7, 6 + k, times[5] + (k + 1) * ping_s * 1_000_000, values))
        own.append(_row(order_id, 8, 6 + len(pings), times[5] + int(table.drive_us[c]), where))
        rows += own
    return rows


def _row(order_id: str, kind: int, sequence: int, time_us: int, values: Row) -> Row:
    row: Row = dict.fromkeys(c.name for c in COLUMNS)
    fixed = {"order_id": order_id, "location_id": 1, "event_type_id": kind, "sequence": sequence}
    return {**row, **fixed, "ts_seconds": EPOCH_S + time_us // 1_000_000, **values}


def _item(items: object, row: int, qty: int) -> str:
    columns = ("id", "category_id", "menu_id", "brand_id", "name", "price")
    values = {c: getattr(items, c)[row] for c in columns}
    numbers = ",".join(f'"{c}":{values[c]}' for c in columns[:4])
    name = json.dumps(values["name"], ensure_ascii=False)
    return f'{{{numbers},"name":{name},"price":{values["price"]:.2f},"qty":{qty}}}'


def test_rows_are_those_of_the_model() -> None:
    orders, routes = some_orders()
    rows = to_rows(expand_all(orders, routes))
    assert rows == expected_rows(orders, town_routes())
    assert len({row["order_id"] for row in rows}) == len(orders.draw) > 10


def test_orders_may_be_expanded_part_by_part() -> None:
    orders, routes = some_orders()
    whole, parts = expand_all(orders, routes), EventBuffers()
    parts.begin(orders, routes, item_texts(), EPOCH_S, PING_S)
    for first, last in pairwise([0, 1, 5, 5, len(orders.draw)]):
        parts.expand(first, last)
    assert to_rows(parts) == to_rows(whole)


def test_items_are_json_with_the_keys_of_the_model() -> None:
    rows = to_rows(expand_all(*some_orders()))
    items = [item for row in rows if row["items_json"] for item in json.loads(row["items_json"])]
    assert all(list(i) == ["id", "category_id", "menu_id", "brand_id", "name", "price", "qty"] for i in items)
    assert all(isinstance(i["price"], float) for i in items)


def test_memory_used_again_forgets_what_it_held() -> None:
    """Larger, smaller and larger again: no old value or text may shine through."""
    table, expansion = town_routes(), EventBuffers()
    for day, scale in ((0, 0.3), (1, 0.02), (2, 0.25), (3, 1e-9), (4, 0.6)):
        orders = simulate_all(make_model("sf", days=5, scale=scale), day, table.n_customers)
        expand_all(orders, route_arrays(table), expansion=expansion)
        assert to_rows(expansion) == expected_rows(orders, table)


def test_no_orders_no_rows() -> None:
    _, routes = some_orders()
    assert to_rows(expand_all(DayOrders.empty(0, 1), routes)) == []


@pytest.mark.parametrize("street", ["A", "Abcdefgh", "Abcdefghi", "Ünï çødé", "\U0001f35c" * 3])
@pytest.mark.parametrize("number", [1, 99, 9999, 999_999])
def test_addresses_of_any_length(street: str, number: int) -> None:
    table = town_routes()
    name = f" {street}".encode()
    routes = route_arrays(table)._replace(
        street=np.zeros(table.n_customers, np.int32),
        street_start=np.array([0, len(name)], np.int64),
        street_text=np.frombuffer(name, np.uint8),
    )
    orders, _ = some_orders(scale=0.03)
    orders.house_number[:] = number
    rows = to_rows(expand_all(orders, routes))
    assert {row["customer_addr"] for row in rows} == {f"{number} {street}", None}


def test_sequence_runs_past_a_byte_where_it_must() -> None:
    """A ping a second: more than 121 pings need 16 bits."""
    table = town_routes(ping_interval_s=1)
    assert table.max_pings > MAX_PINGS_I8
    assert sequence_kind(table.max_pings) == "i16"
    orders = simulate_all(make_model("sf", scale=0.03), 0, table.n_customers)
    rows = to_rows(expand_all(orders, route_arrays(table), ping_s=1))
    longest = max(row["sequence"] for row in rows)
    assert longest > 127
    ends = [i for i, row in enumerate(rows) if row["event_type_id"] == 8]
    assert [rows[i]["sequence"] + 1 for i in ends] == np.diff([-1, *ends]).tolist()


def test_sequence_kind_changes_at_the_last_number_of_a_byte() -> None:
    assert (MAX_PINGS_I8 + 6, sequence_kind(MAX_PINGS_I8), sequence_kind(MAX_PINGS_I8 + 1)) == (
        127,
        "i8",
        "i16",
    )


def test_event_types_are_those_of_the_model() -> None:
    assert EVENT_TYPES == (
        "order_created",
        "gk_started",
        "gk_finished",
        "gk_ready",
        "driver_arrived",
        "driver_picked_up",
        "driver_ping",
        "delivered",
        "order_cancelled",
    )
