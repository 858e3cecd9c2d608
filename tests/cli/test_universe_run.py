"""`fastgen universe run` as its users run it: a dataset, and every trouble one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fastgen.cli import main
from fastgen.dataset.manifest import read_manifest
from tests.landing import visible
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    Run: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a folder that has templates and roads; gives exit code, output and errors."""
    write_universe(tmp_path)
    monkeypatch.chdir(tmp_path)

    def run_universe(*args: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["universe", *args])
        return int(ended.value.code or 0), *capsys.readouterr()

    return run_universe


def test_a_folder_becomes_a_dataset(run: Run, tmp_path: Path) -> None:
    code, shown, _ = run("run", "templates", "--days", "1", "--roads", "roads", "-o", "day", "--seed", "7")
    assert code == 0
    manifest = read_manifest(tmp_path / "day")
    assert (manifest.scenario["seed"], manifest.scenario["days"]) == (7, 1)
    assert f"digest  {manifest.digest}" in shown.splitlines()
    assert f"orders  {manifest.orders:,}" in shown.splitlines()


def test_a_stop_is_of_utc_and_said(run: Run, tmp_path: Path) -> None:
    """At 07:00 UTC, day 1 of San Francisco hasn't begun; in Tokyo it is the afternoon."""
    write_universe(tmp_path, sf={}, chicago={"timezone": "Asia/Tokyo"})
    args = ("run", "templates", "--days", "2", "--roads", "roads", "-o", "stopped", "--force")
    code, shown, errors = run(*args, "--stop-at", "1 07:00")
    assert code == 0, errors
    assert shown.splitlines()[-1] == "stop    1 07:00 (UTC): orders that had not ended by then are open"
    sites = json.loads((tmp_path / "stopped" / "universe" / "run.json").read_text())["sites"]
    assert sites["chicago"]["n_orders"][1] > 0
    assert sum(sites["sf"]["n_orders"][1:]) == 0


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("--days", "0"), 2, "fastgen: days: expected 1 <= days <= 36500, got 0."),
        (("--stop-at", "noon"), 2, "fastgen: stop_at: expected a time after 2024-01-01 00:00 UTC, such as"),
        (("--stop-at", "0 00:00"), 2, "fastgen: stop_at: expected a time after 2024-01-01 00:00 UTC"),
        (("--stop-at", "2 24:00"), 2, "fastgen: stop_at: expected a time after 2024-01-01 00:00 UTC"),
        (("--roads", "nowhere"), 2, "fastgen: nowhere: expected a folder of .roads files, got none."),
        (("-o", "templates/sites/sf.json"), 1, "fastgen: templates/sites/sf.json: expected a folder"),
    ],
)
def test_troubles_are_one_line(
    run: Run, tmp_path: Path, args: tuple[str, ...], code: int, message: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    roads = () if "--roads" in args else ("--roads", "roads")
    found, shown, errors = run("run", "templates", *roads, *args)
    assert (found, shown) == (code, "")
    assert errors.startswith(message)
    assert errors.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("mode", ["realtime", "catchup"])
def test_events_are_streamed_exactly_once(run: Run, tmp_path: Path, mode: str) -> None:
    command = ("run", "templates", "--roads", "roads", "-o", "days", "--days", "2", "--force", "--mode", mode)
    for _ in range(2):  # the same command again finds nothing to do
        code, _, _ = run(*command, "--to", "landing", "--speed", "1000000", "--every", "0.05s")
        assert code == 0
    events = [
        json.loads(line) for file in visible(tmp_path / "landing").values() for line in file.splitlines()
    ]
    assert len(events) == len({event["event_id"] for event in events})
    assert len(events) == read_manifest(tmp_path / "days").rows
    # Found before anything is run.
    other = {"realtime": "catchup", "catchup": "realtime"}[mode]
    code, _, errors = run(*command[:-1], other, "--to", "landing")
    assert (code, errors) == (
        2,
        f"fastgen: mode: expected {mode}, as the stream in landing began, got {other}.\n",
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--mode", "realtime"), "--mode realtime: expected --to DIR beside it, got none."),
        (("--to", "landing"), "--to: expected --mode realtime or catchup beside it."),
        (("--speed", "2"), "--speed: expected --mode realtime or catchup beside it."),
        (("--mode", "catchup", "--to", "landing", "--speed", "fast"), "speed: expected a number"),
        (("--mode", "realtime", "--to", "dataset/universe/x"), "to: expected a place apart from the dataset"),
        (("--mode", "realtime", "--to", "dataset"), "to: expected a place apart from the dataset"),
        (("--mode", "realtime", "--to", "dataset/stream"), "to: expected a place apart from the dataset"),
        (
            ("--mode", "realtime", "--to", "templates/x"),
            "to: expected a place apart from the template folder",
        ),
        (
            ("--mode", "realtime", "--to", "landing", "--cloudevents", "landing"),
            "to: expected a place apart from the folder of CloudEvents landing, got landing.",
        ),
        (
            ("--mode", "realtime", "--to", "landing", "--cloudevents", "landing/x.jsonl"),
            "cloudevents: expected a place apart from the stream landing, got landing/x.jsonl.",
        ),
        (
            ("--mode", "catchup", "--to", "landing", "--speed", "0"),
            "speed: expected 0 < speed <= 1000000, got 0.",
        ),
    ],
)
def test_options_of_the_stream_belong_together(run: Run, args: tuple[str, ...], message: str) -> None:
    code, shown, errors = run("run", "templates", *args)
    assert (code, shown) == (2, "")
    assert message in errors


@pytest.mark.parametrize("place", ["templates", "templates/days"])
def test_a_dataset_is_apart_from_its_templates(run: Run, place: str) -> None:
    code, shown, errors = run("run", "templates", "--roads", "roads", "-o", place, "--force")
    assert (code, shown) == (2, "")
    assert f"output: expected a place apart from the template folder templates, got {place}." in errors


@pytest.mark.parametrize("place", ["templates/x.jsonl", "templates/sites/events"])
def test_cloud_events_are_apart_from_the_templates(run: Run, place: str) -> None:
    code, shown, errors = run("run", "templates", "--roads", "roads", "--cloudevents", place, "--force")
    assert (code, shown) == (2, "")
    assert f"cloudevents: expected a place apart from the template folder templates, got {place}." in errors


def test_a_stop_after_the_days_is_refused(run: Run) -> None:
    code, shown, errors = run("run", "templates", "--days", "2", "--stop-at", "3 00:01")
    assert (code, shown) == (2, "")
    assert "stop_at: expected a time within the 2 days, got 2024-01-04 00:01:00+00:00." in errors


def test_a_dataset_becomes_longer(run: Run, tmp_path: Path) -> None:
    run("run", "templates", "--days", "1", "--roads", "roads", "-o", "days", "--force")
    code, shown, _ = run("resume", "days", "--days", "2", "--roads", "roads")
    assert code == 0
    manifest = read_manifest(tmp_path / "days")
    assert manifest.scenario["days"] == 2
    assert f"digest  {manifest.digest}" in shown.splitlines()
    code, shown, errors = run("resume", "templates", "--days", "2")
    assert (code, shown) == (2, "")
    assert errors == "fastgen: templates: expected a dataset of 'fastgen universe run', got none.\n"
