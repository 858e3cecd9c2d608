"""Run kitchens by a clock that tests move."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any

from fastgen.live_kitchens.config import LiveConfig, make_config
from fastgen.live_kitchens.examples import read_example
from fastgen.live_kitchens.run import live

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.live_kitchens.options import Batch

NOON = dt.datetime(2026, 3, 7, 20, 0, tzinfo=dt.UTC)  # in San Francisco, the day before its clocks change
US = 1_000_000


def config_of(name: str = "sanfrancisco", **changes: Any) -> LiveConfig:
    """Read an example, and change some of its keys."""
    return make_config({**json.loads(read_example(name)), **changes})


@dataclass
class FakeClock:
    """A clock that stands still until somebody waits."""

    time: dt.datetime = NOON
    waits: list[float] = field(default_factory=list)

    def now_us(self) -> int:
        return round(self.time.timestamp() * US)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += dt.timedelta(seconds=seconds)


def run(
    configs: LiveConfig | list[LiveConfig],
    to: Path,
    *,
    clock: FakeClock | None = None,
    hours: float = 0.0,
    at_most: int | None = None,
    **options: Any,
) -> list[Batch]:
    """Run for some hours of a clock, or for at most so many batches."""
    clock = clock or FakeClock()
    until = clock.time + dt.timedelta(hours=hours)
    stop, batches = Event(), list[Any]()
    for batch in live(configs, to, until=until, stop=stop, clock=clock.now_us, wait=clock.wait, **options):
        batches.append(batch)
        if at_most is not None and len(batches) >= at_most:
            break
    return batches


def lines(folder: Path) -> list[str]:
    """Read all lines, in the order of the files."""
    return [line for path in sorted(folder.glob("events-*")) for line in path.read_text().splitlines()]


def rows(folder: Path) -> list[dict[str, Any]]:
    """Read all rows, bodies decoded."""
    found = [json.loads(line) for line in lines(folder)]
    return [{**row, "body": json.loads(row["body"])} for row in found]
