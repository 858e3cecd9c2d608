"""The command that a report shows makes the same dataset again."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import fastgen
from fastgen.reporting.origin import describe_origin
from fastgen.reporting.survey import survey_dataset
from tests.helpers import build_small
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.reporting.origin import Origin

BUILDS: dict[str, dict[str, Any]] = {
    "usual": {},
    "one of four locations": {"locations": ("chicago",), "days": 2},
    "knobs": {"seed": 7, "scale": 1 / 30, "start": "2025-02-28"},
    "form": {"layout": "single", "compression": "snappy"},
    "by day": {"partition_by": "location_id,day", "writer": "polars"},
    "queues": {"kitchen": "stations", "scale": 0.05},
}


def make_again(origin: Origin, folder: Path, **files: Path) -> Path:
    """Run the command in an empty folder, with the files that it names."""
    folder.mkdir()
    (folder / "scenario.toml").write_text(origin.scenario)
    stated = re.findall(r"\b[A-Z]{4,}\b", origin.command)
    assert stated == [word for word in files if word in stated]
    words = [str(files.get(word, word)) for word in shlex.split(origin.command)]
    assert words.pop(0) == "fastgen"
    subprocess.run([sys.executable, "-m", "fastgen", *words], cwd=folder, check=True, capture_output=True)
    return folder / "dataset"


def assert_same(made: Path, dataset: Path) -> None:
    assert (made / "manifest.json").read_bytes() == (dataset / "manifest.json").read_bytes()


@pytest.mark.parametrize("name", BUILDS)
def test_a_build_is_made_again(name: str, tmp_path: Path) -> None:
    dataset = build_small(tmp_path, **BUILDS[name])
    origin = describe_origin(survey_dataset(dataset))
    assert ("scenario.toml" in origin.command) == (name == "queues")
    assert_same(make_again(origin, tmp_path / "again", ROADS=tmp_path / "roads"), dataset)


def test_a_build_of_an_own_scenario_and_own_tables_is_made_again(tmp_path: Path) -> None:
    usual = build_small(tmp_path)
    tables = tmp_path / "tables"
    tables.mkdir()
    for path in usual.glob("*.parquet"):
        if path.is_file():
            (tables / path.name).write_bytes(path.read_bytes())
    pl.read_parquet(usual / "items.parquet").with_columns(pl.col("price") + 1).write_parquet(
        tables / "items.parquet"
    )
    (tmp_path / "mine.toml").write_text('name = "mine"\n[service_times]\nminimum_min = 0.5\n')
    dataset = build_small(
        tmp_path / "own", dimensions=tables, scenario=tmp_path / "mine.toml", overwrite=True
    )
    origin = describe_origin(survey_dataset(dataset))
    assert len(origin.needs) == 3
    assert_same(
        make_again(origin, tmp_path / "again", TABLES=tables, ROADS=tmp_path / "own" / "roads"), dataset
    )


@pytest.mark.parametrize("stop_at", [None, "1 19:30"])
def test_a_run_of_a_universe_is_made_again(stop_at: str | None, tmp_path: Path) -> None:
    templates, roads = write_universe(tmp_path, sf={"couriers": {"number": 30}})
    options: dict[str, Any] = {"days": 2, "seed": 9, "roads": roads, "stop_at": stop_at}
    fastgen.universe.run(templates, tmp_path / "dataset", force=True, **options)
    origin = describe_origin(survey_dataset(tmp_path / "dataset"))
    assert "--force" in origin.needs[0]
    again = make_again(
        replace(origin, command=f"{origin.command} --force"),
        tmp_path / "again",
        TEMPLATES=templates,
        ROADS=roads,
    )
    assert_same(again, tmp_path / "dataset")
