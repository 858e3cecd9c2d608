"""What the engine makes of the same templates and seed never changes by accident.

Where a digest moves on purpose, `ENGINE_VERSION` of fastgen/universes/run_folder.py rises with it: it is part
of the name of the source of orders, by which datasets of two engines are told apart.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from fastgen.dataset.manifest import read_manifest
from fastgen.templates.preset_files import write_preset
from fastgen.universes.run import run_universe
from fastgen.universes.run_folder import ENGINE_VERSION
from fastgen.universes.run_options import RunOptions
from tests.effort import repeats
from tests.processes import masked_features
from tests.universes.small_universe import write_universe
from tests.universes.test_stops import SITES

if TYPE_CHECKING:
    from pathlib import Path

ENGINE = 1
CANONICAL = "9568553ad52a9238234f14256b101274821b9053d4c0ef61383b12d4e2d6b3e8"
DISTURBED = "b33756f7a0ae8f030ef06770fbdca1a0580dd27903d7324481c57faa213dcce8"


def test_digests_are_those_of_this_version_of_the_engine() -> None:
    assert ENGINE_VERSION == ENGINE


def test_two_days_of_the_canonical_preset(tmp_path: Path) -> None:
    write_preset("canonical", tmp_path / "templates")
    manifest = run_universe(tmp_path / "templates", tmp_path / "out", RunOptions(days=2)).manifest
    assert (manifest.orders, manifest.digest) == (1404, CANONICAL)


def test_a_busy_universe_with_a_closed_kitchen(tmp_path: Path) -> None:
    templates, roads = write_universe(tmp_path, **SITES)
    options = RunOptions(days=3, roads=roads)
    manifest = run_universe(templates, tmp_path / "out", options, force=True).manifest
    assert (manifest.orders, manifest.digest) == (709, DISTURBED)


def list_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_the_time_zone_of_the_process_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every byte of events, tables, snapshots and CloudEvents."""
    templates, roads = write_universe(tmp_path, sf={"population": {"customers": 60}})
    # 14 hours ahead of UTC, and 3 1/2 behind.
    zones = ("UTC", "Pacific/Kiritimati", "America/St_Johns")
    for zone in zones:
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        options = RunOptions(days=2, roads=roads, cloud_events=tmp_path / zone / "events.jsonl")
        (tmp_path / zone).mkdir(parents=True)
        run_universe(templates, tmp_path / zone / "out", options, force=True)
    monkeypatch.undo()
    time.tzset()
    found = [
        {path.relative_to(tmp_path / zone): path.read_bytes() for path in list_files(tmp_path / zone)}
        for zone in zones
    ]
    assert len(found[0]) > 30
    assert found[1:] == [found[0]] * 2


@pytest.mark.skipif(repeats(1, 0) == 1, reason="make test-long alone compiles all kernels anew")
@pytest.mark.parametrize("mask", [*masked_features()])
def test_processors_with_fewer_features_give_the_same(tmp_path: Path, mask: str) -> None:
    templates, roads = write_universe(tmp_path, **SITES)
    environment, _ = masked_features()[mask]
    command = [sys.executable, "-m", "fastgen", "universe", "run", str(templates), "--roads", str(roads)]
    subprocess.run(
        [*command, "--days", "3", "--force", "-o", str(tmp_path / "out")],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    assert read_manifest(tmp_path / "out").digest == DISTURBED
