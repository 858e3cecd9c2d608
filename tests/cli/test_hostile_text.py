"""What comes from outside stays inside its line, and never commands the terminal, whatever prints it."""

from __future__ import annotations

import dataclasses
import json
import operator
import re
import tomllib
from pathlib import Path

import click
import numpy as np
import pytest

from fastgen.cli import cli, main
from fastgen.errors import DataError
from fastgen.model.road_graph import Provenance, RoadGraph
from fastgen.roads.roads_file import encode_roads, load_roads
from tests.helpers import build_small, change_manifest, write_town
from tests.roads.overpass import running_overpass

# Line ends of every kind, a forged line, escape sequences, C1, a mark that turns the direction of writing.
HOSTILE = "a\nsynthetic  True\r\n\x1b]0;owned\x07\x1b[2J\x9b2J\x85\u2028\u202e\x7f\x00b"
ARGUMENT = HOSTILE.replace("\x00", "") + "\udcff"
FILE_NAME = ARGUMENT.replace("/", "")


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str]:
    """Run a command in this process; what it printed is checked, and returned with its exit code."""
    with pytest.raises(SystemExit) as ended:
        main([str(arg) for arg in args])
    captured = capsys.readouterr()
    said = captured.out + captured.err
    assert [c for c in said if not c.isprintable() and c != "\n"] == []
    assert not any(line.strip().startswith("synthetic  True") for line in said.splitlines())
    code = ended.value.code
    return (0 if code is None else int(code)), said


def refuse(capsys: pytest.CaptureFixture[str], *args: object) -> str:
    code, said = run(capsys, *args)
    assert code in {1, 2}
    assert said.count("\n") == 1, said
    assert "Traceback" not in said
    return said


def hostile_graph() -> RoadGraph:
    position = np.array([41_900_000, 41_901_000]), np.array([-87_700_000, -87_700_000])
    edges = np.array([0, 1]), np.array([1, 0]), np.array([111_000, 111_000]), np.array([0, 0])
    name = HOSTILE.replace("\n", " ")
    return RoadGraph.from_edges(*position, *edges, (name,), Provenance(HOSTILE, HOSTILE, synthetic=False))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("small"), days=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with a hostile name."""
    folder = tmp_path / FILE_NAME
    folder.mkdir()
    return folder


def test_page_goes_to_a_file_of_any_name(
    folder: Path, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = run(capsys, "report", dataset, "-o", folder / FILE_NAME)
    assert code == 0
    assert said.count("\n") == 1, said
    assert (folder / FILE_NAME).read_text().startswith("<!doctype html>")


def test_words_of_a_network_stay_in_their_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / f"{FILE_NAME}.roads"
    path.write_bytes(encode_roads(hostile_graph()))
    code, said = run(capsys, "roads", "show", path)
    assert code == 0
    assert said.count("\n") == 23
    assert re.search(r"^synthetic +False$", said, re.MULTILINE)
    assert r"a\nsynthetic  True\r\n\x1b]0;owned" in said
    code, said = run(capsys, "roads", "list", "--roads", folder)
    assert code == 0
    assert said.splitlines()[-1].count("synthetic  True") == 4
    for command in (("show", path), ("list", "--roads", folder)):
        code, said = run(capsys, "roads", *command, "--json")
        rows = json.loads(said)
        row = rows[-1] if isinstance(rows, list) else rows
        assert (row["source"], row["licence"], row["code"]) == (HOSTILE, HOSTILE, FILE_NAME)


def test_words_of_a_dataset_stay_in_their_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    town = load_roads(write_town(tmp_path / "town", ("sf",)) / "sf.roads")
    hostile = dataclasses.replace(town, provenance=hostile_graph().provenance)
    (tmp_path / "sf.roads").write_bytes(encode_roads(hostile))
    place = ARGUMENT[:-1]
    options = ("--roads", ".", "--locations", "sf", "--days", "1", "--scale", "0.2", "--workers", "1")
    assert run(capsys, "build", *options, "-o", place)[0] == 0
    code, said = run(capsys, "info", place)
    assert code == 0
    assert r"sf: real; a\nsynthetic  True\r\n\x1b]0;owned" in said
    assert json.loads(run(capsys, "info", place, "--json")[1])["networks"][0]["source"] == HOSTILE
    assert run(capsys, "verify", place)[0] == 0
    assert run(capsys, "replay", place, "--to", f"{place}3", "--dry-run")[0] == 0
    assert run(capsys, "publish", place, "--to", "parquet:tables")[0] == 0
    run(capsys, "publish", place, "--to", f"parquet:{place}2")
    for change in (
        {HOSTILE: 1},
        {"format_version": HOSTILE},
        {"fastgen_version": HOSTILE, "digest": HOSTILE},
    ):
        change_manifest(Path(place), operator.methodcaller("update", change))
        for command in ("info", "verify", "publish --to parquet:x", "replay --to x", "slice --from 0 --to 1"):
            name, *more = command.split()
            run(capsys, name, place, *more)


@pytest.mark.parametrize(
    "text",
    [
        f"{json.dumps(ARGUMENT[:-1])} = 1",
        f"preset = {json.dumps(ARGUMENT[:-1])}",
        f"days = {json.dumps(ARGUMENT[:-1])}",
        f"[locations.{json.dumps(ARGUMENT[:-1])}]\nbase_orders_day = 1",
        f"[locations.sf]\ntimezone = {json.dumps(ARGUMENT[:-1])}",
        f"[events.{json.dumps(ARGUMENT[:-1])}]\nday = -1",
        "days = \x1b[2J",
    ],
)
def test_words_of_a_scenario_stay_in_their_line(
    text: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / FILE_NAME
    path.write_text(text.replace("\x7f", "\\u007f"), encoding="utf-8")
    for command in (("scenario", "check"), ("scenario", "show"), ("plan", "--scenario")):
        refuse(capsys, *command, path)


def test_scenario_is_shown_without_what_a_terminal_obeys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "named.toml"
    path.write_text('[locations.sf]\nname = "S\\u202eF \\U000e0001\\u0085"\n', encoding="utf-8")
    code, said = run(capsys, "scenario", "show", path)
    if code == 0:  # else such a name is refused, in a line that run() has checked
        assert tomllib.loads(said)["locations"]["sf"]["name"] == "S\u202eF \U000e0001\x85"


COMMANDS = {
    "command": [ARGUMENT],
    "option": [f"--{ARGUMENT}"],
    "days": ["build", "--days", ARGUMENT],
    "start": ["build", "--start", ARGUMENT],
    "locations": ["build", "--locations", ARGUMENT],
    "layout": ["build", "--layout", ARGUMENT],
    "workers": ["build", "--workers", ARGUMENT],
    "build roads": ["build", "--roads", ARGUMENT],
    "build scenario": ["build", "--scenario", ARGUMENT],
    "build tables": ["build", "--dimensions", ARGUMENT],
    "build output": ["build", "-o", ARGUMENT],
    "plan": ["plan", "--scale", ARGUMENT],
    "verify": ["verify", ARGUMENT],
    "info": ["info", ARGUMENT],
    "report": ["report", ARGUMENT],
    "slice": ["slice", ARGUMENT, "--from", "0", "--to", "1"],
    "slice time": ["slice", "DATASET", "--from", ARGUMENT, "--to", "1"],
    "slice types": ["slice", "DATASET", "--from", "0", "--to", "1", "--types", ARGUMENT],
    "slice locations": ["slice", "DATASET", "--from", "0", "--to", "1", "--locations", ARGUMENT],
    "replay": ["replay", ARGUMENT, "--to", "x"],
    "replay speed": ["replay", "DATASET", "--to", "x", "--speed", ARGUMENT],
    "replay now": ["replay", "DATASET", "--to", "x", "--now", ARGUMENT],
    "replay every": ["replay", "DATASET", "--to", "x", "--every", ARGUMENT],
    "publish": ["publish", "DATASET", "--to", ARGUMENT],
    "publish form": ["publish", "DATASET", "--to", f"{ARGUMENT}:x"],
    "scenario": ["scenario", "check", ARGUMENT],
    "roads command": ["roads", ARGUMENT],
    "roads show": ["roads", "show", ARGUMENT],
    "roads show file": ["roads", "show", f"{ARGUMENT}.roads"],
    "roads list": ["roads", "list", "--roads", ARGUMENT],
    "roads import": ["roads", "import", f"{ARGUMENT}.osm", "--location", "sf", "-o", "x"],
    "roads import graph": ["roads", "import", f"{ARGUMENT}.graphml", "--location", "sf", "-o", "x"],
    "roads import ending": ["roads", "import", ARGUMENT, "--location", "sf", "-o", "x"],
    "roads location": ["roads", "import", "x.osm", "--location", ARGUMENT, "-o", "x"],
    "roads fetch": ["roads", "fetch", "--location", "sf", "-o", "x", "--overpass-url", ARGUMENT],
}


@pytest.mark.parametrize("what", COMMANDS)
def test_argument_stays_in_the_line_that_refuses_it(
    what: str,
    dataset: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    refuse(capsys, *(str(dataset) if arg == "DATASET" else arg for arg in COMMANDS[what]))


@pytest.mark.parametrize("suffix", [".osm", ".osm.gz", ".osm.pbf", ".graphml", ".roads"])
def test_damaged_file_is_named_in_its_line(
    suffix: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / f"{FILE_NAME}{suffix}"
    path.write_text(f"<graphml><node/><{HOSTILE}/>\n{{}}", encoding="utf-8")
    command = ("show", path) if suffix == ".roads" else ("import", path, "--location", "sf", "-o", folder)
    refuse(capsys, "roads", *command)


@pytest.mark.parametrize(
    "body",
    [HOSTILE, json.dumps({"elements": [], "remark": HOSTILE}), json.dumps({HOSTILE: 1})],
    ids=["garbage", "remark", "object"],
)
def test_words_of_a_server_stay_in_their_line(
    body: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_overpass() as overpass:
        overpass.body = body.encode()
        refuse(
            capsys,
            *("roads", "fetch", "--location", "sf", "-o", tmp_path, "--overpass-url", overpass.url),
        )


def test_error_with_line_ends_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    def fails() -> None:
        raise DataError(HOSTILE)

    monkeypatch.setitem(cli.commands, "fails", fails)
    refuse(capsys, "fails")
