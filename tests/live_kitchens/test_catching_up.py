"""After days off, a run writes in steps what fell due: a signal ends it soon, and nothing is lost."""

from __future__ import annotations

import datetime as dt
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

import fastgen
from tests.live_kitchens.runs import FakeClock, config_of, lines, run

if TYPE_CHECKING:
    from pathlib import Path

BUSY: dict[str, Any] = {"orders_day_1": 2000, "orders_last": 2000, "start_days_ago": 1, "batch_seconds": 60}
FAULTS = """seed = 3
[[faults]]
kind = "late"
probability = 0.2
max_delay_s = 1800
[[faults]]
kind = "duplicate"
probability = 0.1
"""


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastgen.live_kitchens.batches._STEP_FILES", 20)
    monkeypatch.setattr("os.fsync", lambda _: None)  # hundreds of files would wait for the disk


@pytest.mark.parametrize("is_faulty", [False, True])
def test_what_fell_due_in_days_off_comes_in_steps_without_waiting(tmp_path: Path, *, is_faulty: bool) -> None:
    options: dict[str, Any] = {}
    if is_faulty:
        options["faults"] = tmp_path / "faults.toml"
        options["faults"].write_text(FAULTS)
    config = config_of(**BUSY)
    run(config, tmp_path / "whole", hours=1, **options)
    clock = FakeClock()
    run(config, tmp_path / "late", clock=clock, **options)
    clock.time += dt.timedelta(hours=1)
    batches = run(config, tmp_path / "late", clock=clock, **options)
    assert len(batches) > 5
    assert clock.waits == []
    assert batches[-1].watermark_us == clock.now_us()
    if not is_faulty:
        # 20 files of 10 rows; rows of the same microsecond stay together.
        assert max(batch.events for batch in batches) < 210
    assert lines(tmp_path / "late") == lines(tmp_path / "whole")


def test_a_stop_while_it_catches_up_leaves_the_rest_to_the_next_start(tmp_path: Path) -> None:
    config, clock, stop = config_of(**BUSY), FakeClock(), Event()
    run(config, tmp_path / "whole", hours=1)
    run(config, tmp_path / "late", clock=clock)
    clock.time += dt.timedelta(hours=1)
    n_batches = 0
    for batch in fastgen.live(config, tmp_path / "late", stop=stop, clock=clock.now_us, wait=clock.wait):
        n_batches += 1
        assert batch.watermark_us < clock.now_us()
        stop.set()
    assert n_batches == 1
    run(config, tmp_path / "late", clock=clock)
    assert lines(tmp_path / "late") == lines(tmp_path / "whole")
