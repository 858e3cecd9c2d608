"""The wire format once more, event by event in plain Python, to hold kernels and replay against."""

from __future__ import annotations

import datetime as dt
import json
import struct
import uuid
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import xxhash

from fastgen.dataset.manifest import read_manifest
from fastgen.dataset.reading.scan import scan_events
from fastgen.events.schema import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Row = dict[str, Any]


def wire_lines(dataset: Path, start_s: int, end_s: int, shift_s: int = 0, *, loops: int = 1) -> list[str]:
    """Write the lines of a window of virtual seconds, the first loops of the dataset played."""
    manifest = read_manifest(dataset)
    length_s = int(manifest.scenario["days"]) * 86_400
    rows = scan_events(dataset).collect().to_dicts()
    made = []
    for loop in range(loops):
        for row in rows:
            ts = row["ts_seconds"] + loop * length_s
            if start_s <= ts < end_s:
                made.append(wire_row(row, manifest.digest, loop, ts + shift_s))
    made.sort(key=lambda r: (r["ts"], r["order_id"], r["sequence"]))
    return [dump(row) for row in made]


def wire_row(row: Row, digest: str, loop: int, ts: int) -> Row:
    """Make the wire row of a stored one."""
    time = dt.datetime.fromtimestamp(ts, dt.UTC)
    return {
        "event_id": event_id(digest, loop, row["order_id"], row["sequence"]),
        "event_type": EVENT_TYPES[row["event_type_id"] - 1],
        "ts": f"{time:%Y-%m-%d %H:%M:%S}.000",
        "location_id": row["location_id"],
        "order_id": row["order_id"] + (f"-L{loop}" if loop else ""),
        "sequence": row["sequence"],
        "body": body(row),
    }


def event_id(digest: str, loop: int, order_id: str, sequence: int) -> str:
    """Identify an event."""
    hashed = bytes.fromhex(digest) + struct.pack("<q", loop) + order_id.encode() + struct.pack("<i", sequence)
    return _uuid(hashed)


def live_order_id(key: bytes, order_id: str) -> str:
    """Identify an order of a live kitchen."""
    return _uuid(key + struct.pack("<q", 0) + order_id.encode())


def _uuid(hashed: bytes) -> str:
    """UUIDv8 over XXH3-128."""
    raw = bytearray(xxhash.xxh3_128_digest(hashed))
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))


def body(row: Row) -> str:
    """Body of a stored row, the JSON texts in it as they are."""
    name = EVENT_TYPES[row["event_type_id"] - 1]
    lat, lon = _degrees(row["customer_lat"]), _degrees(row["customer_lon"])
    if name == "order_created":
        address = json.dumps(row["customer_addr"], ensure_ascii=False)
        pairs = f'"customer_lat":{lat},"customer_lon":{lon},"customer_addr":{address},"items":'
        return f"{{{pairs}{row['items_json']}}}"
    if name == "driver_picked_up":
        return f'{{"route_points":{row["route_json"]}}}'
    if name == "driver_ping":
        progress = _rounded(row["ping_progress"], 4).rstrip("0")
        progress += "0" * progress.endswith(".")
        ping = f'"loc_lat":{_degrees(row["ping_lat"])},"loc_lon":{_degrees(row["ping_lon"])}'
        return f'{{"progress_pct":{progress},{ping}}}'
    if name == "delivered":
        return f'{{"delivered_lat":{lat},"delivered_lon":{lon}}}'
    if name == "order_cancelled":
        return f'{{"reason":"{row["cancel_reason"]}"}}'
    return "{}"


def _degrees(value: float | None) -> str:
    return "" if value is None else _rounded(value, 6)


def _rounded(value: float, decimals: int) -> str:
    return f"{Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"


def dump(row: Row) -> str:
    """One line, as JSON without spaces."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"


def read_lines(folder: Path) -> Iterator[str]:
    """Read the lines of all files of a folder in the order of their names, as a reader would list them."""
    for path in sorted(folder.iterdir()):
        if not path.name.startswith(("_", ".")):
            with path.open(encoding="utf-8", newline="\n") as file:
                yield from file


def event_ids(folder: Path) -> list[str]:
    """Event ids of all files of a folder, sorted."""
    return sorted(json.loads(line)["event_id"] for line in read_lines(folder))
