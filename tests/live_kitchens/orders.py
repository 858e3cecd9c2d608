"""Give orders from outside to runs of a kitchen that has none of its own."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.live_kitchens.runs import NOON, config_of, rows, run

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.live_kitchens.config import LiveConfig
    from fastgen.live_kitchens.options import Batch

NEAR = {"lat": 37.7899, "lon": -122.3892}  # some streets from the kitchen
STEPS = (
    "order_created",
    "gk_started",
    "gk_finished",
    "gk_ready",
    "driver_arrived",
    "driver_picked_up",
    "delivered",
)


def at(**after: float) -> str:
    """Write a time some while after the start of a run."""
    return f"{NOON + dt.timedelta(**after):%Y-%m-%dT%H:%M:%S.%fZ}"


def quiet(**changes: Any) -> LiveConfig:
    """Config of a kitchen in which nobody orders."""
    nobody = {"orders_day_1": 0, "orders_last": 0, "start_days_ago": 1, "end_days_ahead": 2}
    return config_of(**{**nobody, "batch_seconds": 1, **changes})


def write_lines(path: Path, *objects: Any) -> Path:
    """Append objects as JSON lines; bytes as they are."""
    with path.open("ab") as file:
        for one in objects:
            file.write((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n")
    return path


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines; a missing file has none."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def run_orders(folder: Path, *objects: Any, hours: float = 1.5, **changes: Any) -> list[Batch]:
    """Run a quiet kitchen with orders of a file, until they are delivered."""
    orders = write_lines(folder / "orders.jsonl", *objects)
    return run(
        quiet(**changes), folder / "out", hours=hours, orders=orders, receipts=folder / "receipts.jsonl"
    )


def rejected(folder: Path) -> list[dict[str, Any]]:
    """Read what a run into `out` has rejected."""
    return read_lines(folder / ".out.fastgen" / "rejected.jsonl")


def by_order(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Collect the rows of each order, in the order of their sequence numbers."""
    orders: dict[str, list[dict[str, Any]]] = {}
    for row in rows(folder):
        orders.setdefault(row["order_id"], []).append(row)
    return {key: sorted(found, key=lambda row: row["sequence"]) for key, found in orders.items()}


def check_whole(found: list[dict[str, Any]]) -> None:
    """Check that the rows of an order are a whole one."""
    assert [row["sequence"] for row in found] == list(range(len(found)))
    kinds = Counter(row["event_type"] for row in found)
    assert all(kinds[kind] == 1 for kind in STEPS)
    assert set(kinds) <= {*STEPS, "driver_ping"}
    times = {row["event_type"]: row["ts"] for row in found}
    assert times["order_created"] <= times["gk_started"] <= times["gk_finished"] <= times["gk_ready"]
    assert times["gk_ready"] <= times["driver_picked_up"] < times["delivered"]


# A kitchen whose runs are killed while orders come in.
KILLED: dict[str, Any] = {
    "orders_day_1": 500,
    "orders_last": 500,
    "start_days_ago": 1,
    "end_days_ahead": 2,
    "batch_seconds": 20,
}
