"""A user meets the scenario here: output must be a scenario file, an error one line and exit 2."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fastgen.cli import cli
from fastgen.errors import ScenarioError
from fastgen.inputs.render import render_scenario
from fastgen.inputs.scenario_file import load_scenario
from tests.cli.processes import run_fastgen
from tests.inputs.town_tables import write_town


def run(*args: object) -> Result:
    return CliRunner().invoke(cli, ["scenario", *map(str, args)])


def test_show_prints_the_canonical_scenario() -> None:
    result = run("show")
    assert result.exit_code == 0
    assert result.stdout == render_scenario(load_scenario(None))


def test_show_prints_a_file_in_full_and_readable(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('days = 7\nname = "Caffè"', encoding="utf-8")
    shown = tmp_path / "shown.toml"
    shown.write_bytes(run("show", path).stdout_bytes)
    assert load_scenario(shown) == load_scenario(path)


def test_show_takes_dimension_tables(tmp_path: Path) -> None:
    assert "[locations.harbour]" in run("show", "--dimensions", write_town(tmp_path)).stdout


def test_show_refuses_a_wrong_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("days = 0", encoding="utf-8")
    result = run("show", path)
    assert isinstance(result.exception, ScenarioError)
    assert result.stdout == ""


def test_check_says_what_a_file_amounts_to(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("", encoding="utf-8")
    result = run("check", path)
    assert result.exit_code == 0
    assert result.stdout == f"{path}: valid: 4 locations, 90 days, about 75,733 orders expected\n"


def test_check_counts_in_the_singular(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    off = "".join(f"[locations.{code}]\nenabled = false\n" for code in ("sf", "sv", "chicago"))
    path.write_text(f"days = 1\n{off}", encoding="utf-8")
    assert run("check", path).stdout == f"{path}: valid: 1 location, 1 day, about 200 orders expected\n"


def test_check_goes_on_after_a_wrong_file(tmp_path: Path) -> None:
    good, bad, huge = (tmp_path / f"{name}.toml" for name in ("good", "bad", "huge"))
    good.write_text("", encoding="utf-8")
    bad.write_text("[driver]\nspeed_mhp = 3", encoding="utf-8")
    huge.write_text("scale = 1e9", encoding="utf-8")
    result = run("check", bad, huge, good)
    assert result.exit_code == 2
    assert result.stdout.startswith(f"{good}: valid: ")
    first, second = result.stderr.splitlines()
    assert first == f"fastgen: {bad}: driver.speed_mhp: unknown key, did you mean speed_mph?"
    assert second.startswith(
        f"fastgen: {huge}: locations.chicago: expected at most 2147483647 orders a day, got"
    )


def test_check_needs_a_file() -> None:
    assert run("check").exit_code == 2


@pytest.mark.parametrize("command", ["show", "check"])
def test_help_has_examples(command: str) -> None:
    assert f"fastgen scenario {command} mine.toml" in run(command, "--help").stdout


@pytest.mark.parametrize(
    "command",
    [
        *("build --scenario mine.toml", "plan --scenario mine.toml"),
        *("scenario show mine.toml", "scenario check mine.toml"),
        "slice scenario:mine.toml --from 0 --to 1 --raw",
        "publish scenario:mine.toml --to parquet:tables",
    ],
    ids=str,
)
def test_wrong_faults_of_a_scenario_are_found_by_what_makes_no_stream(command: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('days = 1\n[[faults]]\nkind = "lots"\nprobability = 0.1\n')
    refused = run_fastgen(*command.split(), cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("fastgen: mine.toml: fault 1: kind: expected ")
    assert refused.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]
