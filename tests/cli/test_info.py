"""What info prints is read by people on a terminal, and by scripts in a pipe."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from fastgen.cli import cli
from fastgen.cli.tables import show_size, show_table
from fastgen.errors import DataError
from tests.helpers import build_small

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("small"))


def run(*args: object) -> Result:
    return CliRunner().invoke(cli, ["info", *map(str, args)])


def test_it_says_what_the_dataset_is(dataset: Path) -> None:
    result = run(dataset)
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[1] == "scenario  canonical, seed 42, scale 0.2, clock kitchen"
    assert lines[2] == "days      3, 2024-01-01 to 2024-01-03"
    assert "roads     sf: synthetic; invented for tests; none" in lines
    assert any(line.startswith("layout    hive by location_id, 2 files, zstd, ") for line in lines)


def test_tables_are_plain_in_a_pipe(dataset: Path) -> None:
    blocks = run(dataset).stdout.split("\n\n")
    figures = [line.split() for line in blocks[1].splitlines()]
    assert [row[0] for row in figures] == ["location", "sf", "chicago", "total"]
    assert figures[1][1:3] == ["San", "Francisco"]
    types = dict(line.split() for line in blocks[2].splitlines()[1:])
    assert types["order_created"] == types["delivered"] == "275"


def test_tables_are_drawn_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    show_table(("type", "events"), [["delivered", "7"]], 1)
    assert "│ delivered │      7 │" in capsys.readouterr().out


def test_json_holds_the_same(dataset: Path) -> None:
    raw = json.loads(run(dataset, "--json").stdout)
    assert raw["total"]["orders"] == 275
    assert raw["first_date"] == "2024-01-01"
    assert raw["networks"][0]["synthetic"] is True
    assert [row["code"] for row in raw["locations"]] == ["sf", "chicago"]


def test_without_a_dataset_is_wrong_input(tmp_path: Path) -> None:
    assert isinstance(run(tmp_path).exception, DataError)


@pytest.mark.parametrize(
    ("n_bytes", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (12_345_678, "12.3 MB")]
)
def test_sizes_are_short(n_bytes: int, text: str) -> None:
    assert show_size(n_bytes) == text


def test_help_has_examples() -> None:
    assert "fastgen info dataset --json" in run("--help").stdout
