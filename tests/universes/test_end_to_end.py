"""What reads datasets reads that of a run with orders cancelled and open, from one small run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

import fastgen
from fastgen.cli import main
from fastgen.events.schema import EVENT_TYPES
from fastgen.units import S_PER_DAY
from fastgen.universes.run import run_universe
from fastgen.universes.run_options import RunOptions
from fastgen.universes.stop_time import parse_stop
from tests.landing import visible
from tests.universes.small_universe import write_universe
from tests.universes.test_stops import SITES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAYS = 3


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run sites whose kitchens close for a time, and stop in the evening of the last day."""
    folder = tmp_path_factory.mktemp("end_to_end")
    templates, roads = write_universe(folder, **SITES)
    start = RunOptions(days=DAYS).start
    options = RunOptions(days=DAYS, roads=roads, stop_at_us=parse_stop("3 03:00", start))
    return run_universe(templates, folder / "dataset", options, force=True).path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def command(*args: object) -> str:
        with pytest.raises(SystemExit) as ended:
            main([*map(str, args)])
        shown = capsys.readouterr()
        assert ended.value.code in (None, 0), shown.err
        return shown.out

    return command


def count_types(events: pl.LazyFrame, column: str = "event_type") -> dict[str, int]:
    """Count events by the name of their type."""
    counts = events.group_by(column).len().collect().iter_rows()
    return {EVENT_TYPES[key - 1] if isinstance(key, int) else key: n for key, n in counts}


def test_some_orders_are_cancelled_and_some_open(dataset: Path) -> None:
    counts = count_types(fastgen.scan_events(dataset), "event_type_id")
    assert counts["order_cancelled"] > 0
    assert counts["order_created"] - counts["delivered"] - counts["order_cancelled"] > 0


def test_commands_agree_on_every_event(dataset: Path, run: Callable[..., str], tmp_path: Path) -> None:
    counts = count_types(fastgen.scan_events(dataset), "event_type_id")
    run("verify", dataset)
    locations = json.loads(run("info", dataset, "--json"))["locations"]
    assert sum(one["events"] for one in locations) == sum(counts.values())
    assert sum(one["orders"] for one in locations) == counts["order_created"]
    # The stop is 3 hours after the last day of UTC.
    run("slice", dataset, "--from", 0, "--to", DAYS, "-o", tmp_path / "slice.jsonl")
    sliced = count_types(pl.scan_ndjson(tmp_path / "slice.jsonl"))
    last = DAYS * S_PER_DAY
    epoch_s = fastgen.scan_events(dataset).select(pl.col("ts_seconds").min() // S_PER_DAY * S_PER_DAY)
    within = pl.col("ts_seconds") < epoch_s.collect().item() + last
    assert sliced == count_types(fastgen.scan_events(dataset).filter(within), "event_type_id")
    landing = ("--to", tmp_path / "landing", "--no-loop")
    run("replay", dataset, *landing, "--start-day", DAYS - 1, "--speed", 1, "--now", "2026-03-01T12:00")
    run("replay", dataset, *landing, "--now", "2026-03-03T12:00")
    lines = [
        json.loads(line) for data in visible(tmp_path / "landing").values() for line in data.splitlines()
    ]
    assert count_types(pl.LazyFrame({"event_type": [line["event_type"] for line in lines]})) == counts
    assert len({line["event_id"] for line in lines}) == len(lines)
    run("publish", dataset, "--to", f"parquet:{tmp_path / 'tables'}")
    published = pl.scan_parquet(tmp_path / "tables" / "events" / "**/*.parquet")
    assert count_types(published, "event_type_id") == counts
    orders = pl.read_parquet(tmp_path / "tables" / "universe_orders" / "*.parquet")
    states = dict(orders["state"].value_counts().iter_rows())
    assert len(orders) == counts["order_created"]
    assert (states["delivered"], states["cancelled"]) == (counts["delivered"], counts["order_cancelled"])
