"""The tables of a run agree with the events of its dataset, and are the same however the run went."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import fastgen
from fastgen.dataset.result_tables import RESULT_TABLES
from fastgen.dataset.verify.run import verify_dataset
from fastgen.events.schema import EVENT_TYPE_IDS
from fastgen.templates.reading import read_universe
from fastgen.universes.day_tables import Menu
from fastgen.universes.run import run_universe
from fastgen.universes.run_folder import RunRecord
from fastgen.universes.run_options import RunOptions, RunProgress
from fastgen.universes.site_plan import plan_sites
from fastgen.universes.site_run import SiteRun
from fastgen.universes.table_files import SiteTables, list_tables, scan_table
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fastgen.dataset.manifest_entries import FileEntry
    from fastgen.dataset.verify.report import Check

DAYS = 4
STOP_US = 86_400_000_000 * 3 + 2 * 3_600_000_000
# Which column of the orders each type of events has its time from.
TIMES = {
    "order_created": "created",
    "gk_started": "started",
    "gk_finished": "finished",
    "gk_ready": "ready",
    "driver_arrived": "courier_arrived",
    "driver_picked_up": "picked_up",
    "delivered": "ended",
}


def run(folder: Path, name: str, progress: RunProgress | None = None, **changes: Any) -> Path:
    """Run the universe of a folder into the dataset `name` in it; return the folder of its tables."""
    options = {"days": DAYS, "roads": folder / "roads", "snapshot_every": 2, **changes}
    run_universe(folder / "templates", folder / name, RunOptions(**options), force=True, progress=progress)
    return folder / name / "universe" / "tables"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with templates, roads, and the dataset "whole"."""
    folder = tmp_path_factory.mktemp("universe")
    write_universe(folder)
    run(folder, "whole", workers=1)
    # On the evening of day 2, when orders are open.
    run(folder, "stopped", stop_at_us=STOP_US, cloud_events=folder / "stopped.jsonl")
    return folder


def files_of(tables: Path) -> Sequence[FileEntry]:
    return list_tables(tables, tables.parent)


@pytest.mark.parametrize("name", ["whole", "stopped"])
def test_orders_have_the_times_of_the_events(folder: Path, name: str) -> None:
    orders = scan_table(folder / name / "universe" / "tables", "orders").collect()
    events = fastgen.scan_events(folder / name).select("order_id", "event_type_id", "ts_seconds").collect()
    for kind, column in TIMES.items():
        mine = orders.select("order_id", ts_seconds=pl.col(column).dt.epoch("s")).drop_nulls()
        theirs = events.filter(event_type_id=EVENT_TYPE_IDS[kind]).select("order_id", "ts_seconds")
        assert mine.height > 50
        assert mine.sort("order_id").equals(theirs.sort("order_id"))
    assert set(events["order_id"]) == set(orders["order_id"])
    assert orders["order_id"].n_unique() == orders.height
    assert (orders["state"] != "delivered").any() == (name == "stopped")


def test_cloudevents_of_a_stopped_run_are_the_first_of_a_longer_one(folder: Path) -> None:
    stop = dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=STOP_US)
    found = [json.loads(line) for line in (folder / "stopped.jsonl").read_text("utf-8").splitlines()]
    assert all(dt.datetime.fromisoformat(event["time"]) < stop for event in found)
    events = fastgen.scan_events(folder / "stopped").filter(event_type_id=8).collect()
    delivered = {event["data"]["order_id"] for event in found if event["id"].endswith("orders/delivered")}
    assert delivered == set(events["order_id"])


def test_verify_compares_the_tables_with_the_record(folder: Path, tmp_path: Path) -> None:
    def checked(dataset: Path) -> Check:
        (check,) = [check for check in verify_dataset(dataset).checks if check.name == "results"]
        return check

    whole = checked(folder / "whole")
    assert (whole.checked, whole.wrong) == (28, 0)
    shutil.copytree(folder / "whole", tmp_path / "copy")
    tables = tmp_path / "copy" / "universe" / "tables"
    changed, lost = (
        tables / "steps/site=sf/part-00000-00001.parquet",
        tables / "persons/site=sf/part-00000.parquet",
    )
    changed.write_bytes(changed.read_bytes() + b"x")
    lost.unlink()
    damaged = checked(tmp_path / "copy")
    assert (damaged.checked, damaged.wrong) == (28, 2)
    assert damaged.first.startswith(f"{lost}: expected SHA-256 ")
    assert damaged.first.endswith("got No such file or directory.")
    (tables.parent / "run.json").write_text("{}")
    assert "run.json: expected the record of a run" in checked(tmp_path / "copy").first


def test_lines_are_the_items_and_customers_live_at_the_addresses_of_the_events(folder: Path) -> None:
    tables = folder / "whole" / "universe" / "tables"
    orders = scan_table(tables, "orders").collect()
    lines = scan_table(tables, "order_lines").sort("site", "day", "order_number", "line").collect()
    created = fastgen.scan_events(folder / "whole").filter(event_type_id=1).collect()
    key = ["site", "day", "order_number"]
    of_order = lines.group_by(key, maintain_order=True).agg("item", "item_row").join(orders, on=key)
    people = scan_table(tables, "persons").filter(role="customer").collect()
    of_order = of_order.join(people, left_on=["site", "customer"], right_on=["site", "number"])
    both = of_order.join(created, on="order_id")
    assert both.height == orders.height
    assert (both["address"] == both["customer_addr"]).all()
    items = pl.read_parquet(folder / "whole" / "items.parquet")
    for row in both.iter_rows(named=True):
        sold = json.loads(row["items_json"])
        assert [item["name"] for item in sold] == row["item"]
        assert [items["name"][number] for number in row["item_row"]] == row["item"]


def test_a_stopped_run_knows_nothing_later(folder: Path, tmp_path: Path) -> None:
    """It stops on the evening of day 2, at different hours of the sites' days."""
    universe, start = read_universe(folder / "templates"), dt.date(2024, 1, 1)
    plans = plan_sites(universe, 42, start, folder / "roads", lambda _: None)
    epoch = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    stop = epoch + dt.timedelta(days=3, hours=2)
    tables = tmp_path / "tables"
    for plan in plans:
        site, writer = SiteRun.begin(plan), SiteTables(tables, plan, Menu.of(universe))
        for log in site.run_to((stop - epoch) // dt.timedelta(microseconds=1)):
            writer.add(log)
        for log in site.take_incomplete(DAYS):
            writer.add(log)
        writer.flush()
    for name in ("orders", "order_lines", "steps"):
        table = scan_table(tables, name)
        latest = table.select(pl.col(pl.Datetime).max()).collect().rows()[0]
        assert max(time for time in latest if time is not None) < stop
    orders, metrics = (scan_table(tables, name).collect() for name in ("orders", "metrics"))
    for name in ("metrics", "station_metrics"):
        last = scan_table(tables, name).filter(pl.col("begins") == pl.col("begins").max()).collect()
        assert last["begins"][0] + dt.timedelta(seconds=last["length_s"][0]) == stop
    ended = metrics.select(pl.sum_horizontal("orders_delivered", "orders_failed", "orders_cancelled").sum())
    assert orders.height - ended.item() == orders["ended"].null_count() > 0
    assert metrics["orders_created"].sum() == orders.height
    assert set(orders["day"]) == {0, 1, 2}


def test_workers_and_interruptions_change_no_byte(folder: Path) -> None:
    wanted = files_of(folder / "whole" / "universe" / "tables")
    assert files_of(run(folder, "many", workers=2)) == wanted
    for n in (1, 5, 7):
        with pytest.raises(KeyboardInterrupt):
            run(folder, f"broken{n}", Interrupted(n), workers=1)
        assert files_of(run(folder, f"broken{n}")) == wanted


class Interrupted(RunProgress):
    """Ends a run after some days of its sites."""

    def __init__(self, n: int) -> None:
        self._left = n

    def advance_days(self, n: int) -> None:
        self._left -= n
        if self._left < 0:
            raise KeyboardInterrupt


def test_the_record_lists_every_file_with_its_hash(folder: Path) -> None:
    record = RunRecord.read(folder / "whole" / "universe")
    assert record is not None
    files = files_of(folder / "whole" / "universe" / "tables")
    assert [*record.tables] == [*files]
    assert {file.path.split("/")[1] for file in files} == set(RESULT_TABLES)
    assert len(files) == 2 * (4 + 5 * 2)  # sites, tables of sites, and of days in two files each
