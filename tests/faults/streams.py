"""Write faults files and broken streams, and read both ends of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from fastgen.faults.plan import FaultPlan, load_faults
from fastgen.faults.slice_file import write_slice
from fastgen.faults.undo import undo_faults

if TYPE_CHECKING:
    from pathlib import Path

Table = dict[str, Any]


class Broken(NamedTuple):
    """A slice with faults: its file, its lines, and its ledger."""

    path: Path
    lines: list[bytes]
    ledger_path: Path
    ledger: pl.DataFrame

    def undone(self) -> list[bytes]:
        return undo_faults(self.path, self.ledger_path)


def mixed_faults(hold_s: int) -> tuple[Table, ...]:
    """Make faults of all sorts that change no line's form; most hold rows back, for multiples of a time."""
    return (
        {"kind": "duplicate", "probability": 0.05, "id": "new", "max_delay_s": 6 * hold_s},
        {"kind": "null", "probability": 0.2, "field": "loc_lat"},
        {"kind": "late", "probability": 0.2, "max_delay_s": 3 * hold_s},
        {"kind": "disordered", "probability": 0.3, "max_delay_s": 30},
        {"kind": "burst", "every": 5, "hold_s": hold_s},
        {"kind": "lost", "probability": 0.1},
        {"kind": "missing", "probability": 0.1, "field": "order_id"},
    )


MIXED = (
    *mixed_faults(7000),
    {"kind": "truncated", "probability": 0.1},
    {"kind": "skew", "locations": ["sf"], "skew_s": 90},
)


def faults_text(*faults: Table, seed: int = 7) -> str:
    """Write a faults file."""
    lines = [f"seed = {seed}"]
    for fault in faults:
        lines += [
            "[[faults]]",
            *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in fault.items()),
        ]
    return "\n".join(lines) + "\n"


def plan_of(folder: Path, *faults: Table, seed: int = 7) -> FaultPlan:
    """Load faults, through a file."""
    path = folder / "faults.toml"
    path.write_text(faults_text(*faults, seed=seed), encoding="utf-8")
    return load_faults(path)


def broken_slice(
    dataset: Path, folder: Path, plan: FaultPlan | Path, start: Any = 0, end: Any = 4, **options: Any
) -> Broken:
    """Write a slice with faults."""
    path, ledger_path = folder / "broken.jsonl", folder / "ledger.parquet"
    with path.open("wb") as stream:
        write_slice(dataset, start, end, stream, faults=plan, ledger=ledger_path, **options)
    lines = path.read_bytes().splitlines(keepends=True)
    return Broken(path, lines, ledger_path, pl.read_parquet(ledger_path))


def row_of(line: bytes) -> Table:
    """Read a line, and the object in its body."""
    row: Table = json.loads(line)
    row["body"] = json.loads(row["body"])
    return row


def lines_of(folder: Path) -> list[bytes]:
    """Read all lines of a folder, in the order of its files."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("events-*"))).splitlines(keepends=True)


def without_places(ledger: Path) -> pl.DataFrame:
    """Read a ledger without the places of rows, which depend on the windows."""
    return pl.read_parquet(ledger).drop("file", "line").sort("event_id", "copy", "fault")


def only(fault: dict[str, Any], dataset: Path, folder: Path) -> tuple[list[bytes], pl.DataFrame]:
    """Let a fault hit all that it selects; give the lines of the stream and the ledger."""
    broken = broken_slice(dataset, folder, plan_of(folder, {"probability": 1.0, **fault}))
    return broken.lines, broken.ledger
