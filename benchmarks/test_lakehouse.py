"""Measure `fastgen plan` against the build that it forecasts, and `fastgen publish`."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import duckdb
import pytest

import fastgen
from benchmarks.processes import ROADS, build_command, fastgen_command, run

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.conftest import Bench


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published") / "dataset"
    fastgen.build(folder, roads=ROADS)
    return folder


@pytest.mark.parametrize("scale", [1, 10])
def test_plan_foretells_the_build(bench: Bench, scale: int) -> None:
    """Compare the forecast with the build, as whole processes."""
    size = {"days": 90, "scale": scale}
    plan_command = [
        *fastgen_command("plan", "--json"),
        *build_command(bench.fresh_folder(), **size)[6:],
    ]
    foretold = json.loads(subprocess.run(plan_command, capture_output=True, text=True, check=True).stdout)
    sizes: list[tuple[int, int, int]] = []

    def build(out: Path) -> None:
        run(build_command(out, **size))
        manifest = json.loads((out / "manifest.json").read_text())
        n_bytes = sum(f.stat().st_size for f in (out / "events.parquet").rglob("*.parquet"))
        sizes.append((manifest["orders"], manifest["rows"], n_bytes))

    plan_s, build_s = bench.compare(lambda _: run(plan_command), build, rounds=3)
    orders, events, n_bytes = sizes[-1]
    assert foretold["orders"] == orders
    bench.record(f"fastgen plan / the build it foretells, scale {scale}", plan_s / build_s)
    for name, made in (("events", events), ("bytes", n_bytes), ("seconds", build_s)):
        ratio, detail = foretold[name] / made, f"{foretold[name]:,} foretold; {made:,.10g} made"
        bench.record(f"{name} foretold / made, scale {scale}", ratio, detail=detail)


@pytest.mark.parametrize("form", ["duckdb", "parquet", "delta"])
def test_publish(bench: Bench, dataset: Path, form: str) -> None:
    """Compare with DuckDB reading all events into a table, the least that a copy can take."""
    if form == "delta":
        pytest.importorskip("deltalake", reason="Delta needs deltalake, which is missing")

    def copy(out: Path) -> None:
        with duckdb.connect(str(out / "events.duckdb")) as connection:
            files = f"{dataset}/events.parquet/**/*.parquet"
            connection.execute(
                "CREATE TABLE events AS SELECT * FROM read_parquet(?, hive_partitioning = true)", [files]
            )

    publish_s, copy_s = bench.compare(
        lambda out: fastgen.publish(dataset, f"{form}:{out / 'tables'}"), copy, rounds=5
    )
    bench.record(
        f"fastgen publish --to {form} / DuckDB copying the events alone",
        publish_s / copy_s,
        detail=f"{publish_s:.2f} s; {copy_s:.2f} s",
    )
