"""Write streams by hand: lives of orders as lines of JSON, and files that appear as those of a sink do."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

START = dt.datetime(2026, 3, 1, 18, tzinfo=dt.UTC)
KITCHEN = (37.79, -122.39)
WAY = [list(KITCHEN), [37.791, -122.39], [37.792, -122.391]]
STEPS = (
    "order_created",
    "gk_started",
    "gk_finished",
    "gk_ready",
    "driver_arrived",
    "driver_picked_up",
    "driver_ping",
    "delivered",
)
BODIES: dict[str, dict[str, Any]] = {
    "order_created": {
        "customer_lat": 37.792,
        "customer_lon": -122.391,
        "customer_addr": "1 Elm",
        "items": [],
    },
    "driver_picked_up": {"route_points": WAY},
    "driver_ping": {"progress_pct": 50.0, "loc_lat": 37.791, "loc_lon": -122.39},
    "delivered": {"delivered_lat": 37.792, "delivered_lon": -122.391},
    "order_cancelled": {"reason": "no_route"},
}
MINUTES = (0, 3, 12, 14, 15, 16, 18, 20)
CREATED_S = START.timestamp()


def event(order: str, step: str, sequence: int, time: float, **changes: Any) -> dict[str, Any]:
    """Make a row; time in seconds after `START`."""
    at = START + dt.timedelta(seconds=time)
    return {
        "event_id": f"{order}-{sequence}",
        "event_type": step,
        "ts": at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
        "location_id": 1,
        "order_id": order,
        "sequence": sequence,
        "body": json.dumps(BODIES.get(step, {})),
        **changes,
    }


def life(order: str, created: float = 0.0, upto: int = len(STEPS), **changes: Any) -> list[dict[str, Any]]:
    """Make the first events of an order's life."""
    rows = zip(STEPS, MINUTES, strict=True)
    made = [event(order, step, k, created + 60 * at, **changes) for k, (step, at) in enumerate(rows)]
    return made[:upto]


def in_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put rows into the order of their times."""
    return sorted(rows, key=lambda row: str(row["ts"]))


def encode(rows: Iterable[dict[str, Any] | bytes]) -> bytes:
    """Write rows as lines; bytes are lines already."""
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


def put(folder: Path, number: int, data: bytes, suffix: str = "jsonl") -> Path:
    """Put a file into a folder by a rename, as a sink does."""
    folder.mkdir(parents=True, exist_ok=True)
    staged, path = folder.with_name(f"{folder.name}.staged"), folder / f"events-{number:010d}.{suffix}"
    staged.write_bytes(data)
    staged.rename(path)
    return path
