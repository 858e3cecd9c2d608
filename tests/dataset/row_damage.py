"""Changes of event rows that a manifest agrees with once it is resealed, and the checks that still fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from fastgen.dataset.verify.run import verify_dataset
from tests.helpers import copy_of, first_part, reseal, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.dataset.verify.report import VerifyReport

DAY_S = 86_400
TEN_METRES = 9e-5  # degrees of latitude


class Damage(NamedTuple):
    """A change, how many orders it adds, and the checks that fail."""

    change: Callable[[pl.DataFrame], pl.DataFrame]
    checks: set[str]
    more_orders: int = 0


NO_DAMAGE = Damage(lambda frame: frame, set())


def orders_of(frame: pl.DataFrame) -> list[tuple[int, int]]:
    """First and last row of every order."""
    first = np.flatnonzero(frame["event_type_id"].to_numpy() == 1).tolist()
    return list(zip(first, [*(f - 1 for f in first[1:]), frame.height - 1], strict=True))


def long_order(frame: pl.DataFrame) -> tuple[int, int]:
    """First order with three pings or more, after the first order of all."""
    return next((first, last) for first, last in orders_of(frame)[1:] if last - first >= 9)


def put(frame: pl.DataFrame, row: int, column: str, value: object) -> pl.DataFrame:
    """Change one cell."""
    values = frame[column].to_list()
    values[row] = value
    return frame.with_columns(pl.Series(column, values, frame.schema[column]))


def on_order(
    column: str, step: int, change: Callable[[Any], object]
) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Change one cell of the long order; step -1 is its last row."""

    def apply(frame: pl.DataFrame) -> pl.DataFrame:
        first, last = long_order(frame)
        row = last if step < 0 else first + step
        return put(frame, row, column, change(frame[column][row]))

    return apply


def shift_order(seconds: int, which: int) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Shift all times of one order."""

    def apply(frame: pl.DataFrame) -> pl.DataFrame:
        first, last = orders_of(frame)[which]
        row = pl.int_range(pl.len())
        moved = pl.col("ts_seconds") + pl.when(row.is_between(first, last)).then(seconds).otherwise(0)
        return frame.with_columns(moved.cast(pl.Int64))

    return apply


def without(step: int) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Drop one row of the long order."""

    def apply(frame: pl.DataFrame) -> pl.DataFrame:
        first, last = long_order(frame)
        row = last if step < 0 else first + step
        return pl.concat([frame[:row], frame[row + 1 :]])

    return apply


def swap_rows(frame: pl.DataFrame) -> pl.DataFrame:
    first, _ = long_order(frame)
    return pl.concat([frame[: first + 1], frame[first + 2], frame[first + 1], frame[first + 3 :]])


def swap_orders(frame: pl.DataFrame) -> pl.DataFrame:
    (a, b), (c, d) = orders_of(frame)[:2]
    return pl.concat([frame[c : d + 1], frame[a : b + 1], frame[d + 1 :]])


def repeat_order(frame: pl.DataFrame) -> pl.DataFrame:
    first, last = long_order(frame)
    return pl.concat([frame[: last + 1], frame[first:]])


def drop_last_ping(frame: pl.DataFrame) -> pl.DataFrame:
    """Take one ping away and number all as if it had never been."""
    first, last = long_order(frame)
    n_pings = last - first - 7
    frame = put(pl.concat([frame[: last - 1], frame[last:]]), last - 1, "sequence", last - 1 - first)
    for k in range(1, n_pings + 1):
        frame = put(frame, first + 5 + k, "ping_progress", 100 * k / (n_pings + 1))
    return frame


def swap_ping_places(frame: pl.DataFrame) -> pl.DataFrame:
    first, last = long_order(frame)
    one, other = first + 6, last - 1
    for column in ("ping_lat", "ping_lon"):
        values = frame[column][one], frame[column][other]
        frame = put(put(frame, one, column, values[1]), other, column, values[0])
    return frame


def move_ping(frame: pl.DataFrame) -> pl.DataFrame:
    """Move a ping 10 m to the north-east: the town's streets run north and east."""
    row = long_order(frame)[0] + 6
    frame = put(frame, row, "ping_lat", frame["ping_lat"][row] + TEN_METRES / 2**0.5)
    return put(frame, row, "ping_lon", frame["ping_lon"][row] + TEN_METRES / 2**0.5 / 0.79)


def move_customer(frame: pl.DataFrame) -> pl.DataFrame:
    first, last = long_order(frame)
    for row in (first, last):
        frame = put(frame, row, "customer_lat", frame["customer_lat"][row] + 1e-3)
    return frame


def cut_route(frame: pl.DataFrame) -> pl.DataFrame:
    """Begin a route at its second point; the pings keep to the rest."""
    row = next(
        f + 5
        for f, last in orders_of(frame)[1:]
        if last - f == 6 and frame["route_json"][f + 5].count("[") > 3
    )
    text = frame["route_json"][row]
    return put(frame, row, "route_json", "[" + text[text.index("],[") + 2 :])


def lines(change: Callable[[str], str]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Change the items_json of the long order."""
    return on_order("items_json", 0, change)


def twice(text: str) -> str:
    return text[:-1] + "," + text[1:]


def with_qty(qty: int) -> Callable[[str], str]:
    return lambda text: text[: text.index('"qty":') + 6] + str(qty) + text[text.index('"qty":') + 7 :]


def with_everything(item_texts: list[str]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Put these items into one basket."""
    return lines(lambda _: "[" + ",".join(item_texts) + "]")


ROW_DAMAGE: dict[str, Damage] = {
    "a ping's row dropped": Damage(without(6), {"lifecycle"}),
    "a created row dropped": Damage(without(0), {"lifecycle"}),
    "a delivered row dropped": Damage(without(-1), {"lifecycle"}),
    "two rows swapped": Damage(swap_rows, {"lifecycle"}),
    "another event type": Damage(on_order("event_type_id", 3, lambda _: 5), {"lifecycle"}),
    "an unknown event type": Damage(on_order("event_type_id", 3, lambda _: -3), {"lifecycle"}),
    "a gap in the sequence": Damage(on_order("sequence", -1, lambda n: n + 1), {"lifecycle"}),
    "a null where a value belongs": Damage(on_order("customer_lon", -1, lambda _: None), {"nulls", "routes"}),
    "a value where a null belongs": Damage(on_order("ping_lat", 0, lambda _: 1.5), {"nulls"}),
    "a null that is never allowed": Damage(on_order("sequence", 0, lambda _: None), {"nulls"}),
    "two orders swapped": Damage(swap_orders, {"order"}),
    "an order repeated": Damage(repeat_order, {"order_ids"}, 1),
    "a lower-case id": Damage(
        lambda f: f.with_columns(pl.col("order_id").replace(f["order_id"][0], "abc123")), {"order_ids"}
    ),
    "an id too short": Damage(
        lambda f: f.with_columns(pl.col("order_id").replace(f["order_id"][0], "ABC12")), {"order_ids"}
    ),
    "an id of seven characters too early": Damage(
        lambda f: f.with_columns(pl.col("order_id").replace(f["order_id"][0], "ABC1234")), {"order_ids"}
    ),
    "an order a day late": Damage(shift_order(DAY_S, -1), {"days"}),
    "an order a day early": Damage(shift_order(-DAY_S, 0), {"days"}),
    "started before created": Damage(on_order("ts_seconds", 1, lambda t: t - 3600), {"times"}),
    "a step too short": Damage(
        lambda f: put(f, long_order(f)[0] + 1, "ts_seconds", f["ts_seconds"][long_order(f)[0]] + 5), {"times"}
    ),
    "a driver before the order": Damage(on_order("ts_seconds", 4, lambda t: t - 7200), {"times"}),
    "a driver after the pick-up": Damage(on_order("ts_seconds", 4, lambda t: t + 7200), {"times"}),
    "delivered before the pick-up": Damage(
        on_order("ts_seconds", -1, lambda t: t - 7200), {"times", "pings"}
    ),
    "a house number of 0": Damage(on_order("customer_addr", 0, lambda t: "0" + t), {"addresses"}),
    "a house number too high": Damage(on_order("customer_addr", 0, lambda _: "10000 Elm St"), {"addresses"}),
    "no house number": Damage(on_order("customer_addr", 0, lambda _: "Elm Street"), {"addresses"}),
    "no street": Damage(on_order("customer_addr", 0, lambda _: "12"), {"addresses"}),
}

BASKET_DAMAGE: dict[str, Damage] = {
    "a changed price": Damage(lines(lambda t: t.replace('"price":', '"price":1', 1)), {"items"}),
    "a changed name": Damage(lines(lambda t: t.replace('"name":"', '"name":"X', 1)), {"items"}),
    "another brand": Damage(lines(lambda t: t.replace('"brand_id":', '"brand_id":1', 1)), {"items"}),
    "an unknown item": Damage(lines(lambda t: t.replace('"id":', '"id":9', 1)), {"items"}),
    "items cut short": Damage(lines(lambda t: t[:-1]), {"items"}),
    "no items": Damage(lines(lambda _: "[]"), {"items"}),
    "items that are no JSON": Damage(lines(lambda _: "x" * 99), {"items"}),
    "an item twice": Damage(lines(twice), {"baskets"}),
    "a quantity of 0": Damage(lines(with_qty(0)), {"baskets"}),
    "a quantity of 9": Damage(lines(with_qty(9)), {"baskets"}),
}

ROUTE_DAMAGE: dict[str, Damage] = {
    "no route": Damage(on_order("route_json", 5, lambda _: "[]"), {"routes"}),
    "a route cut short": Damage(on_order("route_json", 5, lambda t: t[:-1]), {"routes"}),
    "a route of five decimals": Damage(on_order("route_json", 5, lambda t: t[:-3] + "]]"), {"routes"}),
    "a customer elsewhere": Damage(move_customer, {"routes"}),
    "delivered elsewhere": Damage(on_order("customer_lat", -1, lambda v: v + 1e-4), {"routes"}),
    "a route from elsewhere": Damage(cut_route, {"routes"}),
    "a ping 10 m off": Damage(move_ping, {"pings"}),
    "a ping nowhere": Damage(on_order("ping_lon", 7, lambda _: float("nan")), {"pings"}),
    "two pings exchanged": Damage(swap_ping_places, {"pings"}),
    "another progress": Damage(on_order("ping_progress", 6, lambda v: v + 0.01), {"pings"}),
    "a ping a second late": Damage(on_order("ts_seconds", 6, lambda t: t + 1), {"pings"}),
    "a ping too few": Damage(drop_last_ping, {"pings"}),
    "a drive too long": Damage(on_order("ts_seconds", -1, lambda t: t + 90), {"pings"}),
}


def failed(report: VerifyReport) -> set[str]:
    """Names of the checks that failed."""
    return {check.name for check in report.checks if not check.passed}


def assert_found_by_its_checks(damage: Damage, dataset: Path, tmp_path: Path) -> None:
    """Damage a copy whose manifest and digests agree with it: just the stated checks must fail."""
    copy = copy_of(dataset, tmp_path)
    rewrite(first_part(copy), damage.change)
    reseal(copy, damage.more_orders)
    report = verify_dataset(copy)
    assert failed(report) == damage.checks
    for check in report.checks:
        assert check.passed == (check.first == "")
        assert "\n" not in check.to_line()


def assert_found_by_the_digests(damage: Damage, dataset: Path, tmp_path: Path) -> None:
    """Damage a copy whose manifest does not agree."""
    copy = copy_of(dataset, tmp_path)
    rewrite(first_part(copy), damage.change)
    assert failed(verify_dataset(copy)) >= {"files", "digests", "dataset"}
