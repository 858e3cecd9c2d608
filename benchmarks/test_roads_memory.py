"""Peak memory of an import of roads must depend on the delivery square, and not on the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.extracts import write_extract
from benchmarks.figures import Bound
from benchmarks.processes import peak_mb, script

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.conftest import Bench

# An import that kept every road node took 1.9 GB of such a file.
LIMIT_MB = 630
SCENARIO = "[locations.sf]\nlat = 41.8995\nlon = -87.7005\n"


def test_import_of_a_large_extract(bench: Bench, tmp_path: Path) -> None:
    extract, scenario = tmp_path / "cities.osm.pbf", tmp_path / "scenario.toml"
    n_roads = write_extract(extract, n_cities=37, side=200, n_other=8)
    scenario.write_text(SCENARIO)
    options = ["--location", "sf", "--scenario", str(scenario), "-o", str(tmp_path)]
    command = [str(script("fastgen")), "roads", "import", str(extract), *options]
    peak = bench.benchmark.pedantic(peak_mb, args=(command,))
    bench.record(
        "peak memory, roads import of a large .osm.pbf",
        peak,
        "MB",
        bound=Bound(LIMIT_MB),
        detail=f"{extract.stat().st_size / 1e6:.0f} MB, {n_roads:,} road nodes, few of them in the square",
    )
