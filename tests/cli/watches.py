"""Run the watch command beside a test, on a port that is free."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from tests.cli.processes import FASTGEN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_S = 120.0
ADDRESS = re.compile(r"watching (.*) at http://(.*):(\d+)/; Ctrl-C ends it\n")


class Watching(NamedTuple):
    """A watch that runs."""

    process: subprocess.Popen[str]
    said: str
    at: tuple[str, int]

    @property
    def url(self) -> str:
        """Address of its page."""
        return f"http://{self.at[0]}:{self.at[1]}/"

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """End it by a signal; give exit code and stderr."""
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=WAIT_S)
        return self.process.returncode, err


@contextmanager
def watching(*args: str | Path) -> Iterator[Watching]:
    """Run the command until the end of the block."""
    process = subprocess.Popen(
        [*FASTGEN, "watch", *args, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = ADDRESS.fullmatch(said)
        assert found, process.communicate(timeout=WAIT_S)[1]
        yield Watching(process, said, (found[2], int(found[3])))
    finally:
        process.kill()
        process.communicate()
