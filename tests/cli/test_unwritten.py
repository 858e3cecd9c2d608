"""`scenario:FILE` stands for a dataset that was never written, where slice, replay and publish read one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from fastgen.cli import main
from fastgen.dataset.index import read_index
from fastgen.emitting.control import find_control
from fastgen.emitting.lock import hold_lock
from fastgen.errors import DataError
from fastgen.generating import digests
from tests.building.toy import write_toy_roads
from tests.building.users_files import tree_of
from tests.cli.processes import run_fastgen

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = ("--from", "1T11:00", "--to", "1T13:00")


class Case:
    """A dataset on disk, and the words that stand for it."""

    def __init__(self, folder: Path) -> None:
        (folder / "it.toml").write_text('name = "it"\nseed = 5\n')
        roads = str(write_toy_roads(folder / "roads"))
        self.words = (f"scenario:{folder / 'it.toml'}", "--days", "2", "--scale", "0.3", "--roads", roads)
        self.path = str(folder / "data")
        built = run_fastgen("build", "--scenario", str(folder / "it.toml"), *self.words[1:], "-o", self.path)
        assert built.returncode == 0, built.stderr


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("unwritten"))


@pytest.mark.parametrize("options", [(), ("--raw",), ("--locations", "chicago", "--types", "delivered")])
def test_slice(case: Case, options: tuple[str, ...]) -> None:
    made = run_fastgen("slice", *case.words, *WINDOW, *options)
    stored = run_fastgen("slice", case.path, *WINDOW, *options)
    assert made.returncode == stored.returncode == 0, made.stderr
    assert made.stdout == stored.stdout != ""


def test_replay_goes_on_with_the_dataset_that_was_built_later(case: Case, tmp_path: Path) -> None:
    to = ("--to", str(tmp_path / "landing"))
    first = run_fastgen("replay", *case.words, *to, "--start-day", "1", "--now", "2026-03-01T12:00")
    later = run_fastgen("replay", case.path, *to, "--now", "2026-03-01T12:30")
    assert first.returncode == later.returncode == 0, first.stderr + later.stderr
    assert "events" in later.stdout


def test_publish_beside_other_folders(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = run_fastgen("publish", *case.words, "--to", "parquet:.")
    assert made.returncode == 0, made.stderr
    assert "nothing to do" in run_fastgen("publish", case.path, "--to", "parquet:.").stdout


@pytest.mark.parametrize("command", ["info", "verify"])
def test_what_wants_files_refuses_it(case: Case, command: str) -> None:
    refused = run_fastgen(command, case.words[0])
    assert refused.returncode == 2
    assert "a dataset that was never written, which only the commands slice" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_the_source_of_spark_refuses_it() -> None:
    with pytest.raises(DataError, match="which only the commands slice, replay and publish read"):
        read_index("scenario:canonical")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("slice", "data", "--days", "3", *WINDOW), "--days: expected scenario:canonical or scenario:FILE"),
        (("slice", "scenario:none.toml", *WINDOW), "none.toml: expected a readable scenario file"),
        (
            ("slice", "scenario:", *WINDOW),
            "expected scenario:canonical or scenario:FILE, got scenario: alone",
        ),
        (("build", "-o", "scenario:mine"), "output: expected the name of a folder, got scenario:mine"),
        (("build", "-o", "./scenario:a/b"), "output: expected the name of a folder, got scenario:a/b"),
        (("slice", "scenario:canonical", "--days", "1_0", *WINDOW), "1_0"),
        (("publish", "scenario:canonical", "--scale", "-1", "--to", "parquet:x"), "scale"),
    ],
)
def test_wrong_words_are_one_line(arguments: tuple[str, ...], expected: str, tmp_path: Path) -> None:
    refused = run_fastgen(*arguments, cwd=tmp_path)
    assert refused.returncode == 2
    assert expected in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [
        ("build", "--scenario", "wide.toml"),
        ("plan", "--scenario", "wide.toml"),
        ("slice", "scenario:wide.toml", *WINDOW),
        ("replay", "scenario:wide.toml", "--to", "landing"),
        ("publish", "scenario:wide.toml", "--to", "parquet:tables"),
    ],
    ids=lambda command: command[0],
)
def test_the_advice_about_missing_roads_is_one_that_the_command_can_take(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Beside `scenario:`, --locations selects rows, and so doesn't spare a location its roads."""
    (tmp_path / "wide.toml").write_text(
        'days = 2\n[locations.boston]\nlocation_id = 9\nname = "Boston"\nlat = 42.36\nlon = -71.06\n'
        'base_orders_day = 500\ntimezone = "America/New_York"\n'
    )
    refused = run_fastgen(*command, cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    leave = ", or leave the rest out with --locations sf,sv,bellevue,chicago"
    leave = leave if command[0] in ("build", "plan") else ""
    assert refused.stderr.endswith(f"and name the folder with --roads my_roads{leave}.\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("slice", "--from", "x", "--to", "1"), "from"),
        (("slice", "--from", "1", "--to", "0"), "to: expected an instant not before"),
        (("slice", *WINDOW, "--locations", "atlantis"), "locations: expected codes or ids among"),
        (("slice", *WINDOW, "--types", "lost"), "types: expected names among"),
        (("slice", *WINDOW, "--format", "xml"), "--format"),
        (("slice", *WINDOW, "-o", "."), "output"),
        (("slice", *WINDOW, "--faults", "none.toml"), "none.toml: expected a readable faults file"),
        (("slice", *WINDOW, "--faults", "lost.toml"), "lost.toml: fault 1: locations: expected"),
        (("slice", *WINDOW, "--faults", "torn.toml", "--format", "csv"), "torn.toml: fault 1: kind"),
        (("slice", *WINDOW, "--faults", "torn.toml", "--raw"), "raw: expected the wire format"),
        (("slice", *WINDOW, "--ledger", "ledger.parquet"), "ledger: expected faults beside it"),
        (("slice", *WINDOW, "--faults", "torn.toml", "--ledger", "."), "ledger: expected"),
        (("replay", "--to", "landing", "--faults", "lost.toml"), "lost.toml: fault 1: locations: expected"),
        (("replay", "--to", "landing", "--ledger", "ledger.parquet"), "ledger: expected faults beside it"),
        (("replay", "--to", "landing", "--follow", "--every", "9999h"), "every: expected more than 0"),
        (("replay", "--to", "landing", "--speed", "0"), "speed: expected 0 < speed"),
        (("replay", "--to", "landing", "--speed", "fast"), "speed: expected a number"),
        (("replay", "--to", "landing", "--start-day", "9"), "start_day: expected 0 <= start_day <= 2"),
        (("replay", "--to", "landing", "--locations", "atlantis"), "locations: expected codes or ids among"),
        (("replay", "--to", "landing", "--types", "lost"), "types: expected names among"),
        (("replay", "--to", "landing", "--format", "xml"), "--format"),
        (("replay", "--to", "-"), "state: expected a state file"),
        (("slice", *WINDOW, "-o", "none/rows.jsonl"), "none/rows.jsonl: expected to write the file, got No"),
        (("slice", *WINDOW, "-o", "it.toml/rows.jsonl"), "rows.jsonl: expected to write the file, got Not"),
        (("slice", *WINDOW, "--faults", "torn.toml", "--ledger", "none/l"), "none/l: expected to write the"),
        (
            ("replay", "--to", "x", "--faults", "torn.toml", "--ledger", "none/l"),
            "none/l: expected to write the",
        ),
        (("replay", "--to", "landing", "--now", "1969-12-31"), "now: expected a time of the years 1970"),
        (("replay", "--to", "landing", "--now", "1970-01-01"), "now: expected a time of the years 1970"),
        (("replay", "--to", "landing", "--no-loop", "--now", "1969-12-31"), "now: expected a time of"),
        (("replay", "--to", "landing", "--dry-run", "--now", "1969-12-31"), "now: expected a time of"),
        (("replay", "--to", "foreign"), "foreign: expected a folder without event files"),
        (("replay", "--to", "landing", "--every", "5s"), "--every: expected --follow beside it, got none."),
        (("replay", "--to", "landing", "--rebase"), "--rebase: expected --speed beside it, got none."),
        (("publish", "--to", "paper:x"), "to: expected delta:PATH"),
        (("publish", "--to", "parquet:"), "to: expected delta:PATH"),
    ],
)
def test_wrong_options_are_found_before_an_event_is_made(
    tmp_path: Path,
    case: Case,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    expected: str,
) -> None:
    def digest(*_: object) -> None:
        raise AssertionError("events are made for the digest")

    monkeypatch.setattr(digests, "digest_days", digest)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "it.toml").write_text('name = "it"\nseed = 77\n')
    fault = 'seed = 1\n[[faults]]\nkind = "truncated"\nprobability = 0.1\n'
    (tmp_path / "torn.toml").write_text(fault)
    (tmp_path / "lost.toml").write_text(f'{fault}locations = ["atlantis"]\n')
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "events-0000000001.jsonl").write_text("mine")
    before = set(tmp_path.rglob("*"))
    command, *rest = arguments
    with pytest.raises(SystemExit) as refused:
        main([command, "scenario:it.toml", *case.words[1:], *rest])
    # An OutputError: the same command may work later.
    assert refused.value.code == (1 if re.search("expected (a folder|to write)", expected) else 2)
    error = capsys.readouterr().err
    assert error.strip().splitlines()[-1].count(expected) == 1
    assert error.count("\n") == 1
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("options", "code", "expected"),
    [
        (("--start-day", "0"), 2, "start_day: expected 1, as the replay in"),
        (("--speed", "7"), 2, "speed: expected 60, as the replay in"),
        (("--types", "delivered"), 2, "types: expected all, as the replay in"),
        (("--locations", "chicago"), 2, "locations: expected all, as the replay in"),
        (("--no-loop",), 2, "loop: expected True, as the replay in"),
        (("--faults", "lost.toml"), 2, "faults: expected no faults, as the replay in"),
        (("--to", "other"), 2, "expected the state of a run into other, got that of another one"),
        (("--speed", "7", "--rebase", "--now", "2025-03-01"), 2, "rebase: expected a present time after"),
        (("--now", "2029-03-01"), 2, "now: expected at most 366 days since the last run"),
        (("--start", "2024-01-02"), 2, "state.json: expected the state of a dataset with this one's days"),
        (("--start", "2023-12-31"), 2, "state.json: expected the state of a dataset with this one's days"),
        (("--state", "busy.json", "--to", "busy"), 1, "busy: expected no other run at work here, but one is"),
    ],
)
def test_what_contradicts_the_state_is_found_before_an_event_is_made(
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    code: int,
    expected: str,
) -> None:
    def digest(*_: object) -> None:
        raise AssertionError("events are made for the digest")

    monkeypatch.chdir(tmp_path)
    (tmp_path / "lost.toml").write_text('seed = 1\n[[faults]]\nkind = "lost"\nprobability = 0.1\n')
    to = ("--to", "landing", "--state", "state.json")
    first = run_fastgen("replay", *case.words, *to, "--start-day", "1", "--now", "2026-03-01T12:00")
    assert first.returncode == 0, first.stderr
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    monkeypatch.setattr(digests, "digest_days", digest)
    with (
        hold_lock(find_control(tmp_path / "busy").lock, tmp_path / "busy"),
        pytest.raises(SystemExit) as refused,
    ):
        main(["replay", *case.words, *to, "--now", "2026-03-01T12:30", *options])
    assert refused.value.code == code
    (line,) = capsys.readouterr().err.splitlines()
    assert expected in line
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after.items() >= before.items()
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("parquet:file", "expected a folder to write to"),
        ("delta:file/below", "expected a folder to write to"),
        ("duckdb:file/below", "expected a folder to write to"),
        ("duckdb:file", "tables of another origin"),
        ("parquet:foreign", "tables of another origin"),
        ("delta:foreign", "tables of another origin"),
        ("delta:other form", "the tables of dataset"),
        ("parquet:blocked", "expected a folder to write to"),
        ("parquet:blocked state", "expected a file to write"),
    ],
)
def test_an_occupied_target_is_found_before_an_event_is_made(
    tmp_path: Path,
    case: Case,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    to: str,
    expected: str,
) -> None:
    def digest(*_: object) -> None:
        raise AssertionError("events are made for the digest")

    assert run_fastgen("publish", case.path, "--to", f"parquet:{tmp_path / 'other form'}").returncode == 0
    monkeypatch.setattr(digests, "digest_days", digest)
    monkeypatch.chdir(tmp_path)
    for name in ("foreign/events", "blocked", "blocked state/_fastgen.json"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("file", "foreign/events/mine", "blocked/.publishing"):
        (tmp_path / name).write_bytes(b"precious")
    before = tree_of(tmp_path)
    with pytest.raises(SystemExit) as refused:
        main(["publish", *case.words, "--to", to])
    assert refused.value.code == 1
    error = capsys.readouterr().err
    assert expected in error
    assert error.count("\n") == 1
    assert tree_of(tmp_path) == before


@pytest.mark.parametrize("command", [("info",), ("verify",), ("slice", *WINDOW)], ids=lambda words: words[0])
def test_a_folder_with_the_prefix_is_a_folder(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "scenario:canonical").mkdir()
    refused = run_fastgen(command[0], "./scenario:canonical", *command[1:], cwd=tmp_path)
    assert refused.returncode == 2
    assert "expected a finished dataset, got no manifest.json" in refused.stderr
    assert refused.stderr.count("\n") == 1
