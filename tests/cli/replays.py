"""Run the replay command on the clock of a first and a later run."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.cli.processes import FASTGEN, run_fastgen

ROOT = Path(__file__).parent.parent.parent
COMMAND = (*FASTGEN, "replay")
run = partial(run_fastgen, "replay")
FIRST = ("--start-day", "1", "--now", "2026-03-01T12:00")
LATER = ("--now", "2026-03-01T12:30")
