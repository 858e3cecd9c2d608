"""Compare scanning a scenario, which makes its rows, with scanning the files of its dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

import fastgen
from benchmarks.processes import ROADS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.conftest import Bench

HOUR = 1_704_067_200 + 45 * 86_400 + 18 * 3600  # day 45, 18:00; day 0 is 2024-01-01

QUERIES: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "all columns": lambda events: events,
    "one column": lambda events: events.select("ts_seconds"),
    "one hour": lambda events: events.filter(pl.col("ts_seconds").is_between(HOUR, HOUR + 3599)),
}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> pl.LazyFrame:
    path = fastgen.build(tmp_path_factory.mktemp("scanned") / "data", days=90, scale=10, roads=ROADS).path
    return fastgen.scan_events(path)


@pytest.mark.parametrize("query", QUERIES)
def test_scan(bench: Bench, stored: pl.LazyFrame, query: str) -> None:
    made = fastgen.scan_scenario(days=90, scale=10, roads=ROADS)
    n_rows = QUERIES[query](made).select(pl.len()).collect().item()

    def collect(events: pl.LazyFrame) -> Callable[[Path], object]:
        return lambda _: QUERIES[query](events).collect(engine="streaming")

    making, reading = bench.compare(collect(made), collect(stored), rounds=5)
    bench.record(
        f"scan_scenario / scan_events of the files, {query}, scale 10, rows a second",
        reading / making,
        "",
        detail=f"{n_rows / making / 1e6:.2f} M/s in {making:.2f} s; {n_rows / reading / 1e6:.2f} M/s",
    )
