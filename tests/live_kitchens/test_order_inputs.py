"""Orders from outside come by a file, a stream or a folder, each exactly once, also when a run is stopped."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.errors import DamageError, DataError, OutputError, ScenarioError
from fastgen.live_kitchens.order_journal import OrderJournal, encode_record
from tests.live_kitchens.orders import (
    NEAR,
    at,
    by_order,
    check_whole,
    quiet,
    read_lines,
    rejected,
    run_orders,
    write_lines,
)
from tests.live_kitchens.runs import NOON, FakeClock, config_of, lines, rows, run

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.usefixtures("_disk_is_not_waited_for")


def test_rows_of_one_stream_are_orders_of_another(tmp_path: Path) -> None:
    """What a kitchen writes can be dropped into the folder of another, in both wire forms."""
    for wire in ("live", "canonical"):
        folder = tmp_path / wire
        (folder / "drop").mkdir(parents=True)
        run(config_of(start_days_ago=1), folder / "first", wire=wire)
        made = [row for row in rows(folder / "first") if row["event_type"] == "order_created"][-20:]
        text = [json.dumps({**row, "body": json.dumps(row["body"]), "shop": 1}) for row in made]
        (folder / "drop" / "a.jsonl").write_text("\n".join(text))  # no newline at the end
        run(quiet(), folder / "out", hours=1.5, orders_from=folder / "drop", receipts=folder / "r", wire=wire)
        receipts = read_lines(folder / "r")
        assert [one["id"] for one in receipts] == [row["order_id"] for row in made]
        found = by_order(folder / "out")
        for row, receipt in zip(made, receipts, strict=True):
            check_whole(found[receipt["order_id"]])
            created = found[receipt["order_id"]][0]
            assert created["ts"] == row["ts"]
            assert created["body"] == row["body"]


def test_files_of_a_folder_are_taken_once_when_they_are_whole(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    for name in (".hidden", "_part", "a.tmp", "b.staged"):
        write_lines(drop / name, {"id": name})
    write_lines(drop / "one.jsonl", {"id": "1"})
    (drop / "empty").touch()
    (drop / "folder").mkdir()
    clock, taken = FakeClock(), []
    waits = clock.wait

    def wait(seconds: float) -> None:
        """Drop more files while the run waits; one grows over some looks."""
        taken.append(len(read_lines(tmp_path / "r")))
        if len(taken) == 10:
            (drop / "a.tmp").rename(drop / "two.jsonl")
        if 20 <= len(taken) < 30:
            write_lines(drop / "grows.jsonl", {"id": f"g{len(taken)}"})
        if len(taken) == 50:
            write_lines(drop / "one.jsonl", {"id": "late"})  # its name is taken
        waits(seconds)

    clock.wait = wait  # type: ignore[method-assign]
    run(quiet(), tmp_path / "out", clock=clock, hours=0.02, orders_from=drop, receipts=tmp_path / "r")
    ids = [one["id"] for one in read_lines(tmp_path / "r")]
    assert ids == ["1", "a.tmp", *(f"g{i}" for i in range(20, 30))]
    run(quiet(), tmp_path / "out", clock=clock, hours=0.02, orders_from=drop, receipts=tmp_path / "r")
    assert [one["id"] for one in read_lines(tmp_path / "r")] == ids


def test_a_growing_file_is_followed_line_by_line(tmp_path: Path) -> None:
    orders, clock, n_waits = tmp_path / "o", FakeClock(), [0]
    orders.touch()
    waits, text = clock.wait, b'{"id": "a"}\n\n{"id": "b"}\n{"id": "c"}'

    def wait(seconds: float) -> None:
        n_waits[0] += 1
        if n_waits[0] <= len(text):
            with orders.open("ab") as file:
                file.write(text[n_waits[0] - 1 : n_waits[0]])
        waits(seconds)

    clock.wait = wait  # type: ignore[method-assign]
    run(quiet(), tmp_path / "out", clock=clock, hours=0.01, orders=orders, receipts=tmp_path / "r")
    assert [(one["id"], one["line"]) for one in read_lines(tmp_path / "r")] == [("a", 1), ("b", 3)]
    write_lines(orders, b"")
    run(quiet(), tmp_path / "out", clock=clock, hours=0.01, orders=orders, receipts=tmp_path / "r")
    assert [one["line"] for one in read_lines(tmp_path / "r")] == [1, 3, 4]
    orders.write_text("{}\n")
    with pytest.raises(DataError, match=r"o: expected a file that only grows, 37 bytes or more, got 3\."):
        run(quiet(), tmp_path / "out", clock=clock, hours=0.01, orders=orders)


def test_a_run_that_is_stopped_anywhere_gives_the_rows_of_an_unbroken_one(tmp_path: Path) -> None:
    config = config_of(
        orders_day_1=2000, orders_last=2000, start_days_ago=1, end_days_ahead=2, batch_seconds=60
    )
    orders = write_lines(
        tmp_path / "o",
        *({"id": f"{i}", "time": at(seconds=37 * i)} for i in range(60)),
        {"time": at(hours=-2)},
        b"bad",
    )
    run(config, tmp_path / "whole", hours=1, orders=orders, receipts=tmp_path / "r1")
    clock, end, starts = FakeClock(), NOON + dt.timedelta(hours=1), 0
    while clock.time < end:
        left = (end - clock.time).total_seconds() / 3600
        n = 2 + starts * 7 % 30
        run(
            config,
            tmp_path / "out",
            clock=clock,
            hours=left,
            at_most=n,
            orders=orders,
            receipts=tmp_path / "r2",
        )
        starts += 1
    run(config, tmp_path / "out", clock=clock, orders=orders, receipts=tmp_path / "r2")
    assert starts > 3
    assert lines(tmp_path / "out") == lines(tmp_path / "whole")
    assert read_lines(tmp_path / "r2") == read_lines(tmp_path / "r1")
    assert len(rejected(tmp_path)) == 1


def test_lines_wait_while_too_many_rows_do_and_none_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each order of a file of the folder is taken at last, though the limit holds for hours."""
    monkeypatch.setattr("fastgen.live_kitchens.outside._MAX_ROWS", 200)
    for module in ("order_reading", "order_folder"):
        monkeypatch.setattr(f"fastgen.live_kitchens.{module}.READ_BYTES", 300)
    (tmp_path / "drop").mkdir()
    sent = [{"id": f"{i}", "time": at(minutes=10 * (i // 4) + 1)} for i in range(48)]
    write_lines(tmp_path / "drop" / "a", *sent)
    config, said, clock = quiet(speed_up=60, batch_seconds=5), list[str](), FakeClock()
    options: dict[str, Any] = {"orders_from": tmp_path / "drop", "receipts": tmp_path / "r"}
    run(config, tmp_path / "out", clock=clock, hours=1 / 60, announce=said.append, **options)
    n_first = len(read_lines(tmp_path / "r"))
    assert 0 < n_first < 48
    run(config, tmp_path / "out", clock=clock, hours=3 / 60, announce=said.append, **options)
    assert [one["id"] for one in read_lines(tmp_path / "r")] == [one["id"] for one in sent]
    orders = by_order(tmp_path / "out")
    assert len(orders) == 48
    for found in orders.values():
        check_whole(found)
    full = [line for line in said if line.startswith("orders: ")]
    assert len(full) == 2  # once a run
    assert "rows of orders wait for their time, more than 200: further lines wait in their file" in full[0]


def test_orders_go_on_without_their_input(tmp_path: Path) -> None:
    run_orders(tmp_path, {"id": "a"}, hours=0.05)
    run(quiet(), tmp_path / "out", clock=FakeClock(NOON + dt.timedelta(hours=0.05)), hours=1.5)
    (found,) = by_order(tmp_path / "out").values()
    check_whole(found)


def test_speed_up_counts_for_orders_too(tmp_path: Path) -> None:
    run_orders(tmp_path, {}, hours=0.02, speed_up=100)
    (found,) = by_order(tmp_path / "out").values()
    check_whole(found)


def test_a_damaged_or_lost_journal_is_named(tmp_path: Path) -> None:
    run_orders(tmp_path, {"id": "a"}, {"id": "b"}, hours=0.01)
    write_lines(tmp_path / "orders.jsonl", {"id": "c"})
    clock = FakeClock(NOON + dt.timedelta(hours=0.01))
    run(quiet(), tmp_path / "out", clock=clock, hours=0.01, orders=tmp_path / "orders.jsonl")
    journal = tmp_path / ".out.fastgen" / "orders.jsonl"
    data = journal.read_bytes()
    assert data.count(b"\n") == 2
    for damaged in (
        data.replace(b'"sn', b'"ns'),
        data.replace(b"crc32", b"crc31", 1),
        data[:-5],
        data[:5],
        b"",
    ):
        journal.write_bytes(damaged)
        with pytest.raises(DamageError, match=r"orders\.jsonl: expected "):
            run(quiet(), tmp_path / "out", clock=clock, hours=0.01)
    journal.write_bytes(data + data[:30])  # killed while it was written
    run(quiet(), tmp_path / "out", clock=clock, hours=0.01)
    assert journal.read_bytes() == data


def test_a_journal_of_other_kitchens_or_roads_is_refused(tmp_path: Path) -> None:
    run_orders(tmp_path, {"id": "a", "customer": NEAR, "items": [{"id": 1}]}, hours=0.01)
    journal = tmp_path / ".out.fastgen" / "orders.jsonl"
    whole = json.loads(journal.read_bytes())["record"]
    client, kitchen, order_id, created_us, customer, address, items = whole["orders"][0]
    others = (
        [2, order_id, created_us, customer, address, items],
        [kitchen, order_id, created_us + 10**12, customer, address, items],
        [kitchen, order_id, created_us, 10**6, address, items],
        [kitchen, order_id, created_us, customer, address, [[10**6, 1]]],
    )
    for other in others:
        journal.write_bytes(encode_record({**whole, "orders": [[client, *other]]}))
        with pytest.raises(DamageError, match=r"orders\.jsonl: .*got an order of other kitchens or roads"):
            run(quiet(), tmp_path / "out", clock=FakeClock(NOON + dt.timedelta(hours=0.01)), hours=0.01)


def test_a_journal_without_ends_of_lines_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastgen.live_kitchens.order_journal._MAX_RECORD_BYTES", 1000)
    (tmp_path / "orders").write_bytes(b" " * 1000)
    journal = OrderJournal(tmp_path / "orders", tmp_path / "rejected", None)
    with pytest.raises(DamageError, match="got a damaged record after 0 bytes"):
        list(journal.open(0))


def test_impossible_inputs_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    file, packed, pipe = (tmp_path / name for name in ("o", "packed", "pipe"))
    file.touch()
    packed.write_bytes(gzip.compress(b"{}"))
    os.mkfifo(pipe)
    refused: list[tuple[dict[str, Any], str]] = [
        ({"orders": tmp_path / "none"}, "orders: expected a file, or -, got .*none: No such file"),
        ({"orders": tmp_path}, "orders: expected a file, or -, got .*: a folder"),
        ({"orders": pipe}, "orders: expected a file, or -, got .*pipe: a device or a pipe"),
        ({"orders": packed}, "orders: .*packed: expected JSON lines in UTF-8, got gzip"),
        ({"orders_from": file}, "orders_from: expected a folder, got .*o, which is none"),
        ({"orders_from": tmp_path / "none"}, "orders_from: expected a folder, got "),
        ({"receipts": file}, "receipts: expected orders or orders_from beside it, got neither"),
        ({"orders": file, "receipts": tmp_path}, "receipts: expected a file, got the folder"),
    ]
    for options, message in refused:
        with pytest.raises(ScenarioError, match=message):
            run(quiet(), tmp_path / "out", **options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o", "packed", "pipe"]


def test_a_journal_without_a_state_is_refused(tmp_path: Path) -> None:
    orders = write_lines(tmp_path / "o", {})
    with (tmp_path / "stream").open("wb") as stream:
        run(quiet(), stream, hours=0.01, state=tmp_path / "s.json", orders=orders)  # type: ignore[arg-type]
        assert (tmp_path / "s.json.orders.jsonl").exists()
        (tmp_path / "s.json").unlink()
        with pytest.raises(OutputError, match=r"s\.json\.orders\.jsonl: expected no journal of orders yet"):
            run(quiet(), stream, hours=0.01, state=tmp_path / "s.json", orders=orders)  # type: ignore[arg-type]


def test_another_file_in_the_place_of_a_growing_one_is_refused(tmp_path: Path) -> None:
    """Its first lines would be lost, whether it comes in a run or between two."""
    orders, clock = write_lines(tmp_path / "o", *({"id": f"{i}"} for i in range(5))), FakeClock()
    run(quiet(), tmp_path / "out", clock=clock, hours=0.01, orders=orders, receipts=tmp_path / "r")
    write_lines(tmp_path / "other", *({"id": f"replaced-{i}"} for i in range(9)))
    old = orders.read_bytes()

    def run_on() -> None:
        run(quiet(), tmp_path / "out", clock=clock, hours=0.01, orders=orders, receipts=tmp_path / "r")

    orders.write_bytes((tmp_path / "other").read_bytes())
    with pytest.raises(DataError, match=r"o: expected a file that only grows, got another one in its place"):
        run_on()
    orders.write_bytes(old + b'{"id": "5"}\n{"id"')  # an editor writes all of it anew
    run_on()
    waits = clock.wait

    def wait(seconds: float) -> None:
        orders.write_bytes((tmp_path / "other").read_bytes())
        waits(seconds)

    clock.wait = wait  # type: ignore[method-assign]
    with pytest.raises(DataError, match=r"o: expected a file that only grows, got another one in its place"):
        run_on()
    assert [one["id"] for one in read_lines(tmp_path / "r")] == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize("option", ["orders", "orders_from"])
def test_a_line_without_end_costs_no_records(option: str, tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    orders = write_lines(tmp_path / "drop" / "o", {}, b"x" * 2_000_000, b"", {})
    given: dict[str, Any] = {option: orders if option == "orders" else orders.parent}
    run(quiet(), tmp_path / "out", hours=0.02, receipts=tmp_path / "r", **given)
    assert [one["line"] for one in read_lines(tmp_path / "r")] == [1, 4]
    assert len((tmp_path / ".out.fastgen" / "orders.jsonl").read_text().splitlines()) <= 4
