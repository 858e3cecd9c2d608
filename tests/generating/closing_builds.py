"""Build datasets whose orders may end early, on toy roads.

Run as `python -m tests.generating.closing_builds FOLDER WRITER`, it builds one.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fastgen.building.build import build_with
from fastgen.building.options import BuildOptions
from fastgen.building.workers import make_with_workers
from fastgen.generating.inputs import load_simulation
from tests.building.toy import write_toy_roads
from tests.generating.closing_kitchens import make_closing_kitchens

if TYPE_CHECKING:
    from fastgen.building.job import BuildResult
    from fastgen.generating.simulation import Simulation

DAYS = 3
LOCATIONS = ("sf", "chicago")


def closing_options(roads: Path, **others: object) -> BuildOptions:
    return BuildOptions(**{"days": DAYS, "locations": LOCATIONS, "roads": roads, **others})  # type: ignore[arg-type]


def build_closing(out: Path, roads: Path, workers: int = 1, **others: object) -> BuildResult:
    engine = partial(make_with_workers, workers=workers)
    return build_with(engine, out, closing_options(roads, **others), make_source=make_closing_kitchens)


def simulate_closing(roads: Path, **others: object) -> Simulation:
    return load_simulation(closing_options(roads, **others), make_source=make_closing_kitchens)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        build_closing(Path(sys.argv[1]), write_toy_roads(Path(scratch)), writer=sys.argv[2])
