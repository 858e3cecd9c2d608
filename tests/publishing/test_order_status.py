"""Orders that may end early, as tables: the reason is a column, and a view says how each order ended."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from fastgen import publish, scan_events
from fastgen.publishing.target import Form
from fastgen.publishing.views import VIEWS
from tests.building.toy import write_toy_roads
from tests.generating.closing_builds import build_closing
from tests.publishing.rows import assert_events, target_of


@pytest.fixture(scope="module")
def closing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("closing")
    return build_closing(folder / "data", write_toy_roads(folder / "roads")).path


@pytest.mark.parametrize("form", Form)
def test_all_rows_are_there_with_the_reason(form: Form, closing: Path, tmp_path: Path) -> None:
    target = target_of(form, tmp_path)
    done = publish(closing, target)
    assert done.views == (*VIEWS, "order_status")
    assert_events(target, closing)
    assert publish(closing, target).made == ()


@pytest.mark.parametrize("form", [Form.DUCKDB, Form.PARQUET])
def test_the_view_says_how_each_order_ended(form: Form, closing: Path, tmp_path: Path) -> None:
    target = target_of(form, tmp_path)
    publish(closing, target)
    path = target.partition(":")[2]
    with duckdb.connect(path if form is Form.DUCKDB else ":memory:", read_only=form is Form.DUCKDB) as engine:
        if form is Form.PARQUET:
            engine.execute((Path(path) / "views_duckdb.sql").read_text(encoding="utf-8"))
        found = engine.sql("SELECT order_id, status, cancel_reason, ended_ts FROM order_status").pl()
        header = engine.sql("SELECT order_id, delivered_ts FROM order_header").pl()
    last = scan_events(closing).group_by("order_id").agg(pl.all().last()).collect()
    names = {8: "delivered", 9: "cancelled"}
    wanted = {row["order_id"]: row for row in last.iter_rows(named=True)}
    assert len(found) == len(wanted) == len(header)
    for row in found.iter_rows(named=True):
        event = wanted[row["order_id"]]
        assert row["status"] == names.get(event["event_type_id"], "open")
        assert row["cancel_reason"] == event["cancel_reason"]
        ended_s = None if row["ended_ts"] is None else int(row["ended_ts"].timestamp())
        assert ended_s == (None if row["status"] == "open" else event["ts_seconds"])
    assert set(found["status"]) == {"delivered", "cancelled", "open"}
    assert header["delivered_ts"].is_not_null().sum() == (found["status"] == "delivered").sum()


def test_other_datasets_have_no_such_view(dataset: Path, tmp_path: Path) -> None:
    target = target_of(Form.DUCKDB, tmp_path)
    assert publish(dataset, target).views == VIEWS
    with duckdb.connect(target.partition(":")[2], read_only=True) as engine:
        names = [name for (name,) in engine.execute("SELECT view_name FROM duckdb_views()").fetchall()]
    assert "order_status" not in names
    assert set(VIEWS) <= set(names)
