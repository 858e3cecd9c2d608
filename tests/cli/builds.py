"""Run the build command."""

from __future__ import annotations

from functools import partial

from tests.cli.processes import FASTGEN, run_fastgen

COMMAND = (*FASTGEN, "build")
run = partial(run_fastgen, "build")
