"""Run the command `fastgen live` quickly, each in a process of its own; see `tests.forking`.

Run as `python -m tests.live_kitchens.forker`. A task has: arguments, those of the command.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.cli import main
from tests.forking import serve
from tests.live_kitchens.runs import config_of, run

if TYPE_CHECKING:
    from tests.forking import Steps


def run_command(task: dict[str, Any], _steps: Steps) -> None:
    """Run the command to its end; an exit code other than 0 is an error."""
    # Answers go to the standard output: what the command says does not.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with pytest.raises(SystemExit) as ended:
        main(["live", *task["arguments"]])
    assert not ended.value.code


def load_kernels() -> None:
    """Load the compiled kernels, which no child has to do again then; no thread is left by it."""
    with tempfile.TemporaryDirectory() as folder:
        run([config_of(), config_of("chicago")], Path(folder) / "landing")


if __name__ == "__main__":
    load_kernels()
    serve(run_command)
