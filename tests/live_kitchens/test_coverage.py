"""A kitchen whose customers live beyond its roads is told so, by every command that makes or checks it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fastgen.live_kitchens.examples import EXAMPLES, read_example

if TYPE_CHECKING:
    from pathlib import Path


def said_by(*command: str, cwd: Path) -> str:
    """Run a command, and return what it says on stderr."""
    process = [sys.executable, "-m", "fastgen", *command]
    return subprocess.run(process, cwd=cwd, capture_output=True, text=True, check=True).stderr


WARNING = "covers 25 % of the delivery square (8 miles to each side)"


@pytest.mark.parametrize("how", [("--check",), ("--to", "out", "--dry-run")])
def test_commands_of_live_warn(how: tuple[str, ...], tmp_path: Path) -> None:
    config = {**json.loads(read_example("sanfrancisco")), "radius_mi": 8}
    (tmp_path / "wide.json").write_text(json.dumps(config))
    said = said_by("live", "--config", "wide.json", *how, cwd=tmp_path)
    assert said.count(WARNING) == 1
    assert "--as-scenario > sf.toml" in said


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_need_no_warning(name: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(read_example(name))
    assert said_by("live", "--config", "config.json", "--check", cwd=tmp_path) == ""


def test_a_plan_of_a_wide_scenario_warns(tmp_path: Path) -> None:
    (tmp_path / "wide.toml").write_text("[delivery]\nradius_mi = 8\n")
    said = said_by("plan", "--scenario", "wide.toml", "--locations", "sf", cwd=tmp_path)
    assert said.count(WARNING) == 1
    assert "--location sf --scenario wide.toml -o my_roads" in said
