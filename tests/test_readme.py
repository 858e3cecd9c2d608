"""A newcomer types what the README says: its commands, flags, targets and files are there, none missing."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

import fastgen
import fastgen.spark
from fastgen.cli import cli
from fastgen.inputs.loading import load_inputs
from tests.cli.test_main import COMMANDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
SHELL_LINES = [
    line.split("  #")[0].strip() for kind, text in BLOCKS if not kind for line in text.splitlines()
]
TYPED = sorted({line for line in SHELL_LINES if line.startswith("fastgen ")})
MENTIONED = sorted(set(re.findall(r"`(fastgen [a-z][^`\n]*)`", README)))


@pytest.mark.parametrize("line", TYPED + MENTIONED)
def test_command_exists_and_takes_these_arguments(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my_roads").mkdir()
    words = shlex.split(line)[1:]
    command: click.Command = cli
    while isinstance(command, click.Group):
        assert words, f"{line!r} ends before a command"
        assert words[0] in command.commands, f"{line!r} names no command"
        command = command.commands[words.pop(0)]
    flags = {flag for p in command.params for flag in (*p.opts, *p.secondary_opts)} | {"--help"}
    assert {word for word in words if word.startswith("-")} <= flags
    if line in TYPED:
        command.make_context(command.name or "", words)  # raises on a value of the wrong kind


def test_examples_are_many() -> None:
    assert len(TYPED) >= 10
    assert len(MENTIONED) >= 8


@pytest.mark.parametrize(
    "path", [path for path, command in COMMANDS.items() if not isinstance(command, click.Group)]
)
def test_every_command_is_documented(path: str) -> None:
    assert path in README


def test_every_target_of_make_is_documented_and_exists() -> None:
    targets = set(
        re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)\b(?=`|$|\s{2,}| PYTHON)", README, re.MULTILINE))
    assert named <= targets
    assert targets - named <= {"help"}


def test_files_that_are_named_exist() -> None:
    named = set(re.findall(r"\b(?:fastgen|tests|benchmarks)/[\w/.]*\w/?", README))
    assert "tests/test_layers.py" in named
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_every_room_is_on_the_map() -> None:
    for folder in (ROOT / "fastgen").iterdir():
        if (folder / "__init__.py").exists():
            assert f"fastgen/{folder.name}/" in README


def test_scenario_example_is_valid(tmp_path: Path) -> None:
    _, example = (text for kind, text in BLOCKS if kind == "toml")
    assert tomllib.loads(example)
    (tmp_path / "mine.toml").write_text(example, encoding="utf-8")
    scenario, _ = load_inputs(tmp_path / "mine.toml", None)
    assert [place.code for place in scenario.locations] == ["sv", "bellevue", "chicago", "austin"]
    assert scenario.clock == "utc"


def test_ten_years_can_be_planned_with_the_example(tmp_path: Path) -> None:
    example, _ = (text for kind, text in BLOCKS if kind == "toml")
    (tmp_path / "ten_years.toml").write_text(example, encoding="utf-8")
    found = fastgen.plan(days=3650, scenario=tmp_path / "ten_years.toml")
    assert f"{found.orders / 1e6:.1f} million orders" in README


def test_python_examples_use_names_that_exist() -> None:
    code = "\n".join(text for kind, text in BLOCKS if kind == "python")
    used = set(re.findall(r"\bfastgen\.(\w+)", code))
    assert used == {"build", "scan_events", "spark"}
    assert used - {"spark"} <= set(fastgen.__all__)
    assert set(re.findall(r"from fastgen\.spark import (\w+)", code)) <= set(fastgen.spark.__all__)


def test_exit_codes_are_those_of_the_help() -> None:
    codes = re.findall(r"^\| (\d+) \|", README, re.MULTILINE)
    assert codes == re.findall(r"\b(\d+) \w", cli.epilog or "")


def test_sizes_are_those_of_the_canonical_dataset(tmp_path: Path) -> None:
    manifest = fastgen.build(tmp_path / "dataset").manifest
    n_bytes = sum(entry.bytes for entry in (*manifest.files, *manifest.tables))
    # Other versions of the compressor make files a little larger or smaller.
    stated = int(re.findall(r"^bytes +([\d,]+) in 4 files", README, re.MULTILINE)[0].replace(",", ""))
    assert stated == pytest.approx(n_bytes, rel=0.002)
    assert f"| size, zstd | {n_bytes / 1e6:.1f} MB, {n_bytes / manifest.rows:.1f} bytes an event |" in README
