"""The standard streams may be closed, full, or a pipe whose reader has left: no event is lost."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.processes import FASTGEN
from tests.helpers import build_small, copy_of, first_part

PRINTING = ("info {0}", "verify {0}", "plan --days 1", "roads show sf", "scenario show")
HELP = ("build --help", "--version")
DATA = ("slice {0} --from 0 --to 1", "replay {0} --to - --state state.json --now 2026-03-01T12:00")
STATE = Path("state.json")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("streams"), days=1)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(command: str, dataset: Path, redirection: str) -> tuple[int, list[str]]:
    """Run a command in a shell; return its exit code and the lines on stderr."""
    args = [*FASTGEN, *command.format(dataset).split()]
    done = subprocess.run(
        ["bash", "-c", f'"$@" {redirection}; exit ${{PIPESTATUS[0]}}', "bash", *args],  # noqa: S607
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if not line.startswith(("compiling", "computing"))]
    return done.returncode, lines


@pytest.mark.parametrize("command", [*PRINTING, *HELP, *DATA])
def test_reader_that_has_left_is_no_trouble(command: str, dataset: Path) -> None:
    code, said = run(command, dataset, "| true")
    due = ["-: the reader has left before the end; the window stays due"]
    assert (code, said) == (0, due if command.startswith("replay") else [])
    assert not STATE.exists()


def test_mismatch_is_told_without_a_reader(dataset: Path, tmp_path: Path) -> None:
    copied = copy_of(dataset, tmp_path)
    first_part(copied).unlink()
    assert run("verify {0}", copied, "| true") == (1, [])


@pytest.mark.parametrize("command", [PRINTING[0], PRINTING[-1], "--help", *DATA])
def test_full_output_is_one_line(command: str, dataset: Path) -> None:
    code, said = run(command, dataset, "> /dev/full")
    assert (code, said) == (1, ["fastgen: standard output: No space left on device."])
    assert not STATE.exists()


@pytest.mark.parametrize("command", [PRINTING[0], PRINTING[-1], "--help"])
def test_closed_streams_drop_what_is_said(command: str, dataset: Path) -> None:
    assert run(command, dataset, ">&- <&-") == (0, [])


@pytest.mark.parametrize("command", DATA)
def test_closed_output_takes_no_data(command: str, dataset: Path) -> None:
    code, said = run(command, dataset, ">&-")
    assert (code, said) == (1, ["fastgen: -: expected an open standard output, got a closed one."])
    assert not STATE.exists()


@pytest.mark.parametrize(("command", "code"), [("info {0}", 0), ("info nothing", 2), ("biuld", 2)])
def test_closed_stderr_changes_no_exit_code(command: str, code: int, dataset: Path) -> None:
    assert run(command, dataset, "2>&- > /dev/null") == (code, [])


STDERR = {
    "publish {0} --to duckdb:business.duckdb": 0,
    "publish {0} --to parquet:tables": 0,
    "build --days 1 --locations sf --scale 0.05 --roads new -o built": 0,
    "replay {0} --to out --now 2026-03-01T12:00": 0,
    "info {0}": 0,
    "info nothing": 2,
    "biuld": 2,
    "verify {0} --against /dev/null": 2,
    "slice {0} --from x --to 1": 2,
}


@pytest.mark.parametrize(
    ("command", "to"),
    [*((command, "/dev/full") for command in STDERR), ("publish {0} --to parquet:tables", ">(true)")],
)
def test_stderr_that_takes_nothing_costs_its_text_alone(command: str, to: str, dataset: Path) -> None:
    """Full, or a pipe whose reader has left: the work is done, with its exit code."""
    Path("new").mkdir()
    assert run(command, dataset, f"2> {to} > /dev/null") == (STDERR[command], [])


def test_file_gets_no_closed_streams_number(dataset: Path) -> None:
    """With all three closed, the first file opened would be the standard input, the second the output."""
    assert run("replay {0} --to out --now 2026-03-01T12:00", dataset, "<&- >&- 2>&-") == (0, [])
    (events,) = Path("out").glob("events-*")
    assert events.read_bytes().startswith(b'{"event_id"')
