"""A person reads what a build would take, a program reads the same, and nothing is built."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fastgen.cli.plan import _duration

if TYPE_CHECKING:
    from pathlib import Path


def run(*args: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fastgen", "plan", *map(str, args)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_it_says_what_a_build_would_make(roads: Path, tmp_path: Path) -> None:
    found = run("--days", 30, "--scale", 20, "--workers", 2, "--roads", roads, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    facts, table = found.stdout.split("\n\n")
    lines = dict(line.split(maxsplit=1) for line in facts.splitlines())
    assert lines["days"] == "30, 2024-01-01 to 2024-01-30; 120 location-days"
    assert lines["layout"].startswith("hive by location_id, ")
    assert lines["time"].endswith(" s with 2 workers")
    assert list(lines) == ["scenario", "days", "layout", "time", "memory"]
    rows = [line.split() for line in table.splitlines()]
    assert rows[0] == ["location", "files", "orders", "events", "bytes"]
    assert [row[0] for row in rows[1:]] == ["sf", "sv", "bellevue", "chicago", "total"]
    orders = [int(row[2].replace(",", "")) for row in rows[1:]]
    assert sum(orders[:-1]) == orders[-1] > 10_000
    assert list(tmp_path.iterdir()) == []


def test_json_holds_the_same(roads: Path, tmp_path: Path) -> None:
    found = run(
        "--json", "--days", 3, "--locations", "sf", "--compression", "none", "--roads", roads, cwd=tmp_path
    )
    raw = json.loads(found.stdout)
    assert (raw["days"], raw["first_date"], raw["compression"]) == (3, "2024-01-01", "none")
    assert raw["locations"][0]["code"] == "sf"
    assert raw["orders"] == raw["locations"][0]["orders"] > 100


def test_routes_that_have_to_be_computed_are_announced(
    roads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASTGEN_CACHE_DIR", str(tmp_path / "cache"))
    options = ("--days", 3, "--locations", "sf", "--roads", roads)
    assert "computing the routes over" in run(*options, cwd=tmp_path).stderr
    assert run(*options, cwd=tmp_path).stderr == ""


@pytest.mark.parametrize("command", ["plan", "build"])
def test_overflow_is_one_line_before_work_starts(command: str, tmp_path: Path) -> None:
    """Silicon Valley at 1.35 per cent a day, for ten years."""
    words = [sys.executable, "-m", "fastgen", command, "--days", "3650"]
    found = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    (line,) = found.stderr.splitlines()
    assert line.startswith(
        "fastgen: locations.sv: expected at most 2147483647 orders a day, got about 8.909e+22"
    )
    assert "max_orders_day" in line
    assert list(tmp_path.iterdir()) == []


def test_wrong_input_is_one_line(tmp_path: Path) -> None:
    for option in (("--days", 0), ("--locations", "nowhere"), ("--roads", "missing"), ("--layout", "flat")):
        found = run(*option, cwd=tmp_path)
        assert (found.returncode, len(found.stderr.splitlines())) == (2, 1), found.stderr


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.74, "0.7 s"), (35.2, "35 s"), (600, "10 min"), (7200, "2.0 h")]
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert _duration(seconds) == text
