"""`fastgen universe compare` as its users run it: a table, JSON, every trouble one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fastgen.cli.universe_compare import compare as command
from fastgen.universes.comparison import Trial
from tests.cli.universe_commands import Done, run_universe
from tests.universes.small_universe import write_universe
from tests.universes.test_compare import CHICAGO, KITCHEN, MORE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.universe_commands import Run

TABLE = """\
A  a
B  b
3 runs of each, seeds 42 to 44; 2 days each, after 1 of warm-up

sf                                                A        B     B - A   95 % interval
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Compare in a folder with templates a, where sf has one stove, and b, where it has two."""
    monkeypatch.chdir(tmp_path)
    for name, kitchen in (("a", KITCHEN), ("b", MORE)):
        templates, roads = write_universe(
            tmp_path / f"of {name}", sf={"kitchens": [kitchen]}, chicago=CHICAGO
        )
        templates.rename(tmp_path / name)

    def run_compare(*args: str) -> Done:
        return run_universe(capsys, "compare", *args, "--seeds", 3, "--days", 2, "--roads", roads)

    run_compare("a", "a")  # so that routes are cached, which is said on stderr
    return run_compare


def test_a_table_says_what_differs_and_what_does_not(run: Run) -> None:
    done = run("a", "b")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(TABLE)
    assert done.stdout.endswith("\n\nequal in every run: chicago\n")
    (line,) = (line for line in done.stdout.split("all sites")[0].splitlines() if "stoves: util" in line)
    words = line.split()
    assert words[:2] == ["stoves:", "utilisation"]
    a, b, difference, low, to, high, verdict = words[2:]
    assert (to, verdict) == ("to", "lower")
    assert float(low) < float(difference) < float(high) < 0
    assert float(b) - float(a) == pytest.approx(float(difference), abs=0.0011)


def test_equal_folders_need_no_table(run: Run) -> None:
    done = run("a", "a")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[3:] == ["", "equal in every run: chicago, sf, all sites"]


def test_json_is_the_same_for_any_number_of_workers(run: Run) -> None:
    one, many = (run("a", "b", "--json", "--workers", workers) for workers in ("1", "4"))
    assert one == many
    made = json.loads(one.stdout)
    assert (made["a"], made["b"], made["seeds"], made["days"], made["warm_up"]) == (
        "a",
        "b",
        [42, 43, 44],
        2,
        1,
    )


def test_a_terminal_shows_how_many_runs_are_done(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    done = run("a", "b")
    assert done.returncode == 0
    assert "of 6 runs" in done.stderr
    assert "runs" not in done.stdout.split("\n", 3)[3]


def test_the_command_has_the_defaults_of_the_library() -> None:
    trial = Trial()
    defaults = {option.name: option.default for option in command.params if hasattr(trial, str(option.name))}
    assert defaults == vars(trial)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("a", "missing"), "fastgen: missing: expected a template folder with sites/, brands/ and"),
        (("a", "b", "--warm-up", "-1"), "fastgen: warm_up: expected 0 <= warm_up <= 3650, got -1."),
        (
            ("a", "b", "--workers", "0"),
            "fastgen universe compare: Invalid value for '--workers': expected auto",
        ),
        (("a",), "fastgen: without: expected names of disturbances to leave out, or a second template"),
        (("a", "--without", "x"), "fastgen: a: expected a disturbance named 'x': there is none."),
    ],
)
def test_wrong_input_is_one_line_and_ends_with_2(run: Run, args: tuple[str, ...], message: str) -> None:
    done = run(*args)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(message)


def test_an_overloaded_folder_is_refused_unless_forced(run: Run, tmp_path: Path) -> None:
    site = tmp_path / "b" / "sites" / "sf.json"
    made = json.loads(site.read_text())
    made["population"]["customers"] = 2000
    site.write_text(json.dumps(made))
    done = run("a", "b")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("fastgen: b: expected a load of at most 1 in the busiest hour, got ")
    forced = run("a", "b", "--force")
    assert (forced.returncode, forced.stderr) == (0, "")
