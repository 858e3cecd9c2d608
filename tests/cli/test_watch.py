"""`fastgen watch` serves a folder until Ctrl-C, writes nothing, and says in one line what is wrong."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from fastgen import extras
from fastgen.cli import main
from fastgen.watching.server import open_socket
from tests.cli.processes import run_fastgen
from tests.cli.watches import watching
from tests.helpers import build_small
from tests.watching.lines import encode, life, put
from tests.watching.pages import ask, listening

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "in", 1, encode([*life("A"), *life("B", 600, upto=6)]))
    return tmp_path / "in"


def stands(folder: Path) -> dict[str, tuple[int, int]]:
    """Tell all that is in a folder and beside it, to see that nothing is written."""
    return {
        str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.parent.rglob("*"))
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_it_is_told_to_end_and_writes_nothing(number: int, folder: Path) -> None:
    before = stands(folder)
    with watching(folder) as watch:
        assert watch.said.startswith(f"watching {folder} at http://127.0.0.1:")
        assert ask(watch.at)[0] == 200
        with listening(watch.at) as messages:
            assert next(messages)["whole"]
            begun = time.monotonic()
            assert watch.end(number) == (0, "")
            assert time.monotonic() - begun < 20
    assert stands(folder) == before


def test_two_ctrl_c_end_it_at_once(folder: Path) -> None:
    with watching(folder) as watch:
        watch.process.send_signal(signal.SIGINT)
        code, err = watch.end()
        assert code in (0, -signal.SIGINT)
        assert err == ""


def test_names_and_streets_are_those_of_the_dataset(folder: Path, tmp_path: Path) -> None:
    dataset = build_small(tmp_path / "built", locations=("sf",), days=1)
    with watching(folder, "--dataset", dataset, "--roads", tmp_path / "built" / "roads") as watch:
        with listening(watch.at) as messages:
            told = next(messages)
        (place,) = told["places"]
        assert place["name"] == "San Francisco"
        assert place["attribution"] == "synthetic streets"
        assert place["streets"][0]["n"] > 50
        assert place["lat"]["n"] >= 49


def test_damaged_files_are_named_once_and_escaped(folder: Path) -> None:
    put(folder, 2, b"no Parquet", "parquet")
    with watching(folder) as watch, listening(watch.at) as messages:
        for told in messages:
            if told["troubles"]:
                break
        code, err = watch.end()
    assert code == 0
    assert err.startswith(f"{folder}/events-0000000002.parquet: expected a file that can be read, got: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "code", "line"),
    [
        (
            ["nowhere"],
            2,
            "nowhere: expected the folder that a replay, a live run or a universe fills, got nothing",
        ),
        (["file"], 2, "file: expected the folder that a replay, a live run or a universe fills, got a file."),
        (["in", "--port", "70000"], 2, "--port"),
        (["in", "--port", "x"], 2, "--port"),
        (["in", "--host", "192.0.2.1"], 2, "--host: expected an address of this machine, got 192.0.2.1."),
        (["in", "--dataset", "nowhere"], 2, "nowhere"),
        (["in", "--roads", "nowhere"], 2, "--roads: expected --dataset beside it, got none."),
        (
            ["in", "--dataset", "in", "--roads", "nowhere"],
            2,
            "nowhere: expected a folder of .roads files, got none.",
        ),
        (["in", "--late-after", "0"], 2, "--late-after"),
        ([""], 2, "expected a path, got an empty text"),
    ],
)
def test_what_is_wrong_is_one_line(args: list[str], code: int, line: str, folder: Path) -> None:
    (folder.parent / "file").write_text("")
    found = run_fastgen("watch", *args, cwd=folder.parent)
    assert (found.returncode, found.stdout) == (code, "")
    assert line in found.stderr
    assert found.stderr.count("\n") == 1


def test_a_port_in_use_is_one_line(folder: Path) -> None:
    with open_socket("127.0.0.1", 0) as opened:
        port = str(opened.getsockname()[1])
        found = run_fastgen("watch", folder, "--port", port)
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == (
        f"fastgen: --port {port}: expected a port that is free on 127.0.0.1, got one in use. "
        "Name another, or 0 for any.\n"
    )


def test_without_the_extra_one_line_names_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "uvicorn" else name)
    with pytest.raises(SystemExit) as ended:
        main(["watch", str(folder)])
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "fastgen: A watch needs uvicorn: run pip install 'fastgen[serve]', then try again.\n"
    )


def test_the_state_of_a_replay_says_how_it_keeps_up(tmp_path: Path) -> None:
    dataset = build_small(tmp_path / "built", locations=("sf",), days=3)
    landing = tmp_path / "landing"
    played = run_fastgen("replay", dataset, "--to", landing, "--start-day", "1", "--speed", "60")
    assert played.returncode == 0, played.stderr
    with watching(landing) as watch, listening(watch.at) as messages:
        told = next(told for told in messages if told["lag_s"] is not None and told["state"] == "receiving")
    assert told["speed"] == 60.0
    assert 0 <= told["lag_s"] < 600
    assert told["counts"][0]["name"] == "location 1"
    assert told["counts"][0]["created"] > 0
