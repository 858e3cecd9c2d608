"""A live run writes history at once, then each event when it is due, exactly once, whatever stops it."""

from __future__ import annotations

import datetime as dt
import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

import fastgen
from fastgen.cli import main
from fastgen.errors import DamageError, DataError, OutputError, ScenarioError
from fastgen.inputs.render import render_scenario
from fastgen.live_kitchens.places import find_place
from fastgen.live_kitchens.scenario import as_scenario, first_day
from fastgen.live_kitchens.session import LiveSession
from fastgen.live_kitchens.status import read_status
from tests.live_kitchens.runs import NOON, FakeClock, config_of, lines, rows, run

if TYPE_CHECKING:
    from pathlib import Path

# A busy kitchen, so that minutes have events; sixteen hours of a day have orders everywhere.
BUSY: dict[str, Any] = {
    "orders_day_1": 2000,
    "orders_last": 2000,
    "start_days_ago": 1,
    "end_days_ahead": 2,
    "batch_seconds": 60,
}


pytestmark = pytest.mark.usefixtures("_disk_is_not_waited_for")


def time_of(row: dict[str, Any]) -> dt.datetime:
    return dt.datetime.strptime(row["ts"], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=dt.UTC)


def test_history_is_the_dataset_of_the_scenario(tmp_path: Path) -> None:
    """What live writes, build and slice give too, but for ids, microseconds and the minutes of the drive."""
    config = config_of(start_days_ago=2, end_days_ahead=1)
    (batch,) = run(config, tmp_path / "landing")
    assert batch.is_history
    place = find_place(config)
    scenario = tmp_path / "sf.toml"
    scenario.write_text(render_scenario(as_scenario(config, place, first_day(config, place, NOON))))
    fastgen.build(tmp_path / "dataset", scenario=scenario)
    sliced = tmp_path / "slice.jsonl"
    arguments = ["slice", str(tmp_path / "dataset"), "--from", "2026-03-01", "--to", "2026-03-07T20:00:00"]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "-o", str(sliced)])
    assert not ended.value.code
    expected = [json.loads(line) for line in sliced.read_text().splitlines()]

    def plain(row: dict[str, Any]) -> tuple[Any, ...]:
        body = json.loads(row["body"]) if isinstance(row["body"], str) else dict(row["body"])
        body.pop("eta_mins", None)
        return row["ts"][:19], row["event_type"], row["sequence"], json.dumps(body)

    found = [plain(row) for row in rows(tmp_path / "landing")]
    assert len(found) > 300
    assert sorted(found) == sorted(map(plain, expected))


def test_rows_have_the_live_form(tmp_path: Path) -> None:
    run(config_of(), tmp_path)
    found = rows(tmp_path)
    keys = ["event_id", "event_type", "ts", "gk_id", "location", "order_id", "sequence", "body"]
    assert all(list(row) == keys for row in found)
    assert {row["location"] for row in found} == {"sanfrancisco"}
    assert len({row["gk_id"] for row in found}) == 1
    assert len({row["event_id"] for row in found}) == len(found)
    etas = [row["body"]["eta_mins"] for row in found if row["event_type"] == "driver_picked_up"]
    assert etas
    assert all(0 < eta < 60 and round(eta, 1) == eta for eta in etas)
    assert [time_of(row) for row in found] == sorted(time_of(row) for row in found)
    assert time_of(found[-1]) <= NOON


def test_a_run_that_is_stopped_anywhere_gives_the_rows_of_an_unbroken_one(tmp_path: Path) -> None:
    config = config_of(**BUSY)
    run(config, tmp_path / "whole", hours=2)
    clock = FakeClock()
    end = NOON + dt.timedelta(hours=2)
    starts = 0
    while clock.time < end:
        left = (end - clock.time).total_seconds() / 3600
        run(config, tmp_path / "broken", clock=clock, hours=left, at_most=1 + starts * 7 % 60)
        starts += 1
    run(config, tmp_path / "broken", clock=clock)
    assert starts > 10
    assert lines(tmp_path / "broken") == lines(tmp_path / "whole")


def test_no_event_is_early_and_none_waits_longer_than_its_batch(tmp_path: Path) -> None:
    config = config_of(**{**BUSY, "batch_rows": 5, "batch_seconds": 20})
    batches = run(config, tmp_path, hours=1)
    live = {name: batch for batch in batches[1:] for name in batch.files}
    assert len(live) > 20
    sizes = []
    for name, batch in live.items():
        times = [time_of(json.loads(line)).timestamp() for line in (tmp_path / name).read_text().splitlines()]
        now = batch.now_us / 1_000_000
        assert max(times) < now
        assert now - min(times) <= 20.001
        assert len(times) <= 5
        sizes.append(len(times))
    assert 5 in sizes


def test_speed_up_plays_a_day_in_a_minute(tmp_path: Path) -> None:
    config = config_of(**BUSY, speed_up=1440, batch_rows=1000)
    batches = run(config, tmp_path, hours=1 / 60)
    reached = dt.datetime.fromtimestamp(batches[-1].watermark_us / 1_000_000, dt.UTC)
    assert reached == NOON + dt.timedelta(days=1)
    last = time_of(rows(tmp_path)[-1])
    assert NOON + dt.timedelta(hours=20) < last < reached


def test_a_run_ends_with_its_config(tmp_path: Path) -> None:
    config = config_of(**BUSY, speed_up=100_000, batch_rows=10_000)
    run(config, tmp_path, hours=1)
    found = pl.read_ndjson(sorted(tmp_path.glob("events-*")), schema_overrides={"body": pl.String})
    counts = found["event_type"].value_counts()
    created, delivered = (
        counts.filter(pl.col("event_type") == kind)["count"].item() for kind in ("order_created", "delivered")
    )
    assert created == delivered
    assert read_status(tmp_path, 0)["orders_open"] == 0
    assert run(config, tmp_path, clock=FakeClock(NOON + dt.timedelta(days=1)), hours=1)[0].events == 0


def test_two_kitchens_are_interleaved_in_the_order_of_time(tmp_path: Path) -> None:
    sf, chicago = (config_of(name, **BUSY) for name in ("sanfrancisco", "chicago"))
    run([sf, chicago], tmp_path / "both", hours=1)
    found = rows(tmp_path / "both")
    times = [time_of(row) for row in found]
    assert times == sorted(times)
    changes = sum(a["location"] != b["location"] for a, b in pairwise(found))
    assert changes > 100
    assert len({row["event_id"] for row in found}) == len(found)
    for config in (sf, chicago):  # a kitchen is the same whatever the others
        run(config, tmp_path / config.location_name, hours=1)
        own = [line for line in lines(tmp_path / "both") if f'"location":"{config.location_name}"' in line]
        assert own == lines(tmp_path / config.location_name)


def test_after_days_off_a_run_catches_up_or_skips(tmp_path: Path) -> None:
    config = config_of(**BUSY)
    for name, skip in (("caught", False), ("skipped", True)):
        run(config, tmp_path / name, hours=0.1)
        later = FakeClock(NOON + dt.timedelta(hours=10))
        run(config, tmp_path / name, clock=later, hours=0.1, skip=skip)
    run(config, tmp_path / "whole", hours=10.1)
    assert lines(tmp_path / "caught") == lines(tmp_path / "whole")
    kept = lines(tmp_path / "skipped")
    assert set(kept) < set(lines(tmp_path / "whole"))
    pause = (NOON + dt.timedelta(hours=0.1), NOON + dt.timedelta(hours=10))
    assert not [row for row in rows(tmp_path / "skipped") if pause[0] < time_of(row) < pause[1]]


def test_canonical_wire_has_the_rows_of_a_replay(tmp_path: Path) -> None:
    run(config_of(), tmp_path, wire="canonical")
    (row, *_) = rows(tmp_path)
    assert list(row) == ["event_id", "event_type", "ts", "location_id", "order_id", "sequence", "body"]
    assert len(row["ts"]) == 23


def test_the_clocks_change_in_the_middle(tmp_path: Path) -> None:
    """Noon in the kitchen is an hour earlier in UTC from 8 March 2026 on, and demand moves with it."""
    config = config_of(start_days_ago=30, end_days_ahead=60, orders_day_1=3000, orders_last=3000)
    run(config, tmp_path, clock=FakeClock(NOON + dt.timedelta(days=15)))
    table = pl.read_ndjson(sorted(tmp_path.glob("events-*"))).filter(pl.col("event_type") == "order_created")
    local = table.select(
        pl.col("ts").str.to_datetime().dt.replace_time_zone("UTC").dt.convert_time_zone("America/Los_Angeles")
    )["ts"]
    change = dt.date(2026, 3, 8)
    for days in (local.filter(local.dt.date() < change), local.filter(local.dt.date() > change)):
        hours = np.bincount(days.dt.hour().to_numpy(), minlength=24)
        assert hours[17:20].sum() > 1.9 * hours[14:17].sum()  # the dinner peak is 17:00 to 20:00
        assert hours[12] > 2 * hours[15]


def test_gk_id_is_stable_for_a_place(tmp_path: Path) -> None:
    ids = []
    changed: list[tuple[str, dict[str, Any]]] = [
        ("a", {}),
        ("b", {"random_seed": 1}),
        ("c", {"location_name": "elsewhere"}),
    ]
    for folder, changes in changed:
        run(config_of(**changes), tmp_path / folder)
        ids.append(rows(tmp_path / folder)[0]["gk_id"])
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("orders_last", 5, "orders_last: expected 1000, as the run in"),
        ("speed_up", 2, "speed_up: expected 1.0, as the run in"),
        ("location_name", "oakland", "config: expected the kitchens sanfrancisco, as the run in"),
    ],
)
def test_another_config_is_refused(key: str, value: Any, message: str, tmp_path: Path) -> None:
    run(config_of(), tmp_path)
    changes: dict[str, Any] = {key: value}
    with pytest.raises(ScenarioError, match=message):
        run(config_of(**changes), tmp_path)
    run(config_of(batch_rows=99), tmp_path)


def test_a_second_run_is_kept_out(tmp_path: Path) -> None:
    config = config_of()
    batches: Any = fastgen.live(config, tmp_path, now=NOON)
    next(batches)
    assert read_status(tmp_path, 0)["running"]
    with pytest.raises(OutputError, match="expected no other run at work here"):
        run(config, tmp_path)
    batches.close()
    assert not read_status(tmp_path, 0)["running"]


def test_a_damaged_state_is_named(tmp_path: Path) -> None:
    run(config_of(), tmp_path / "landing")
    state = tmp_path / ".landing.fastgen" / "state.json"
    text = state.read_text()
    for damaged in (text[:-40], text.replace('"watermark_us": 1', '"watermark_us": 2'), "{}", ""):
        state.write_text(damaged)
        with pytest.raises(DamageError, match=r"state\.json: expected "):
            run(config_of(), tmp_path / "landing")


def test_configs_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="speed_up: expected 1, as sanfrancisco has"):
        run([config_of(), config_of("chicago", speed_up=2)], tmp_path)
    with pytest.raises(ScenarioError, match="location_name: expected a name of its own"):
        run([config_of(), config_of()], tmp_path)
    with pytest.raises(ScenarioError, match="config: expected a config file at least"):
        run([], tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_batch_that_fails_stays_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of(**BUSY)
    run(config, tmp_path / "whole", hours=1)
    clock, save = FakeClock(), LiveSession._save
    run(config, tmp_path / "failing", clock=clock, hours=0.5)

    def fail(*_: object) -> None:
        raise OutputError("the disk is full")

    monkeypatch.setattr(LiveSession, "_save", fail)
    with pytest.raises(OutputError):
        run(config, tmp_path / "failing", clock=clock, hours=0.1)
    monkeypatch.setattr(LiveSession, "_save", save)
    left = NOON + dt.timedelta(hours=1) - clock.time
    run(config, tmp_path / "failing", clock=clock, hours=left.total_seconds() / 3600)
    assert lines(tmp_path / "failing") == lines(tmp_path / "whole")


def test_a_kitchen_without_roads_is_told_how_to_get_some(tmp_path: Path) -> None:
    config = config_of(gk_location="52.52, 13.405", location_name="berlin", timezone="Europe/Berlin")
    with pytest.raises(DataError) as caught:
        run(config, tmp_path / "landing")
    message = str(caught.value)
    assert "'fastgen roads invent --location berlin --scenario berlin.toml -o my_roads'" in message
    assert message.endswith(
        "and name the folder with --roads my_roads. "
        "'fastgen live --config CONFIG.json --as-scenario > berlin.toml' writes that scenario."
    )
    assert not list(tmp_path.iterdir())
