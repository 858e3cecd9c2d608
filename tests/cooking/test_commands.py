"""Commands take `--kitchen`, show the model and its loads, and refuse an overload in one line."""

from __future__ import annotations

import json
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from fastgen.dataset.manifest import read_manifest
from tests.building.toy import write_toy_roads
from tests.cli.processes import FASTGEN, run_fastgen
from tests.cooking.kitchens import BUSY

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    write_toy_roads(folder / "towns")
    (folder / "it.toml").write_text(BUSY, encoding="utf-8")
    return folder


def test_build_and_info_name_the_source(folder: Path, tmp_path: Path) -> None:
    options = ("--roads", folder / "towns", "--days", "2", "--kitchen", "stations")
    built = run_fastgen("build", *options, "-o", tmp_path / "data")
    assert built.returncode == 0, built.stderr
    shown = run_fastgen("info", tmp_path / "data")
    assert "source    stations 1\n" in shown.stdout
    assert json.loads(run_fastgen("info", tmp_path / "data", "--json").stdout)["source"] == "stations 1"


def test_plan_shows_the_loads(folder: Path) -> None:
    inputs = ("--scenario", folder / "it.toml", "--roads", folder / "towns", "--days", "3")
    shown = run_fastgen("plan", *inputs).stdout
    assert "kitchen   stations; loads of the busiest hour are below\n" in shown
    assert "location  workstations  stoves  ovens  couriers\n" in shown
    forecast = json.loads(run_fastgen("plan", *inputs, "--json").stdout)
    assert forecast["kitchen"] == "stations"
    assert {one["code"] for one in forecast["loads"]} == {"sf", "sv", "bellevue", "chicago"}
    plain = json.loads(run_fastgen("plan", *inputs, "--kitchen", "statistical", "--json").stdout)
    assert (plain["kitchen"], plain["loads"]) == ("statistical", [])


@pytest.mark.parametrize("command", ["build", "plan"])
@pytest.mark.parametrize("file", [None, "full.toml"])
def test_an_overload_ends_commands_with_one_line(
    folder: Path, tmp_path: Path, command: str, file: str | None
) -> None:
    """It names the scenario file, where there is one."""
    out = ("--output", tmp_path / "data") if command == "build" else ()
    options: list[str | Path] = ["--roads", folder / "towns", "--days", "3", "--scale", "5"]
    options += ["--kitchen", "stations"]
    if file is not None:
        (folder / file).write_text("seed = 4\n", encoding="utf-8")
        options += ["--scenario", folder / file]
    said = run_fastgen(command, *options, *out)
    assert (said.returncode, said.stdout) == (2, "")
    # The first command also says that it computes routes.
    (line,) = [line for line in said.stderr.splitlines() if not line.startswith("computing ")]
    named = "" if file is None else f"{folder / file}: "
    assert line.startswith(f"fastgen: {named}kitchen: expected a load of at most 1 in the busiest hour, got ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_order_that_takes_too_long_ends_the_build(folder: Path, tmp_path: Path, workers: str) -> None:
    slow = tmp_path / "slow.toml"
    slow.write_text(BUSY.replace("couriers = 4", "couriers = 1\nlongest_min = 60"), encoding="utf-8")
    options = ("--roads", folder / "towns", "--days", "3", "--scale", "2", "--workers", workers)
    said = run_fastgen("build", "--scenario", slow, *options, "-o", tmp_path / "data")
    assert said.returncode == 2
    lines = [line for line in said.stderr.splitlines() if line.startswith("fastgen: ")]
    assert len(lines) == 1, said.stderr
    assert lines[0].startswith("fastgen: kitchen.longest_min: expected every order of ")
    assert "Traceback" not in said.stderr
    assert not (tmp_path / "data" / "manifest.json").exists()


def test_a_killed_build_goes_on_to_the_same(folder: Path, tmp_path: Path) -> None:
    options = ["--scenario", str(folder / "it.toml"), "--roads", str(folder / "towns"), "--days", "6"]
    options += ["--partition-by", "location_id,day", "--workers", "2", "-o"]
    assert run_fastgen("build", *options, tmp_path / "whole").returncode == 0
    command = [*FASTGEN, "build", *options, str(tmp_path / "killed")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not list((tmp_path / "killed").rglob("part-*.parquet")):
            time.sleep(0.001)
        process.kill()
    again = run_fastgen("build", *options, tmp_path / "killed")
    assert again.returncode == 0, again.stderr
    digests = {read_manifest(tmp_path / name).digest for name in ("whole", "killed")}
    assert len(digests) == 1


def test_slices_of_a_scenario_take_the_option(folder: Path) -> None:
    window = ("--from", "1T12:00", "--to", "1T12:30", "--raw", "--days", "3", "--roads", folder / "towns")
    texts = [
        run_fastgen("slice", "scenario:canonical", *window, "--kitchen", model).stdout
        for model in ("stations", "statistical")
    ]
    assert texts[0] != texts[1]
    assert all(texts)
