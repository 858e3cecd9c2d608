"""Odd universes become datasets of which every check passes: no customer orders, no courier rides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import fastgen
from fastgen.dataset.verify.run import verify_dataset
from fastgen.events.schema import EVENT_TYPES
from fastgen.universes.run import run_universe
from fastgen.universes.run_options import RunOptions
from tests.templates.folders import write
from tests.universes.small_universe import make_files, write_universe

if TYPE_CHECKING:
    from pathlib import Path

DAYS = 2
NOBODY = {"customers": 50, "orders_per_customer_day": 0}
ONE = {"customers": 1, "orders_per_customer_day": 24, "eating_min": 0}
CLOSED = [{"kind": "kitchen_closed", "name": "holidays", "from": "0 00:00"}]
COOKED = {"order_created", "gk_started", "gk_finished", "gk_ready"}
DELIVERED = {*COOKED, "driver_arrived", "driver_picked_up", "delivered"}


@pytest.mark.parametrize(
    ("site", "steps_s", "expected"),
    [
        pytest.param({"population": NOBODY}, [60], set(), id="nobody orders"),
        pytest.param({"population": ONE}, [60], DELIVERED, id="one customer"),
        pytest.param({"couriers": {"number": 0}}, [60], COOKED, id="no courier"),
        pytest.param({"couriers": {"number": 1, "lead_min": 0}}, [60, 60], DELIVERED, id="one courier"),
        pytest.param({"packing_s": 0}, [1e-9], DELIVERED, id="no time"),
        # The shortest possible ten last three days, and an order is followed for two.
        pytest.param({}, [86_400] * 10, {"order_created", "gk_started"}, id="steps of days"),
        pytest.param({"disturbances": CLOSED}, [60], {"order_created", "order_cancelled"}, id="closed"),
    ],
)
def test_every_check_passes(
    site: dict[str, Any], steps_s: list[float], expected: set[str], tmp_path: Path
) -> None:
    files = make_files(sf=site)
    for brand in ("soups", "toasts"):
        for item in files[f"brands/{brand}.json"]["items"]:
            item["instructions"] = [{**item["instructions"][0], "expected_duration": s} for s in steps_s]
    _, roads = write_universe(tmp_path)
    templates, out = write(files, tmp_path / "odd"), tmp_path / "days"
    run_universe(templates, out, RunOptions(days=DAYS, roads=roads), force=True)
    report = verify_dataset(out)
    assert report.passed, report.to_lines()
    numbers = fastgen.scan_events(out).collect()["event_type_id"].unique()
    assert {EVENT_TYPES[number - 1] for number in numbers} - {"driver_ping"} == expected
