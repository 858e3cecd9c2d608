"""Run the small universe as a whole, in parts, and again; a run in parts gives what a whole one gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastgen.dataset.result_tables import RESULT_TABLES
from fastgen.universes.run import resume_universe, run_universe
from fastgen.universes.run_options import RunOptions
from fastgen.universes.table_files import scan_table
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.manifest import Manifest

DAYS = 4


def run(folder: Path, name: str, **changes: Any) -> Manifest:
    options = {"days": DAYS, "roads": folder / "roads", "snapshot_every": 2, **changes}
    return run_universe(folder / "templates", folder / name, RunOptions(**options), force=True).manifest


def resume(folder: Path, name: str, days: int = DAYS, **changes: Any) -> Manifest:
    return resume_universe(folder / name, days, roads=folder / "roads", **changes).manifest


def run_whole(folder: Path) -> Path:
    """Fill a folder with templates, roads, and the dataset "whole"."""
    write_universe(folder)
    run(folder, "whole")
    return folder


def assert_same(folder: Path, name: str) -> None:
    """Check that a dataset is "whole": every byte of events and manifest, every row of the tables."""
    found, whole = folder / name, folder / "whole"
    assert (found / "manifest.json").read_bytes() == (whole / "manifest.json").read_bytes()
    for table in RESULT_TABLES:
        rows, expected = (scan_table(one / "universe" / "tables", table).collect() for one in (found, whole))
        by = [c for c in ("site", "day", "order_number", "line", "step", "interval") if c in rows.columns]
        assert rows.sort(by, maintain_order=True).equals(expected.sort(by, maintain_order=True)), table
