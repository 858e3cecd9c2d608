"""Read orders from outside and their journal; see `Target.read`."""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastgen.errors import ScenarioError
from fastgen.live_kitchens.beginning import find_kitchens
from fastgen.live_kitchens.kitchen import simulate
from fastgen.live_kitchens.options import LiveOptions
from fastgen.live_kitchens.order import read_order
from fastgen.live_kitchens.order_checks import OrderChecker
from fastgen.live_kitchens.order_journal import encode_record
from fastgen.live_kitchens.order_lines import LineCutter, reason_of
from fastgen.live_kitchens.order_reading import Position, refuse_other_form
from fastgen.live_kitchens.order_records import Record
from fastgen.live_kitchens.outside import OutsideOrders
from fastgen.live_kitchens.outside_order import AcceptedOrder, OrderMaker
from fastgen.live_kitchens.run_files import RunFiles
from fastgen.live_kitchens.state import read_state
from fastgen.replaying.clock import us_from_utc
from fastgen.wire.form import WireForm
from tests.documents import blocks
from tests.fuzzing.live_readers import some_live_states
from tests.fuzzing.material import scratch
from tests.fuzzing.oracle import MAX_LINE
from tests.live_kitchens.orders import NEAR, at
from tests.live_kitchens.runs import NOON, config_of

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.generating.simulation import Simulation
    from fastgen.live_kitchens.state import LiveState
    from fastgen.wire.form import Place

CHUNK = 1000


class Kitchens(NamedTuple):
    """Two kitchens that take orders, and the state of a run of them."""

    simulations: dict[int, Simulation]
    places: dict[int, Place]
    form: WireForm
    state: LiveState


@cache
def kitchens() -> Kitchens:
    """Make them."""
    configs = [(scratch() / name, config_of(name)) for name in ("chicago", "sanfrancisco")]
    found = find_kitchens(configs, None, us_from_utc(NOON))
    simulations = simulate(found, None, lambda _: None)
    places = {
        number: kitchen.wire_place(simulations[number].networks[0].hash)
        for number, kitchen in enumerate(found, start=1)
    }
    path = scratch() / "state.json"
    path.write_bytes(some_live_states()[0])
    state = read_state(path)
    assert state is not None
    return Kitchens(simulations, places, WireForm.live(places), state)


def read_order_lines(data: bytes, folder: Path) -> list[Any]:
    """Read lines of orders as a run does: each is an order with all its rows, or has a reason of one line."""
    del folder
    all_of, found = kitchens(), list[Any]()
    checker, cutter = OrderChecker(all_of.simulations, all_of.places), LineCutter()
    found.append(refuse_other_form(data))
    lines = [line for i in range(0, len(data), CHUNK) for line in cutter.cut(data[i : i + CHUNK])]
    for line in lines + cutter.finish():
        try:
            order = checker.check(read_order(line.data), f"{line.number:08}", us_from_utc(NOON))
        except ScenarioError as error:
            found.append(reason_of(error))
            continue
        maker = OrderMaker(all_of.simulations[order.kitchen], order.kitchen, all_of.form)
        rows = maker.make([order], np.array([us_from_utc(NOON)]))
        assert len(rows.moments_us) >= 7
        found.append((order, rows.moments_us.tolist()))
    assert all("\n" not in one and len(one) <= MAX_LINE for one in found if isinstance(one, str))
    return found


def some_order_lines() -> list[bytes]:
    """Give orders of all keys, in both forms, and the examples of the document."""
    item = {"brand": "Crinkle & Cob", "name": "x", "qty": 3}
    whole = {
        "id": "a",
        "location": "chicago",
        "time": at(),
        "customer": NEAR,
        "address": "1 A",
        "items": [item],
    }
    body = {
        "customer_lat": 37.79,
        "customer_lon": -122.39,
        "customer_addr": "1 A",
        "items": [{"id": 1, "qty": 2}],
    }
    row = {
        "event_type": "order_created",
        "order_id": "b",
        "ts": at(),
        "location": "sanfrancisco",
        "body": body,
    }
    (examples,) = (text for text in blocks("docs/live.md", "") if text.startswith("{"))
    made = (
        whole,
        {"location": "sanfrancisco", "items": [{"id": 12}]},
        row,
        {**row, "body": json.dumps(body)},
    )
    return [examples.encode(), *(json.dumps(one).encode() for one in made)]


def read_order_journal(data: bytes, folder: Path) -> Any:
    """Open a journal as the next start of a run does, and make the rows of its orders."""
    all_of = kitchens()
    files = RunFiles(
        state=folder / "state.json",
        journal=folder / "orders.jsonl",
        rejected=folder / "rejected.jsonl",
        segments=folder / "ledger",
        locks=(),
    )
    files.journal.write_bytes(data)
    (folder / "drop").mkdir()
    options = LiveOptions(orders_from=folder / "drop", receipts=folder / "receipts.jsonl")
    outside = OutsideOrders(
        all_of.simulations, all_of.places, all_of.form, options, files, announce=lambda _: None
    )
    state = dataclasses.replace(all_of.state, orders_bytes=0)
    outside.open(state, 20_000, 0)
    assert data.startswith(files.journal.read_bytes())  # at most its end is cut off
    rest = files.rejected.read_bytes() if files.rejected.exists() else None
    return outside.n_bytes, outside.pending.n_rows, rest


@cache
def some_order_journals() -> list[bytes]:
    """Write records of all fields."""
    folder, found = scratch() / "read", list[bytes]()
    now_us = us_from_utc(NOON)
    orders = [
        AcceptedOrder(1, "aaaaaaaa", now_us, None, None, None),
        AcceptedOrder(2, "bbbbbbbb", now_us + 1, 5, "1 A St", [(3, 2), (4, 99)]),
    ]
    for n, order in enumerate(orders):
        record = Record(now_us, orders=[["0f", *order]])
        record.receipts = [{"id": "a", "file": "f", "line": 1, "order_id": "u", "status": "accepted"}]
        record.rejected = [{"file": "f", "line": 2, "reason": "r", "text": "t"}]
        record.positions = {str(folder / "drop" / "a"): list(Position(10, n))}
        record.ends = {name: (str(folder / f"{name}.jsonl"), 0) for name in ("rejected", "receipts")}
        found.append(encode_record(vars(record)))
    return [*found, b"".join(found)]


def seal_record(tree: dict[str, Any]) -> bytes:
    """Give a record the checksum that is right."""
    record = tree.get("record")
    return encode_record(record) if isinstance(record, dict) else json.dumps(tree).encode()
