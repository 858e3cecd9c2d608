"""Start live runs quickly, each in a process of its own; see `tests.forking`.

Run as `python -m tests.live_kitchens.order_forker`. A task has the time at which a fake clock starts, and the
hours that it runs; perhaps names of kitchens, changes of their configs, files of more options by option, and
other options. Folders and files of orders are those of `tests.live_kitchens.orders`.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.forking import serve
from tests.live_kitchens import runs
from tests.live_kitchens.orders import KILLED, run_orders

if TYPE_CHECKING:
    from tests.forking import Steps


def run(task: dict[str, Any], _steps: Steps) -> None:
    """Run for some hours."""
    folder = Path(task["folder"])
    changed = {**KILLED, **task.get("changes", {})}
    runs.run(
        [runs.config_of(name, **changed) for name in task.get("kitchens", ["sanfrancisco"])],
        folder / "out",
        clock=runs.FakeClock(dt.datetime.fromisoformat(task["start"])),
        hours=task["hours"],
        orders=folder / "orders.jsonl",
        orders_from=folder / "drop",
        receipts=folder / "receipts.jsonl",
        **{name: folder / path for name, path in task.get("files", {}).items()},
        **task.get("options", {}),
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as first:  # loads all kernels, once
        run_orders(Path(first), {}, hours=0.01)
    serve(run)
