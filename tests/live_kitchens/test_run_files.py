"""Options that name one file for two things are refused in one line, before anything is written."""

from __future__ import annotations

import itertools
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.errors import ScenarioError
from fastgen.live_kitchens.options import LiveOptions, read_configs
from fastgen.live_kitchens.run import Pace, run
from tests.faults.streams import faults_text
from tests.live_kitchens.orders import quiet
from tests.live_kitchens.runs import NOON

if TYPE_CHECKING:
    from pathlib import Path

# Options of one file each. Config and faults are read, the others may be new.
READ = ("config", "faults", "orders")
WRITTEN = ("state", "ledger", "receipts")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Name a file for each option, and a folder of orders."""
    found = {name: tmp_path / name for name in (*READ, *WRITTEN)}
    found["config"].write_text(json.dumps(quiet().to_dict()))
    found["faults"].write_text(faults_text({"kind": "lost", "probability": 0.1}))
    found["orders"].touch()
    (tmp_path / "drop").mkdir()
    return {**found, "orders_from": tmp_path / "drop"}


def begin(files: dict[str, Path], to: Path) -> None:
    """Begin a run with these files."""
    options = {name: path for name, path in files.items() if name not in {"config", "state"}}
    live_options = LiveOptions(**options)  # type: ignore[arg-type]
    next(run(read_configs([files["config"]]), to, files.get("state"), live_options, Pace(NOON)))


def refuse(files: dict[str, Path], folder: Path) -> str:
    """Begin a run that is refused, and leaves all as it was."""
    before = contents(folder)
    with pytest.raises(ScenarioError) as refused:
        begin(files, folder / "out")
    assert contents(folder) == before
    assert "\n" not in str(refused.value)
    return str(refused.value)


def contents(folder: Path) -> dict[Path, Any]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_files_that_are_apart_are_taken(files: dict[str, Path], tmp_path: Path) -> None:
    begin(files, tmp_path / "out")
    assert files["state"].exists()


PAIRS = [
    *itertools.permutations(WRITTEN, 2),
    *((one, other) for one in WRITTEN for other in READ if one != "state" or other != "config"),
]


@pytest.mark.parametrize("how", ["same", "another name", "symbolic link", "hard link"])
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_no_two_options_name_one_file(
    one: str, other: str, how: str, files: dict[str, Path], tmp_path: Path
) -> None:
    there = files[other]
    if how == "another name":
        files[one] = tmp_path / "drop" / ".." / there.name
    elif how == "same":
        files[one] = there
    else:
        there.touch()
        files[one] = tmp_path / "link"
        make = os.symlink if how == "symbolic link" else os.link
        make(there, files[one])
    said = refuse(files, tmp_path)
    assert said.startswith(tuple(f"{name}: expected " for name in (one, other)))
    assert str(files[one]) in said
    assert str(files[other]) in said


@pytest.mark.parametrize("name", ["orders.jsonl", "rejected.jsonl", "state.json", "lock", "ledger"])
@pytest.mark.parametrize("option", ["ledger", "receipts", "orders_from"])
def test_no_option_names_a_place_of_the_run_or_one_in_it(
    option: str, name: str, files: dict[str, Path], tmp_path: Path
) -> None:
    del files["state"]
    for folder, words in ((".out.fastgen", "the control folder"), ("out", "the folder of the events")):
        place = tmp_path / folder / name
        if option == "orders_from":
            place.mkdir(parents=True)
        files[option] = place
        said = refuse(files, tmp_path)
        assert said.startswith(f"{option}: expected ")
        assert str(tmp_path / folder) in said
        assert words in said or option == "ledger"


def test_no_option_names_a_file_beside_the_state(files: dict[str, Path], tmp_path: Path) -> None:
    for option in ("ledger", "receipts", "orders"):
        for name in ("state.orders.jsonl", "state.rejected.jsonl", "state.lock"):
            (tmp_path / name).touch()
            said = refuse({**files, option: tmp_path / name}, tmp_path)
            assert said.startswith(f"{option}: expected another file than that of the run's own files, ")
            (tmp_path / name).unlink()


@pytest.mark.parametrize("option", WRITTEN)
def test_nothing_is_written_into_the_folder_of_orders(
    option: str, files: dict[str, Path], tmp_path: Path
) -> None:
    said = refuse({**files, option: tmp_path / "drop" / "x"}, tmp_path)
    assert said.startswith(f"{option}: expected ")
    assert str(tmp_path / "drop") in said


def test_orders_are_not_taken_from_the_folder_of_the_events(files: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    said = refuse({**files, "orders_from": tmp_path / "out"}, tmp_path)
    assert said.startswith("orders_from: expected a folder outside of the folder of the events, ")
