"""The commands of docs/live.md and docs/faults.md run one after another, as a newcomer types them."""

from __future__ import annotations

import io
import shlex
from pathlib import Path

import polars as pl
import pytest

import fastgen
from fastgen.cli import main
from fastgen.files import write_whole
from fastgen.live_kitchens.examples import EXAMPLES, read_example
from tests.documents import blocks
from tests.faults.streams import lines_of

# What makes a run of `live` end: the documents leave it running until Ctrl-C.
NOON = "2026-03-07T20:00:00"
AT_NOON = ["--now", NOON, "--until", NOON]
# Orders from outside are read while the clock runs on.
FOR_SECONDS = ["--now", NOON, "--until", "2026-03-07T20:00:06"]


def type_line(line: str, capfdbinary: pytest.CaptureFixture[bytes]) -> bytes:
    """Run one command, end a live run at once, and give its output; `> FILE` writes it to a file."""
    words = shlex.split(line, comments=True)[1:]
    to = words.pop() if ">" in words else None
    words = [word for word in words if word != ">"]
    runs_on = words[:2] == ["live", "--config"] and "--check" not in words and "--status" not in words
    if runs_on:
        words += FOR_SECONDS if "--orders" in words else AT_NOON
    with pytest.raises(SystemExit) as ended:
        main(words)
    out = capfdbinary.readouterr()
    assert not ended.value.code, f"{line}: {out.err.decode()}"
    if to is not None:
        Path(to).write_bytes(out.out)
    return out.out


def commands(document: str) -> list[str]:
    return [line for text in blocks(document, "") for line in text.splitlines() if line[:8] == "fastgen "]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a faults file, that of docs/faults.md."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.fsync", lambda _: None)
    (tmp_path / "faults.toml").write_text(blocks("docs/faults.md", "toml")[0])
    return tmp_path


def test_commands_of_the_live_document(place: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    orders = next(text for text in blocks("docs/live.md", "") if text.startswith("{"))
    (place / "orders.jsonl").write_text(orders)
    lines = commands("docs/live.md")
    assert len(lines) >= 12
    for line in lines:
        type_line(line, capfdbinary)
    assert lines_of(place / "kitchens")
    assert not (place / "new").exists()
    assert pl.read_ndjson(place / "receipts.jsonl")["status"].to_list() == ["accepted"] * 2
    type_line("fastgen verify chicago", capfdbinary)


def test_commands_of_the_faults_document(place: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    fastgen.build("dataset", scale=0.01)
    for name in EXAMPLES:
        write_whole(place / "configs" / f"{name}.json", read_example(name).encode())
    lines = commands("docs/faults.md")
    assert len(lines) >= 5
    for line in lines:
        type_line(line, capfdbinary)
    assert (place / "clean.jsonl").stat().st_size > 1000


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.usefixtures("place")
def test_each_example_can_be_built_from_its_scenario(
    name: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Build, plan and verify serve both; the dataset has as many events as the kitchen's history."""
    for line in (
        "fastgen live init configs",
        f"fastgen live --config configs/{name}.json --as-scenario > {name}.toml",
        f"fastgen plan --scenario {name}.toml",
        f"fastgen build --scenario {name}.toml -o built",
        "fastgen verify built",
        f"fastgen live --config configs/{name}.json --to history",
    ):
        type_line(line, capfdbinary)
    n_built = fastgen.write_slice("built", 0, NOON, io.BytesIO())
    assert len(lines_of(Path("history"))) == n_built > 1000
