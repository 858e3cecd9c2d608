"""Start replays quickly, each in a process of its own: load everything once, then fork for every line.

Run as `python -m tests.replaying.forker`. A line is JSON: dataset, to, start_us; kill_at, the number of the
change below the parent of `to` before which the process kills itself with SIGKILL, 0 for never; and either
now_us, for one run, or began_us, for a replay that follows the clock. The answers are two lines, the child's
process id and how it ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.replaying.clock import utc_from_us
from fastgen.replaying.options import ReplayOptions
from fastgen.replaying.run import follow, replay
from fastgen.wire.bulk import WireEncoder, sort_rows
from fastgen.wire.row_groups import join_slices

if TYPE_CHECKING:
    import datetime as dt

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir"}


def kill_before(change: int, folder: str) -> None:
    """Kill this process before its n-th change to a folder."""
    seen = 0

    def watch(event: str, args: tuple[Any, ...]) -> None:
        nonlocal seen
        writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if (event in CHANGES or writes) and str(args[0]).startswith(folder):
            seen += 1
            if seen == change:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def run(task: dict[str, Any]) -> None:
    """Run one replay."""
    if task["kill_at"]:
        kill_before(task["kill_at"], str(Path(task["to"]).parent))
    options = {"start_day": 1, "speed": task["speed"], "max_rows_per_file": task["max_rows"]}
    if "now_us" in task:
        now: dt.datetime = utc_from_us(task["now_us"])
        replay(task["dataset"], task["to"], now=now, **options)
        return
    offset_us = task["start_us"] - task["began_us"]
    emitted = follow(
        task["dataset"],
        task["to"],
        every_s=0.001,
        options=ReplayOptions(**options),
        clock=lambda: offset_us + time.time_ns() // 1000,
    )
    for _ in emitted:
        pass


def load_kernels() -> None:
    """Load the compiled kernels, which no child has to do again then; no thread is started by it."""
    rows = join_slices([])
    order = sort_rows(rows, np.ones(0, bool), 0, 1)
    WireEncoder("00" * 32).encode_lines(rows, order, 0)


def main() -> None:
    """Fork for every line."""
    load_kernels()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                run(json.loads(line))
            except BaseException:  # noqa: BLE001  # the child must end here
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
