"""Tables say what the engine's records say, and agree with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from fastgen.queueing.activity import describe_equipment
from fastgen.queueing.day_log import DayLog, join_logs
from fastgen.queueing.kernels import records as r
from fastgen.templates.universe import id_of
from fastgen.universes.day_tables import (
    LINE_STATES,
    ORDER_STATES,
    Menu,
    epoch_us,
    make_order_lines,
    make_orders,
    make_steps,
)
from fastgen.universes.site_tables import make_people
from tests.queueing.logs import run_days
from tests.queueing.sites import draw_case
from tests.universes.tables import DAYS, START, Run, read, run_sites, write_tables

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = epoch_us(START)


def us(column: pl.Series) -> list[int | None]:
    return [None if value is None else value - EPOCH for value in column.dt.epoch("us").to_list()]


def test_orders_say_what_the_records_say(runs: list[Run], overloaded: Run) -> None:
    columns = {
        "created": r.ORDER_CREATED,
        "started": r.ORDER_STARTED,
        "finished": r.ORDER_FINISHED,
        "ready": r.ORDER_READY,
        "assigned": r.ORDER_ASSIGNED,
        "courier_arrived": r.ORDER_ARRIVED,
        "picked_up": r.ORDER_PICKED_UP,
        "ended": r.ORDER_ENDED,
    }
    for run in (*runs, overloaded):
        table = read(run, "orders")
        orders = np.concatenate([log.orders for log in run.logs])
        cut = np.repeat([log.cut_us for log in run.logs], [len(log.orders) for log in run.logs])
        for name, column in columns.items():
            expected = [
                None if t in {r.NOT_YET, r.NEVER} or t >= c else t
                for t, c in zip(orders[:, column], cut, strict=True)
            ]
            assert us(table[name]) == expected
        done = table.drop_nulls("courier_back")
        ride_us = np.array(us(done["courier_back"])) - np.array(us(done["ended"]))
        row = table["courier_back"].is_not_null().to_numpy()
        np.testing.assert_array_equal(ride_us, orders[row, r.ORDER_RIDE_BACK] * run.plan.capacity.paces[0])
        assert (done["state"] == "delivered").all()
        assert done.height > 0.7 * table.filter(state="delivered").height
        assert table["customer"].to_list() == orders[:, r.ORDER_CUSTOMER].tolist()
        assert table["candidate"].to_list() == orders[:, r.ORDER_INDEX].tolist()
        assert table["order_number"].to_list() == [i for log in run.logs for i in range(len(log.orders))]
        assert table["day"].to_list() == [log.day for log in run.logs for _ in log.orders]


def test_states_follow_from_the_times(overloaded: Run) -> None:
    table = read(overloaded, "orders")
    known = {name: table[name].is_not_null() for name in ("started", "ready", "picked_up", "ended")}
    for state, row in zip(table["state"], zip(*known.values(), strict=True), strict=True):
        started, ready, picked_up, ended = row
        open_states = ("submitted", "processing", "ready", "picked_up")
        assert state == ("delivered" if ended else open_states[started + ready + picked_up])
    assert set(table["state"]) >= {"ready", "delivered"}
    lines = read(overloaded, "order_lines").join(table, on=["day", "order_number"])
    assert (lines.filter(state="assigned")["started"].null_count()) == lines.filter(state="assigned").height
    assert (lines.filter(pl.col("state_right") == "delivered")["state"] == "delivered").all()
    assert (lines.filter(pl.col("state_right") == "ready")["state"] == "ready").all()


def test_a_log_that_is_cut_early_tells_what_had_happened_by_then() -> None:
    """Tables of the same day at later and later cuts: every state is seen, and what was true stays true."""
    names = pl.Series([f"item {row}" for row in range(50)])
    seen, lines_seen = set[str](), set[str]()
    for seed in range(6):
        case = draw_case(seed, n_orders=200, days=1)
        (log,), equipment = run_days(case, 1), describe_equipment(case.capacity, case.changes, case.weather)
        before = pl.DataFrame()
        for cut in np.linspace(log.orders[0, r.ORDER_CREATED], log.cut_us, 25).astype(int).tolist():
            cut_log = join_logs([created_by(log, cut)])
            orders, steps = make_orders(cut_log, equipment, 0), make_steps(cut_log, 0)
            lines = make_order_lines(cut_log, Menu(names, names), 0)
            seen |= set(orders["state"])
            lines_seen |= set(lines["state"])
            by_line = steps.partition_by("order_number", "line")
            for line, mine in zip(lines.iter_rows(named=True), by_line, strict=True):
                assert line["state"] == line_state(line, mine, orders["state"][line["order_number"]])
                assert (line["kitchen"] is None) == (line["state"] == "cancelled")
            for table in (orders, lines, steps):
                for column in table.select(pl.col(pl.Datetime).dt.epoch("us")):
                    assert column.drop_nulls().to_numpy().max(initial=0) <= cut
            for column in before.select(pl.col(pl.Datetime)):
                assert (column.is_null() | (column == orders[column.name].head(len(column)))).all()
            reasons = {"failed": "no_route", "cancelled": "kitchen_closed"}
            assert orders["cancel_reason"].to_list() == [reasons.get(state) for state in orders["state"]]
            before = orders
    assert seen == set(ORDER_STATES)
    assert lines_seen == set(LINE_STATES)


def created_by(log: DayLog, cut_us: int) -> DayLog:
    """Take the log of a run that is stopped just after a time."""
    n = int(np.searchsorted(log.orders[:, r.ORDER_CREATED], cut_us, side="right"))
    n_lines = int(log.orders[n - 1, r.ORDER_END_LINE])
    n_steps = int(log.lines[n_lines - 1, r.LINE_END_STEP])
    return DayLog(log.day, log.orders[:n], log.lines[:n_lines], log.steps[:n_steps], cut_us + 1)


def line_state(line: dict[str, object], steps: pl.DataFrame, order_state: str) -> str:
    if order_state == "cancelled":
        return "cancelled"
    if line["finished"] is not None:
        return "delivered" if order_state == "delivered" else "ready"
    step = next(step for step in steps.iter_rows(named=True) if step["ended"] is None)
    if step["started"] is not None:
        return "processing"
    return "waiting" if step["step"] else "assigned"


def test_steps_make_lines_and_lines_make_orders(runs: list[Run], overloaded: Run) -> None:
    for run in (*runs, overloaded):
        orders, lines, steps = (read(run, name) for name in ("orders", "order_lines", "steps"))
        key = ["day", "order_number", "line"]
        begins = pl.when(pl.col("step") == 0).then(pl.col("started"))
        by_line = steps.group_by(key, maintain_order=True).agg(
            begins.max().alias("started"),
            pl.when(pl.col("ended").is_not_null().all()).then(pl.col("ended").max()).alias("finished"),
        )
        assert_frame_equal(lines.select(*key, "started", "finished"), by_line)
        done = lines.join(orders, on=key[:2]).filter(pl.col("ended").is_not_null())
        by_order = done.group_by(key[:2], maintain_order=True).agg(
            pl.col("started").min(), pl.col("finished").max(), pl.len().cast(pl.Int16).alias("lines")
        )
        ended = orders.filter(pl.col("ended").is_not_null())
        assert_frame_equal(ended.select(by_order.columns), by_order)
        # A step takes what was drawn, on a station of its type in the line's kitchen.
        took = (steps["ended"] - steps["started"]).dt.total_microseconds() / 1e6
        assert_frame_equal(
            pl.DataFrame({"s": took.drop_nulls()}),
            pl.DataFrame({"s": steps.filter(pl.col("ended").is_not_null())["drawn_s"]}),
        )
        placed = steps.drop_nulls("station").join(read(run, "stations"), on="station").join(lines, on=key)
        assert (placed["station_type"] == placed["station_type_right"]).all()
        assert (placed["kitchen"] == placed["kitchen_right"]).all()
        recipes = run.plan.population.recipes
        first = recipes.step_start[placed["item_row"].to_numpy()] + placed["step"].to_numpy()
        np.testing.assert_allclose(placed["expected_s"], recipes.expected_us[first] / 1e6)


def test_metrics_follow_from_the_other_tables(runs: list[Run], overloaded: Run) -> None:
    """Little's law, work over capacity and the counts, from what a reader of the tables sees."""
    for run in (*runs, overloaded):
        orders, steps, metrics, stations = (
            read(run, name) for name in ("orders", "steps", "metrics", "station_metrics")
        )
        end = metrics.select((pl.col("begins") + pl.duration(seconds="length_s")).max()).item()
        # Of what is open at the second midnight after its day, nothing more is known.
        cuts = [
            min(run.plan.day_start_us(day + 2), run.plan.day_start_us(DAYS)) + EPOCH for day in range(DAYS)
        ]
        until = pl.Series(cuts).cast(pl.Datetime("us", "UTC"))
        times = [
            pl.min_horizontal(pl.col(c).fill_null(pl.col("until")), "until")
            for c in ("asked", "started", "ended")
        ]
        mine = steps.with_columns(until=until.gather(steps["day"])).select("station_type", *times)
        sums = mine.group_by("station_type").agg(
            (pl.col("started") - pl.col("asked")).dt.total_microseconds().sum().alias("waited") / 1e6,
            (pl.col("ended") - pl.col("started")).dt.total_microseconds().sum().alias("worked") / 1e6,
        )
        measured = stations.group_by("station_type").agg(
            (pl.col("queue_length") * pl.col("length_s")).sum().alias("waited"),
            (pl.col("busy") * pl.col("length_s")).sum().alias("worked"),
        )
        both = sums.join(measured, on="station_type", how="full").sort("station_type")
        np.testing.assert_allclose(both["waited"], both["waited_right"], rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(both["worked"], both["worked_right"], rtol=1e-9, atol=1e-6)
        busy = stations.filter(pl.col("stations") > 0)
        np.testing.assert_allclose(busy["utilisation"], busy["busy"] / busy["stations"])
        assert metrics["orders_created"].sum() == len(orders)
        ended = orders.filter(pl.col("ended") < end)
        for state in ("delivered", "failed", "cancelled"):
            assert metrics[f"orders_{state}"].sum() == ended.filter(state=state).height
        lived = sum(
            (min(ended_at or end, end) - created).total_seconds()
            for created, ended_at in orders.select("created", "ended").rows()
        )
        assert (metrics["orders_open"] * metrics["length_s"]).sum() == pytest.approx(lived, rel=1e-9)
        couriers = metrics.select(pl.sum_horizontal(r"^couriers_.*$")).to_series()
        np.testing.assert_allclose(couriers, len(run.plan.capacity.paces))
        known = metrics.drop_nulls("time_in_system_p50_s")
        assert known.height == (metrics["orders_delivered"] > 0).sum()
        stages = known.select(
            pl.sum_horizontal("station_wait_s", "cooking_s", "courier_wait_s", "ride_s")
        ).to_series()
        done = ended.filter(state="delivered")
        total = (done["ended"] - done["created"]).dt.total_microseconds().to_numpy().sum() / 1e6
        assert (stages * known["orders_delivered"]).sum() == pytest.approx(total, rel=1e-9)


def test_intervals_are_those_of_local_days(runs: list[Run]) -> None:
    chicago, sf = (read(run, "metrics") for run in runs)
    for table in (chicago, sf):
        assert table.group_by("day").len().sort("day")["len"].to_list() == [96, 96, 92, 96, 96]
        assert (table["begins"].diff().drop_nulls().dt.total_minutes() == 15).all()
        assert table["interval"].to_list() == [i for n in (96, 96, 92, 96, 96) for i in range(n)]
    assert str(sf["begins"][0]) == "2024-03-08 08:00:00+00:00"
    assert str(chicago["begins"][0]) == "2024-03-08 06:00:00+00:00"
    stations = read(runs[1], "station_metrics")
    assert stations.group_by("kitchen", "station_type").len()["len"].to_list() == [476] * 3


def test_people_are_the_same_in_any_number_and_plainly_invented(runs: list[Run], overloaded: Run) -> None:
    people, more = make_people(runs[1].plan), make_people(overloaded.plan)
    assert people.filter(role="customer").height == 150
    assert people.filter(role="courier")["mode"].to_list() == ["bicycle"] * 3
    assert more.filter(role="courier")["mode"].to_list() == ["foot"]
    names = ["role", "number", "person_id", "name", "email", "address"]
    assert_frame_equal(people.filter(role="customer")[names], more.filter(role="customer")[names].head(150))
    assert_frame_equal(people.filter(role="courier")[names].head(1), more.filter(role="courier")[names])
    assert people["email"].n_unique() == people["person_id"].n_unique() == people.height
    assert people["email"].str.contains(r"^[a-z.\-]+\.\d+@(couriers\.)?example\.com$").all()
    assert people["name"].n_unique() > 120
    assert people["person_id"][0] == str(id_of("sites/sf/customers/0"))
    table, node = runs[1].plan.rides.table, runs[1].plan.homes.node
    customers = people.filter(role="customer")
    np.testing.assert_allclose(customers["latitude"], table.lat[node], atol=1e-5)
    np.testing.assert_allclose(customers["longitude"], table.lon[node], atol=1e-5)
    assert (make_people(runs[0].plan)["name"].head(150) != customers["name"]).any()


def test_stations_have_the_numbers_and_types_of_the_engine(runs: list[Run]) -> None:
    stations = read(runs[0], "stations")
    assert stations["station"].to_list() == list(range(6))
    assert stations["station_id"][5] == str(id_of("sites/chicago/kitchens/kitchen-1/stations/oven-2"))
    assert stations["name"].to_list() == [
        "workstation-1",
        "workstation-2",
        "stove-1",
        "stove-2",
        "oven-1",
        "oven-2",
    ]
    kitchens = read(runs[0], "kitchens")
    assert kitchens["kitchen_id"].to_list() == [str(id_of("sites/chicago/kitchens/kitchen-1"))]


def test_a_site_without_orders_and_couriers_has_empty_tables_and_idle_intervals(tmp_path: Path) -> None:
    quiet = {"couriers": {"number": 0}, "population": {"customers": 1, "orders_per_customer_day": 0}}
    (run,) = run_sites(tmp_path, sf=quiet)
    write_tables([run])
    for name in ("orders", "order_lines", "steps"):
        assert read(run, name).is_empty()
    metrics, stations = read(run, "metrics"), read(run, "station_metrics")
    assert metrics["orders_open"].sum() == metrics["couriers_idle"].sum() == 0
    assert metrics["courier_utilisation"].null_count() == metrics.height == 476
    assert (stations["stations"] == 2).all()
    assert stations["utilisation"].sum() == stations["queue_max"].sum() == 0
