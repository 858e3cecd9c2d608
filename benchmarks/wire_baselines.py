"""Write the events of a replay in the two ways that it is compared with: by Polars, and by a plain loop."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import TYPE_CHECKING, Any

import polars as pl

import fastgen
from fastgen.dataset.index import read_index
from fastgen.events.schema import EVENT_TYPES
from fastgen.wire.bulk import WireEncoder
from fastgen.wire.form import WireForm
from fastgen.wire.slicer import Slicer

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400


def wire_frame(dataset: Path, days: int) -> pl.DataFrame:
    """Make a frame of the wire events of the first days, in the order of a replay."""
    index = read_index(dataset)
    encoder, end_s = WireEncoder(WireForm.canonical(index.digest)), index.epoch_s + days * DAY
    chunks = Slicer(index).chunks(index.first_s, end_s)
    return pl.concat([pl.DataFrame(pl.from_arrow(encoder.encode_table(c.rows, c.order, 0))) for c in chunks])


def stored_rows(dataset: Path, days: int) -> pl.DataFrame:
    """Read the stored rows of the first days, ordered by time."""
    rows = fastgen.slice_events(dataset, 0, days).collect()
    return rows.sort("ts_seconds", "order_id", "sequence")


def write_by_loop(rows: pl.DataFrame, out: Path) -> None:
    """Write rows as a first version would: a loop, a dict for each event, json.dumps twice, uuid4."""
    with out.open("w", encoding="utf-8") as file:
        for row in rows.iter_rows(named=True):
            file.write(json.dumps(_wire_row(row)) + "\n")


def _wire_row(row: dict[str, Any]) -> dict[str, Any]:
    name = EVENT_TYPES[row["event_type_id"] - 1]
    body: dict[str, Any] = {}
    if name == "order_created":
        body = {
            "customer_lat": row["customer_lat"],
            "customer_lon": row["customer_lon"],
            "customer_addr": row["customer_addr"],
            "items": json.loads(row["items_json"]),
        }
    elif name == "driver_picked_up":
        body = {"route_points": json.loads(row["route_json"])}
    elif name == "driver_ping":
        body = {"progress_pct": row["ping_progress"], "loc_lat": row["ping_lat"], "loc_lon": row["ping_lon"]}
    elif name == "delivered":
        body = {"delivered_lat": row["customer_lat"], "delivered_lon": row["customer_lon"]}
    ts = dt.datetime.fromtimestamp(row["ts_seconds"], dt.UTC)
    return {
        "event_id": str(uuid.uuid4()),
        "event_type": name,
        "ts": ts.strftime("%Y-%m-%d %H:%M:%S.000"),
        "location_id": row["location_id"],
        "order_id": row["order_id"],
        "sequence": row["sequence"],
        "body": json.dumps(body),
    }
