"""Sites that run at the same time: one that fails ends the others, and says why in one line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from fastgen.cli import main
from fastgen.universes.run import run_universe
from fastgen.universes.run_options import RunOptions
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from pathlib import Path

# The site that goes on would take minutes.
LONG = ["--days", "30000", "--workers", "2"]


@pytest.fixture(scope="module")
def universe(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Write templates and roads; return both folders."""
    return write_universe(tmp_path_factory.mktemp("universe"))


def fail(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Let a command fail; return its last line, which is the only one about an error."""
    with pytest.raises(SystemExit) as ended:
        main(["universe", *arguments])
    *others, line = capsys.readouterr().err.splitlines()
    assert ended.value.code == 1, line
    assert [one for one in others if "expected" in one or "Traceback" in one] == []
    return line


def count_days(dataset: Path, site: str) -> int:
    """Count the days of which a site's orders are in files."""
    paths = (dataset / "universe" / "orders" / site).glob("part-*.parquet")
    return max((int(path.stem.split("-")[2]) + 1 for path in paths), default=0)


def test_a_site_that_can_t_be_written(
    universe: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    templates, roads = universe
    in_the_way = tmp_path / "out" / "universe" / "orders" / "sf"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_text("no folder")
    run = ["run", str(templates), "--roads", str(roads), "-o", str(tmp_path / "out"), "--force", *LONG]
    line = fail([*run, "--snapshot-every", "3"], capsys)
    assert re.fullmatch(
        rf"fastgen: {in_the_way}/part-00000-00002\.parquet: expected to write \d+ bytes, got .*\.", line
    )
    assert count_days(tmp_path / "out", "chicago") < 300
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_site_whose_snapshot_is_damaged(
    universe: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    templates, roads = universe
    run_universe(templates, tmp_path / "out", RunOptions(days=1, roads=roads), force=True)
    manifest = (tmp_path / "out" / "manifest.json").read_bytes()
    (damaged,) = (tmp_path / "out" / "universe" / "snapshots" / "sf").glob("*/lines.parquet")
    damaged.write_bytes(damaged.read_bytes()[:-1])
    line = fail(["resume", str(tmp_path / "out"), "--roads", str(roads), *LONG], capsys)
    assert line.startswith(f"fastgen: {damaged.parent}: expected a whole snapshot, got: lines.parquet has ")
    assert count_days(tmp_path / "out", "chicago") < 300
    assert (tmp_path / "out" / "manifest.json").read_bytes() == manifest
