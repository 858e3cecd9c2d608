"""The bytes of the wire are pinned: of a week that is replayed, and of slices in each form of text."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

import fastgen
from tests.building.toy import write_toy_roads

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
WINDOW = ("--from", "2T11:30", "--to", "3T01:15")
SLICES = {
    "jsonl": "eee9ab931ff5b6f8ef7400eb236e4f9b7a0864f679708e962741206d2a4388c9",
    "csv": "8b504c8cd19b3977d270121c9ae4cd2021002ca6df0f512b7b4c4bb5d473e1ad",
    "jsonl --raw": "0f80eda3569d9350b222a2a3f4c3536e454c5a35d28cd0c63eb787eb780f5008",
    "csv --raw": "7b641aef113746d3c39f180d967868950d75987b71a37fff87e90ec9e7302ef0",
}
REPLAYED = "6127fddfd56bb4603d1dbf86aeb66bdc8df12bdfab1d0d5b7079764d3147f31e"


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pinned")
    roads = write_toy_roads(folder / "roads")
    return fastgen.build(folder / "week", days=7, locations=["sf", "chicago"], roads=roads).path


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("form", SLICES)
def test_slices(week: Path, form: str) -> None:
    command = [sys.executable, "-m", "fastgen", "slice", str(week), *WINDOW, "--format", *form.split()]
    assert sha256_of(subprocess.run(command, capture_output=True, check=True).stdout) == SLICES[form]


def replay_into(folder: Path, week: Path, form: str) -> bytes:
    """Replay up to noon of day 6, and go on for two loops; what was emitted, file after file."""
    for hours in (0, 1, 400):
        now = NOW + dt.timedelta(hours=hours)
        fastgen.replay(week, folder, start_day=6, speed=1, format=form, max_rows_per_file=5000, now=now)
    files = sorted(folder.glob(f"events-*.{form}"))
    assert len(files) > 3
    return b"".join(gzip.decompress(f.read_bytes()) if form == "jsonl.gz" else f.read_bytes() for f in files)


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz"])
def test_replay(week: Path, tmp_path: Path, form: str) -> None:
    assert sha256_of(replay_into(tmp_path / "landing", week, form)) == REPLAYED


def test_parquet_has_the_rows_of_the_lines(week: Path, tmp_path: Path) -> None:
    """Its own bytes are PyArrow's, which changes them with its versions."""
    lines = replay_into(tmp_path / "lines", week, "jsonl").splitlines()
    replay_into(tmp_path / "tables", week, "parquet")
    files = sorted((tmp_path / "tables").glob("events-*.parquet"))
    assert sum(pq.read_metadata(file).num_rows for file in files) == len(lines)
