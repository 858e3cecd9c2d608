"""`fastgen universe` as its users run it: a preset written, its load shown, every trouble one line."""

from __future__ import annotations

import json
import math
import re
from functools import partial
from typing import TYPE_CHECKING

import pytest

from fastgen.cli.universe import PRESETS
from fastgen.templates import preset_files
from tests.cli.universe_commands import run_universe
from tests.templates.folders import OLDER, changed, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.universe_commands import Run

SITE = "sites/london.json"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return partial(run_universe, capsys)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Write a folder of one site that is hardly busy."""
    return write(changed(SITE, "population", {"customers": 10}), tmp_path / "small")


def test_the_command_offers_every_preset() -> None:
    assert PRESETS == preset_files.PRESETS


def test_a_preset_is_written_and_is_not_overloaded(run: Run) -> None:
    done = run("init", "europe", "--preset", "european")
    assert (done.returncode, done.stdout, done.stderr) == (0, "europe\n", "")
    shown = run("check", "europe")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "london: 300 orders a day, 32.6 in the busiest hour, from 18:00\n" in shown.stdout
    assert "a ride takes 12.8 min, estimated from radius_mi\n" in shown.stdout
    again = run("init", "europe")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "fastgen: europe: expected no file or folder of that name yet, but there is one.\n"


def test_the_older_folder_is_refused_for_its_load_unless_forced(run: Run, tmp_path: Path) -> None:
    write(OLDER, tmp_path / "older")
    refused = run("check", "older")
    assert refused.returncode == 2
    assert refused.stderr.startswith("fastgen: older: expected a load of at most 1 in the busiest hour, got ")
    assert "for the stoves of kitchen-1 of london (add " in refused.stderr
    assert refused.stderr.count("\n") == 1
    # What is wrong can be seen in the table, too.
    assert "ever longer" in refused.stdout
    forced = run("check", "older", "--force")
    assert (forced.returncode, forced.stdout, forced.stderr) == (0, refused.stdout, "")


def test_many_busy_kitchens_are_few_words_and_the_advice_is_possible(run: Run, tmp_path: Path) -> None:
    stations = [
        {"name": f"{kind} {i}", "station_type": f"KITCHEN_STATION_{kind}"}
        for kind in ("WORKSTATION", "STOVE", "OVEN")
        for i in range(40)
    ]
    files = changed(SITE, "kitchens", [{"info": {"name": f"k{i}"}, "stations": stations} for i in range(20)])
    files[SITE]["population"] = {"customers": 600_000}
    refused = run("check", write(files, tmp_path / "big"))
    assert refused.returncode == 2
    assert re.search(r" and [0-9]+ more; --force accepts it\.\n$", refused.stderr)
    listed = re.findall(r"([0-9.]+) for the [a-z]+ of k[0-9]+ of london \(add ([^)]+)\)", refused.stderr)
    assert listed
    for load, advice in listed:
        # 40 of the 62 stations that a kitchen may have are there, and 20 equal kitchens share the work.
        assert advice == f"{math.ceil(20 * float(load) / 0.85) - 20} kitchens"


def test_a_high_load_is_a_warning_that_says_what_to_add(run: Run, small: Path) -> None:
    site = json.loads((small / SITE).read_text())
    # 13.5 orders an hour with 51 minutes of riding each keep 11.5 couriers busy.
    site["population"] = {"customers": 415}
    site["couriers"] = {"number": 12}
    (small / SITE).write_text(json.dumps(site))
    shown = run("check", small)
    assert shown.returncode == 0
    (line,) = [line for line in shown.stderr.splitlines() if "couriers" in line]
    assert line.startswith("fastgen: expected a load of at most 0.9 in the busiest hour, got 0.9")
    assert line.endswith("for the couriers of london: add 2, or a faster mode.")


def test_roads_of_a_folder_are_ridden_over(run: Run, small: Path, tmp_path: Path) -> None:
    missing = run("check", small, "--roads", tmp_path / "none")
    assert missing.returncode == 2
    assert "none: expected a folder of .roads files, got none." in missing.stderr
    (tmp_path / "roads").mkdir()
    (tmp_path / "roads" / "london.roads").write_bytes(b"no roads")
    damaged = run("check", small, "--roads", tmp_path / "roads")
    assert damaged.returncode == 2
    assert "london.roads" in damaged.stderr
    assert damaged.stderr.count("\n") == 1


def test_a_site_without_couriers_is_overloaded(run: Run, tmp_path: Path) -> None:
    files = changed(SITE, "couriers", {"number": 0})
    files[SITE]["population"] = {"customers": 10}
    refused = run("check", write(files, tmp_path / "u"))
    assert refused.returncode == 2
    assert "got inf for the couriers of london (add some)" in refused.stderr


def test_a_site_where_nobody_orders_is_idle(run: Run, tmp_path: Path) -> None:
    files = changed(SITE, "population", {"orders_per_customer_day": 0})
    shown = run("check", write(files, tmp_path / "u"))
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "london: 0 orders a day" in shown.stdout


@pytest.mark.parametrize("folder", ["none", "file"])
def test_no_folder_is_one_line(run: Run, folder: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = run("check", folder)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"fastgen: {folder}: expected a template folder with sites/")
