"""Build small datasets with sources of orders other than the statistical one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fastgen.building.build import build_with
from fastgen.building.options import BuildOptions
from fastgen.building.workers import make_with_workers

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.building.job import BuildResult
    from fastgen.generating.simulation import MakeSource

DAYS = 3
LOCATIONS = ("sf", "chicago")


def options(roads: Path, **others: object) -> BuildOptions:
    given = {"days": DAYS, "locations": LOCATIONS, "roads": roads, **others}
    return BuildOptions(**given)  # type: ignore[arg-type]


def build_from(
    make_source: MakeSource, out: Path, roads: Path, workers: int = 1, **others: object
) -> BuildResult:
    engine = partial(make_with_workers, workers=workers)
    return build_with(engine, out, options(roads, **others), make_source=make_source)
