"""Break a slice, a replay and a live run; count their bad rows as readers see them and as the ledger does.

Each kind of fault has event types of its own, so that no fault hides another.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

import fastgen
from tests.faults.streams import faults_text
from tests.live_kitchens.runs import config_of, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    # Reads the files of a stream, in their order, into a table of `COLUMNS`.
    Reader = Callable[[list[Path]], pl.DataFrame]

# What a reader finds in a row: null where it can't read the row. The last three say whether a position that
# should be there is null, whether one is a text, and whether there is a field that the schema doesn't know.
COLUMNS = ("event_id", "event_type", "ts", "no_lat", "wrong_lat", "has_tip")
WHOLE: tuple[dict[str, Any], ...] = (
    {"kind": "duplicate", "types": ["gk_finished"], "probability": 0.25, "max_delay_s": 60},
    {"kind": "lost", "types": ["gk_started"], "probability": 0.25},
    {"kind": "late", "types": ["driver_picked_up"], "probability": 0.3, "max_delay_s": 3600},
    {"kind": "null", "types": ["driver_ping"], "probability": 0.1, "field": "loc_lat"},
    {"kind": "wrong_type", "types": ["order_created"], "probability": 0.25, "field": "customer_lat"},
    {"kind": "drift", "types": ["delivered"], "change": "add", "field": "tip", "value": 2.5, "from": 1},
)
# No other format than JSON lines can have these.
LINES: tuple[dict[str, Any], ...] = (
    {"kind": "malformed", "types": ["gk_ready"], "probability": 0.25},
    {"kind": "truncated", "types": ["driver_arrived"], "probability": 0.25},
)
FAULTS = {"jsonl": WHOLE + LINES, "csv": WHOLE}
# Replays and live runs write no CSV.
CASES = (("slice", "jsonl"), ("slice", "csv"), ("replay", "jsonl"), ("live", "jsonl"))
NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


class Emitted(NamedTuple):
    """A stream with faults, the same stream without, both as files, and the ledger."""

    broken: list[Path]
    clean: list[Path]
    ledger: pl.DataFrame


def emit(source: str, form: str, dataset: Path, folder: Path) -> Emitted:
    """Emit a slice, a replay or a live run of some thousand events, with and without faults."""
    faults, ledger = folder / "faults.toml", folder / "ledger.parquet"
    faults.write_text(faults_text(*FAULTS[form]), encoding="utf-8")
    for name, options in (("broken", {"faults": faults, "ledger": ledger}), ("clean", {})):
        (folder / name).mkdir()
        _SOURCES[source](dataset, folder / name, format=form, **options)
    broken, clean = (sorted((folder / name).glob("events*")) for name in ("broken", "clean"))
    return Emitted(broken, clean, pl.read_parquet(ledger))


def _slice(dataset: Path, to: Path, **options: Any) -> None:
    with (to / f"events.{options['format']}").open("wb") as stream:
        fastgen.write_slice(dataset, 0, 4, stream, **options)


def _replay(dataset: Path, to: Path, **options: Any) -> None:
    for minutes in (0, 5, 30):
        now = NOON + dt.timedelta(minutes=minutes)
        fastgen.replay(dataset, to, start_day=1, speed=60, now=now, max_rows_per_file=700, **options)


def _live(_dataset: Path, to: Path, **options: Any) -> None:
    few: dict[str, Any] = {"orders_day_1": 300, "orders_last": 300, "start_days_ago": 2}
    run(config_of(**few, batch_rows=100, batch_seconds=60), to, hours=0.5, **options)


_SOURCES: dict[str, Callable[..., None]] = {"slice": _slice, "replay": _replay, "live": _live}


def check_counts(read: Reader, emitted: Emitted, form: str) -> None:
    """Check that a reader finds as many bad rows of each kind as the ledger has."""
    broken, clean = read(emitted.broken), read(emitted.clean)
    found = _counts(broken, clean)
    expected = {kind: _in_stream(emitted.ledger, kind).height for kind in found}
    late = _overtaken(emitted.ledger, broken)
    assert expected["late"] * 0.9 < late <= expected["late"]
    assert found == expected | {"late": late}
    kinds = {fault["kind"] for fault in FAULTS[form]}
    assert min(found[kind] for kind in kinds) > 20
    assert {kind for kind, n in found.items() if n} == kinds == set(emitted.ledger["kind"])
    assert broken["event_id"].null_count() == found["malformed"] + found["truncated"]
    # A clean stream has none, whatever the reader.
    assert set(_counts(clean, clean).values()) == {0}


def _counts(rows: pl.DataFrame, clean: pl.DataFrame) -> dict[str, int]:
    """Count the bad rows of each kind as one who has the rows alone, and knows how many should have come."""

    def of(kind: str) -> pl.DataFrame:
        return rows.filter(event_type=kind)

    latest = pl.col("ts").cum_max().forward_fill().shift(1)
    is_late = (pl.col("ts") < latest) & (pl.col("event_type") == "driver_picked_up")
    missing = {kind: clean.filter(event_type=kind).height - of(kind).height for kind in _MISSING.values()}
    return {
        "duplicate": rows.height - rows["event_id"].null_count() - rows["event_id"].drop_nulls().n_unique(),
        "late": rows.filter(is_late).height,
        "null": rows.filter("no_lat").height,
        "wrong_type": rows.filter("wrong_lat").height,
        "drift": rows.filter("has_tip").height,
        **{fault: missing[kind] for fault, kind in _MISSING.items()},
    }


_MISSING = {"lost": "gk_started", "malformed": "gk_ready", "truncated": "driver_arrived"}


def _in_stream(ledger: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Take the entries of a kind whose rows have come by now, or never will."""
    has_come = pl.lit(value=True) if kind == "lost" else pl.col("file").is_not_null()
    return ledger.filter(has_come, pl.col("kind") == kind)


def _overtaken(ledger: pl.DataFrame, rows: pl.DataFrame) -> int:
    """Count the late rows that a row of a later time came before: the others no reader can tell."""
    late = _in_stream(ledger, "late")
    delays = dict(zip(late["event_id"], late["delay_s"], strict=True))
    came = rows.drop_nulls("event_id").unique("event_id")
    own_us = came["ts"].str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us").to_physical().to_numpy()
    come_us = own_us + 1_000_000 * np.array([delays.get(one, 0) for one in came["event_id"]])
    is_late = np.flatnonzero(come_us > own_us)
    return sum(bool(((own_us > own_us[k]) & (come_us < come_us[k])).any()) for k in is_late)
