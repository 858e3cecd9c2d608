"""Live runs with faults: as many as asked for, the same whatever the stops, undone to the clean stream."""

from __future__ import annotations

import datetime as dt
import json
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest
from scipy.stats import binom

import fastgen
from fastgen.cli import main
from fastgen.errors import ScenarioError
from fastgen.faults.plan import load_scenario_faults
from fastgen.faults.undo import undo_faults
from fastgen.inputs.scenario_file import load_scenario
from fastgen.replaying.clock import utc_from_us
from tests.effort import repeats
from tests.faults.streams import faults_text, lines_of, mixed_faults, without_places
from tests.live_kitchens.runs import NOON, FakeClock, config_of, run

if TYPE_CHECKING:
    from pathlib import Path

BUSY: dict[str, Any] = {
    "orders_day_1": 1000,
    "orders_last": 1000,
    "start_days_ago": 1,
    "end_days_ahead": 2,
    "batch_rows": 50,
    "batch_seconds": 60,
}
# All kinds; most of them hold rows back beyond the end of a batch.
MIXED: tuple[dict[str, Any], ...] = (
    *mixed_faults(1000),
    {"kind": "wrong_type", "probability": 0.05, "field": "progress_pct"},
    {"kind": "drift", "change": "add", "field": "tip", "value": 2.5, "from": 1},
    {"kind": "noise", "probability": 0.05, "field": "customer_addr"},
    {"kind": "skew", "locations": ["sanfrancisco"], "skew_s": 90},
    {"kind": "silence", "locations": ["sf"], "from": "1T20:10", "to": "1T20:20"},
    {"kind": "malformed", "probability": 0.03},
    {"kind": "truncated", "probability": 0.03},
)
SIGNIFICANCE = 1e-6
KILLS = repeats(2, 20)


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Write a faults file of all kinds."""
    path = tmp_path / "mixed.toml"
    path.write_text(faults_text(*MIXED), encoding="utf-8")
    return path


@pytest.mark.usefixtures("_disk_is_not_waited_for")
@pytest.mark.parametrize("wire", ["live", "canonical"])
def test_stops_change_nothing_and_faults_are_undone(wire: str, mixed: Path, tmp_path: Path) -> None:
    """Milliseconds of the canonical wire tie often: what is undone must be in the order of the wire."""
    configs = [config_of(name, **BUSY) for name in ("sanfrancisco", "chicago")]
    ends = NOON + dt.timedelta(minutes=30)
    whole, stopped, clean = tmp_path / "whole", tmp_path / "stopped", tmp_path / "clean"
    run(configs, whole, hours=0.5, wire=wire, faults=mixed, ledger=tmp_path / "whole.parquet")
    clock, ledger, n_held = FakeClock(), tmp_path / "stopped.parquet", []
    for at_most in (1, 2, 9, 30, None):
        left = (ends - clock.time).total_seconds() / 3600
        run(
            configs, stopped, clock=clock, hours=left, at_most=at_most, wire=wire, faults=mixed, ledger=ledger
        )
        now = FakeClock() if not clean.exists() else FakeClock(clock.time)
        run(configs, clean, clock=now, wire=wire)
        reached = lines_of(clean)
        assert undo_faults(stopped, ledger) == reached
        n_held.append(pl.read_parquet(ledger).filter(pl.col("file").is_null()).height)
    assert lines_of(stopped) == lines_of(whole)
    assert undo_faults(whole, tmp_path / "whole.parquet") == reached
    assert without_places(ledger).equals(without_places(tmp_path / "whole.parquet"))
    assert set(pl.read_parquet(ledger)["kind"]) == {fault["kind"] for fault in MIXED}
    assert min(n_held) > 10


@pytest.mark.usefixtures("_disk_is_not_waited_for")
def test_late_rows_come_when_they_are_due_and_a_run_waits_for_them(tmp_path: Path) -> None:
    """A batch has a late row within its seconds; the run ends once the last of them has come."""
    (tmp_path / "faults.toml").write_text(
        faults_text({"kind": "late", "probability": 0.5, "max_delay_s": 80_000})
    )
    few: dict[str, Any] = {"orders_day_1": 40, "orders_last": 40, "end_days_ahead": 1}
    config = config_of(**{**BUSY, **few, "speed_up": 60, "batch_seconds": 1})
    ledger = tmp_path / "ledger.parquet"
    batches = run(config, tmp_path / "out", hours=48 / 60, faults=tmp_path / "faults.toml", ledger=ledger)
    table = pl.read_parquet(ledger)
    assert table["file"].null_count() == 0
    lines = {
        (path.name, number): json.loads(line)
        for path in (tmp_path / "out").glob("events-*")
        for number, line in enumerate(path.read_bytes().splitlines(), start=1)
    }
    ended = {name: batch.watermark_us for batch in batches[1:] for name in batch.files}
    waits = []
    for entry in table.filter(pl.col("file").is_in(list(ended))).iter_rows(named=True):
        ts = dt.datetime.fromisoformat(lines[entry["file"], entry["line"]]["ts"] + "+00:00")
        due = ts + dt.timedelta(seconds=entry["delay_s"])
        waits.append(ended[entry["file"]] / 1_000_000 - due.timestamp())
    assert len(waits) > 50
    assert min(waits) > 0
    assert max(waits) <= 60.001  # of the kitchen's seconds: one second of the batch
    assert len({*lines}) == len(undo_faults(tmp_path / "out", ledger))


@pytest.mark.usefixtures("_disk_is_not_waited_for")
def test_what_a_skip_leaves_out_is_not_held_back(mixed: Path, tmp_path: Path) -> None:
    config = config_of(**BUSY)
    later = NOON + dt.timedelta(hours=1)
    of_broken: dict[str, Any] = {"faults": mixed, "ledger": tmp_path / "broken.parquet"}
    cases: list[tuple[str, dict[str, Any]]] = [("clean", {}), ("broken", of_broken)]
    for name, options in cases:
        run(config, tmp_path / name, **options)
        run(config, tmp_path / name, clock=FakeClock(later), skip=True, **options)
        run(config, tmp_path / name, clock=FakeClock(later), hours=0.5, **options)
        run(config, tmp_path / name, clock=FakeClock(later + dt.timedelta(hours=0.5)), **options)
    clean = lines_of(tmp_path / "clean")
    assert undo_faults(tmp_path / "broken", tmp_path / "broken.parquet") == clean


def _is_likely(n: int, total: int, share: float) -> bool:
    low, high = binom.ppf([SIGNIFICANCE / 2, 1 - SIGNIFICANCE / 2], total, share)
    return bool(low <= n <= high)


def test_faults_are_as_many_as_requested(tmp_path: Path) -> None:
    """The nulls of each config by its own seed, and those of a file beside them: exact binomial bounds."""
    faults: tuple[dict[str, Any], ...] = (
        {"kind": "lost", "probability": 0.1},
        {"kind": "late", "probability": 0.2, "max_delay_s": 60},
        {"kind": "malformed", "every": 20},
    )
    path, ledger = tmp_path / "faults.toml", tmp_path / "ledger.parquet"
    path.write_text(faults_text(*faults))
    dq = {"driver_ping": {"loc_lat": 0.3, "loc_lon": 0.0}, "order_created": {"customer_addr": 0.5}}
    configs = [config_of("sanfrancisco", **BUSY, dq=dq), config_of("chicago", **BUSY)]
    run(configs, tmp_path / "broken", faults=path, ledger=ledger)
    run(configs[1], tmp_path / "alone", faults=path, ledger=tmp_path / "alone.parquet")
    clean = [json.loads(line) for line in undo_faults(tmp_path / "broken", ledger)]
    of = {row["event_id"]: row for row in clean}
    counts = pl.read_parquet(ledger).group_by("kind").len()
    n = dict(zip(counts["kind"], counts["len"], strict=True))
    assert _is_likely(n["lost"], len(clean), 0.1)
    assert _is_likely(n["late"], len(clean) - n["lost"], 0.2)
    assert _is_likely(n["malformed"], len(clean) - n["lost"], 1 / 20)
    nulls = pl.read_parquet(ledger).filter(pl.col("kind") == "null")
    assert {of[event_id]["location"] for event_id in nulls["event_id"]} == {"sanfrancisco"}
    assert set(nulls["field"]) == {"loc_lat", "customer_addr"}
    for kind, field, share in (("driver_ping", "loc_lat", 0.3), ("order_created", "customer_addr", 0.5)):
        total = sum(row["event_type"] == kind and row["location"] == "sanfrancisco" for row in clean)
        # A null has an effect on lines that are left, and whole.
        assert _is_likely(nulls.filter(field=field).height, total, share * 0.9 * 0.95)
    own = [line for line in lines_of(tmp_path / "broken") if b'location":"chicago"' in line]
    assert own == [line for line in lines_of(tmp_path / "alone") if b'location":"chicago"' in line]


def test_other_faults_in_mid_stream_are_refused(mixed: Path, tmp_path: Path) -> None:
    run(config_of(), tmp_path / "broken", faults=mixed)
    with pytest.raises(
        ScenarioError, match=r"^faults: expected the faults file with .*, got no faults\. Name those, or"
    ):
        run(config_of(), tmp_path / "broken")
    run(config_of(), tmp_path / "clean")
    assert '"faults"' not in (tmp_path / ".clean.fastgen" / "state.json").read_text()
    with pytest.raises(ScenarioError, match=r"^faults: expected no faults, as the run in .* began, got the"):
        run(config_of(), tmp_path / "clean", faults=mixed)


def test_what_can_not_be_is_refused_before_anything_is_written(mixed: Path, tmp_path: Path) -> None:
    out, other = tmp_path / "out", tmp_path / "other.toml"
    with pytest.raises(ScenarioError, match=r"expected faults of whole rows .* with format parquet"):
        run(config_of(), out, faults=mixed, format="parquet")
    with pytest.raises(ScenarioError, match=r"^ledger: expected faults beside it, got none"):
        run(config_of(), out, ledger=tmp_path / "l.parquet")
    with pytest.raises(ScenarioError, match=r"^ledger: expected a file apart from"):
        run(config_of(), out, faults=mixed, ledger=out / "l.parquet")
    other.write_text(faults_text({"kind": "lost", "every": 2, "locations": ["oakland"]}))
    message = r"other.toml: fault 1: locations: expected names, codes or numbers among sanfrancisco \(sf, 1\)"
    with pytest.raises(ScenarioError, match=message):
        run(config_of(), out, faults=other)
    assert not out.exists()


def test_nulls_of_a_config_are_in_its_scenario(tmp_path: Path, capfdbinary: Any) -> None:
    dq = {"order_created": {"customer_addr": 0.25}, "driver_ping": {"loc_lat": 0}}
    config = tmp_path / "sf.json"
    config.write_text(json.dumps(config_of(dq=dq).to_dict()))
    with pytest.raises(SystemExit) as ended:
        main(["live", "--config", str(config), "--as-scenario", "--now", "2026-03-07T20:00"])
    assert not ended.value.code
    scenario = tmp_path / "sf.toml"
    scenario.write_bytes(capfdbinary.readouterr().out)
    plan = load_scenario_faults(scenario)
    assert plan is not None
    assert plan.seed == load_scenario(scenario).seed
    assert [(one.kind, one.types, one.field, one.probability) for one in plan.faults] == [
        ("null", ("order_created",), "customer_addr", 0.25)
    ]


def test_readers_find_the_bad_rows_of_the_ledger(tmp_path: Path) -> None:
    """DuckDB leaves out lines that are no JSON, and Polars gives nulls where the ledger has them."""
    path, ledger = tmp_path / "faults.toml", tmp_path / "ledger.parquet"
    path.write_text(faults_text({"kind": "malformed", "probability": 0.1}))
    dq = {"driver_ping": {"loc_lat": 0.2}}
    run(config_of(**BUSY, dq=dq), tmp_path / "out", faults=path, ledger=ledger)
    n_rows, table = len(lines_of(tmp_path / "out")), pl.read_parquet(ledger)
    n_malformed = table.filter(kind="malformed").height
    read = "SELECT count(*) FROM read_json(?, ignore_errors = true, format = 'newline_delimited')"
    with duckdb.connect() as connection:
        query = connection.execute(f"{read} WHERE event_id IS NOT NULL", [f"{tmp_path}/out/*.jsonl"])
        assert query.fetchall() == [(n_rows - n_malformed,)]
    lines = [line.decode() for line in lines_of(tmp_path / "out")]
    bodies = pl.Series(lines).str.extract(r'"body":"(.*)"').str.replace_all(r'\\"', '"')
    nulls = bodies.str.contains('"loc_lat":null', literal=True)
    assert nulls.sum() == table.filter(kind="null").height
    assert n_malformed > 100


def test_a_clean_run_imports_no_polars(tmp_path: Path) -> None:
    config, out = tmp_path / "sf.json", tmp_path / "out"
    script = (
        "import datetime as dt, sys, fastgen\n"
        "now = dt.datetime(2026, 3, 7, 20, tzinfo=dt.UTC)\n"
        f"list(fastgen.live({str(config)!r}, {str(out)!r}, now=now, until=now))\n"
        "assert 'fastgen.wire.formats' in sys.modules\n"
        "assert not {'polars', 'fastgen.faults.windows'} & sys.modules.keys()\n"
    )
    config.write_text(json.dumps(config_of(start_days_ago=1).to_dict()))
    subprocess.run([sys.executable, "-c", script], check=True)


def test_kills_lose_neither_a_row_nor_an_entry(mixed: Path, tmp_path: Path) -> None:
    """SIGKILL at random moments of history and live, at 600 times the speed of the kitchen."""
    config = tmp_path / "sf.json"
    settings = {**BUSY, "end_days_ahead": 20, "speed_up": 600, "batch_rows": 200}
    config.write_text(json.dumps(config_of(**settings).to_dict()))
    out, ledger = tmp_path / "out", tmp_path / "out.parquet"
    command = [sys.executable, "-m", "fastgen", "live", "--config", str(config), "--to", str(out)]
    command += ["--faults", str(mixed), "--ledger", str(ledger)]
    rng = random.Random(12)  # noqa: S311  # moments, no secrets
    for _ in range(KILLS):
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(1.0, 5.0))
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2)
    *_, last = fastgen.live(config, out, faults=mixed, ledger=ledger, until=until)
    for now in (utc_from_us(last.clock.sim_start_us), until):
        run(config_of(**settings), tmp_path / "clean", clock=FakeClock(now))
    clean = lines_of(tmp_path / "clean")
    assert len(clean) > 1000
    assert undo_faults(out, ledger) == clean
