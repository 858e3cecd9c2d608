"""Files that a shell gives as pipes, `<(command)`, count as the files that they stand for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from fastgen.cli import cli
from tests.helpers import write_town
from tests.small_town import KITCHENS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Both differ from those of a run that reads nothing from the pipe.
SCENARIO = 'name = "piped"\ndays = 2\n'
FAULTS = '[[faults]]\nkind = "lost"\nprobability = 0.5\n'


@pytest.fixture
def opened() -> Iterator[list[int]]:
    """Give a list of descriptors, which are closed at the end."""
    descriptors: list[int] = []
    yield descriptors
    for descriptor in descriptors:
        os.close(descriptor)


@pytest.mark.parametrize(
    "command",
    [
        "plan --scenario SCENARIO --roads {roads} --locations sf",
        "scenario show SCENARIO",
        "slice scenario:SCENARIO --roads {roads} --from 1T12:00 --to 1T13:00",
        "slice scenario:SCENARIO --roads {roads} --from 1T12:00 --to 1T13:00 --raw",
        "slice scenario:SCENARIO --roads {roads} --from 1T12:00 --to 1T13:00 --faults FAULTS",
        "replay scenario:SCENARIO --roads {roads} --to - --state {state} --now 2026-03-01 --faults FAULTS",
    ],
)
def test_pipe_says_what_its_file_says(command: str, tmp_path: Path, opened: list[int]) -> None:
    roads = write_town(tmp_path / "roads", tuple(KITCHENS))
    texts = {"SCENARIO": SCENARIO + FAULTS, "FAULTS": f"seed = 3\n{FAULTS}"}

    def run(places: dict[str, str], state: str) -> bytes:
        words = command.format(roads=roads, state=tmp_path / state).split()
        for name, place in places.items():
            words = [word.replace(name, place) for word in words]
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.stdout_bytes

    def pipe(text: str) -> str:
        reads, writes = os.pipe()
        os.write(writes, text.encode())
        os.close(writes)
        opened.append(reads)
        return f"/dev/fd/{reads}"

    def file(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    from_files = run({name: file(name, text) for name, text in texts.items()}, "first.json")
    assert run({name: pipe(text) for name, text in texts.items()}, "second.json") == from_files
