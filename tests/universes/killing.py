"""Kill runs of universes, or stop them at a write."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING, Any

import fastgen.files
from fastgen.universes import numbering, part_files, recorded_orders, run_folder, snapshots

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

# What Ctrl-C or a full disk ends; a kill leaves no less behind.
WRITERS = (numbering, part_files, recorded_orders, run_folder, snapshots)


def start_and_kill(command: list[str], has_come: Callable[[], bool], after_s: float) -> tuple[int, bytes]:
    """Start a run, and kill it some time after a moment has come; return its exit code and its errors."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while process.poll() is None and not has_come():
        time.sleep(0.01)
    time.sleep(after_s)
    process.kill()
    _, errors = process.communicate()
    return process.returncode, errors


def is_written_since(began: float, out: Path) -> bool:
    """Whether a run has copied its templates."""
    path = out / "universe" / "templates" / "ingredients.json"
    # The clock of the file system is some milliseconds behind.
    return path.exists() and path.stat().st_mtime > began + 0.05


class StoppedError(Exception):
    """Ends a run in the middle of its work."""


def stop_after(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the n-th file that is written be the last one."""
    left, write_whole = [n], fastgen.files.write_whole

    def write(path: Path, data: bytes, **named: Any) -> None:
        if left[0] == 0:
            raise StoppedError
        left[0] -= 1
        write_whole(path, data, **named)

    for module in WRITERS:
        monkeypatch.setattr(module, "write_whole", write)
