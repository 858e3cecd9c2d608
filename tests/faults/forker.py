"""Start replays with faults quickly, each in a process of its own; see `tests.forking`.

Run as `python -m tests.faults.forker`. Tasks are those of `tests.replaying.forker`, and have faults, a file;
the ledger is beside the folder.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import fastgen.faults.windows
from fastgen.replaying.clock import utc_from_us
from fastgen.replaying.options import ReplayOptions
from fastgen.replaying.run import follow, replay
from tests.forking import serve
from tests.replaying.forker import load_kernels

if TYPE_CHECKING:
    from tests.forking import Steps


def run(task: dict[str, Any], _steps: Steps) -> None:
    """Run one replay."""
    options = {"start_day": 1, "speed": task["speed"], "max_rows_per_file": task["max_rows"]}
    options |= {"faults": task["faults"], "ledger": f"{task['to']}.parquet"}
    if "now_us" in task:
        replay(task["dataset"], task["to"], now=utc_from_us(task["now_us"]), **options)
        return
    offset_us = task["start_us"] - task["began_us"]
    settings = ReplayOptions(**options)
    for _ in follow(
        task["dataset"],
        task["to"],
        every_s=0.001,
        options=settings,
        clock=lambda: offset_us + time.time_ns() // 1000,
    ):
        pass


if __name__ == "__main__":
    assert fastgen.faults.windows
    load_kernels()
    serve(run)
