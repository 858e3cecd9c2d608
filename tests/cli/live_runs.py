"""Write the config of a busy kitchen, and run `fastgen live` with it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from fastgen.live_kitchens.examples import read_example
from tests.cli.processes import run_fastgen

NOON = "2026-03-07T20:00"
# An event every few seconds.
BUSY: dict[str, Any] = {
    **json.loads(read_example("sanfrancisco")),
    "orders_day_1": 3000,
    "orders_last": 3000,
    "start_days_ago": 1,
}
run = partial(run_fastgen, "live")


def write_config(name: str = "sf.json", **config: Any) -> None:
    Path(name).write_text(json.dumps(config))
