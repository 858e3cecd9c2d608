"""Start replays quickly, each in a process of its own; see `tests.forking`.

Run as `python -m tests.replaying.forker`. A task has: dataset, to, start_us, speed, max_rows; and either
now_us, for one run, or began_us, for a replay that follows the clock.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.replaying.clock import utc_from_us
from fastgen.replaying.options import ReplayOptions
from fastgen.replaying.run import follow, replay
from fastgen.wire.bulk import WireEncoder, sort_rows
from fastgen.wire.form import WireForm
from fastgen.wire.row_groups import join_slices
from tests.forking import serve

if TYPE_CHECKING:
    import datetime as dt

    from tests.forking import Steps


def run(task: dict[str, Any], _steps: Steps) -> None:
    """Run one replay."""
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
    WireEncoder(WireForm.canonical("00" * 32)).encode_lines(rows, order, 0)


if __name__ == "__main__":
    load_kernels()
    serve(run)
