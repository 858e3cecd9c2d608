"""A process may have few files open: a dataset of many is read and written a few at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import build_small
from tests.replaying.slow_disk import DESCRIPTORS

ROOT = Path(__file__).parent.parent.parent
COMMANDS = (
    "build --days 60 --scale 0.02 --locations sf --roads {roads} --partition-by location_id,day -o {out}",
    "info {dataset}",
    "verify {dataset}",
    "slice {dataset} --from 0 --to 30 -o {out}",
    "slice {dataset} --from 0 --to 30 --raw --format parquet -o {out}",
    "replay {dataset} --to {out}",
    "publish {dataset} --to parquet:{out}",
    "publish {dataset} --to delta:{out}",
    "publish {dataset} --to duckdb:{out}",
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dataset of more files than may be open."""
    made = build_small(tmp_path_factory.mktemp("many"), days=30, scale=0.02, partition_by="location_id,day")
    assert len(list(made.rglob("part-*.parquet"))) > DESCRIPTORS
    return made


@pytest.mark.parametrize("command", COMMANDS)
def test_command_needs_few_descriptors(command: str, dataset: Path, tmp_path: Path) -> None:
    names = {"dataset": dataset, "roads": dataset.parent / "roads", "out": tmp_path / "out"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.replaying.slow_disk", *command.format(**names).split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
