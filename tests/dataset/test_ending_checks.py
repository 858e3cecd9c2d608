"""Each rule of orders that may end early is broken once, in files whose digests agree, and found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from fastgen.dataset.manifest import parse_manifest, read_manifest
from fastgen.dataset.verify.run import verify_dataset
from fastgen.errors import DataError
from tests.building.toy import write_toy_roads
from tests.dataset.row_damage import NO_DAMAGE, Damage, assert_found_by_its_checks, failed, put
from tests.generating.closing_builds import build_closing
from tests.generating.closing_kitchens import ClosingKitchens
from tests.helpers import change_manifest, copy_of, first_part, reseal, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DELIVERED, WITH_PING, WAITING = (1, 2, 3, 4, 5, 6, 8), (1, 2, 3, 4, 5, 6, 7, 8), (1, 2, 5, 9)
CANCELLED, RIDING, COOKING, COOKED = (1, 9), (1, 2, 3, 4, 5, 6, 7), (1, 2), (1, 2, 3, 4, 5, 6, 7, 7, 8)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("endings")
    return build_closing(folder / "data", write_toy_roads(folder / "roads")).path


def rows_of(frame: pl.DataFrame, way: tuple[int, ...]) -> tuple[int, int]:
    """First and last row of the first order that went this way, but not the first order of all."""
    ways = frame.with_row_index().group_by("order_id", maintain_order=True).agg("index", "event_type_id")
    found = next(rows for _, rows, kinds in ways.rows()[1:] if tuple(kinds) == way)
    return found[0], found[-1]


def on(way: tuple[int, ...], step: int, column: str, change: Callable[[Any], object]) -> Any:
    """Change one cell of an order; step -1 is its last row."""

    def apply(frame: pl.DataFrame) -> pl.DataFrame:
        first, last = rows_of(frame, way)
        row = last if step < 0 else first + step
        return put(frame, row, column, change(frame[column][row]))

    return apply


def without_last(way: tuple[int, ...]) -> Any:
    """Drop the row that ends an order."""

    def apply(frame: pl.DataFrame) -> pl.DataFrame:
        _, last = rows_of(frame, way)
        return pl.concat([frame[:last], frame[last + 1 :]])

    return apply


def add_after(way: tuple[int, ...], other: tuple[int, ...], step: int) -> Any:
    """Add a copy of another order's row after the last one of an order, at its time."""

    def apply(frame: pl.DataFrame) -> pl.DataFrame:
        (first, last), (model, model_last) = rows_of(frame, way), rows_of(frame, other)
        row = frame[model_last if step < 0 else model + step]
        same = {name: frame[name][last] for name in ("order_id", "ts_seconds")}
        row = row.with_columns(pl.lit(value, frame.schema[name]).alias(name) for name, value in same.items())
        row = row.with_columns(pl.lit(last - first + 1, frame.schema["sequence"]).alias("sequence"))
        return pl.concat([frame[: last + 1], row, frame[last + 1 :]])

    return apply


DAMAGE: dict[str, tuple[Any, set[str]]] = {
    "a cancelled order is delivered": (add_after(CANCELLED, DELIVERED, -1), {"lifecycle"}),
    "an event after the cancellation": (add_after(WAITING, DELIVERED, 1), {"lifecycle"}),
    "cancelled twice": (add_after(CANCELLED, WAITING, -1), {"lifecycle"}),
    "delivered, then cancelled": (add_after(DELIVERED, CANCELLED, -1), {"lifecycle"}),
    "cancelled on the road": (on(WITH_PING, -1, "event_type_id", lambda _: 9), {"lifecycle", "nulls"}),
    "the sequence of the cancellation is too high": (
        on(WAITING, -1, "sequence", lambda n: n + 1),
        {"lifecycle"},
    ),
    "its sequence is that of a delivery": (on(CANCELLED, -1, "sequence", lambda _: 6), {"lifecycle"}),
    "delivered without a pick-up": (on(COOKING, -1, "event_type_id", lambda _: 8), {"lifecycle", "nulls"}),
    "finished without a start": (on(COOKING, -1, "event_type_id", lambda _: 3), {"lifecycle"}),
    "an unknown event type": (on(COOKING, -1, "event_type_id", lambda _: 10), {"lifecycle"}),
    "no order_created": (on(COOKING, 0, "event_type_id", lambda _: 2), {"lifecycle", "nulls"}),
    "an unknown reason": (on(CANCELLED, -1, "cancel_reason", lambda _: "bored"), {"endings"}),
    "no reason": (on(CANCELLED, -1, "cancel_reason", lambda _: None), {"endings", "nulls"}),
    "a reason of another event": (on(DELIVERED, -1, "cancel_reason", lambda _: "no_route"), {"nulls"}),
    "not delivered though it was due": (without_last(WITH_PING), {"endings"}),
    "picked up, and nothing more": (without_last(DELIVERED), {"endings"}),
    "neither cancelled nor cooked though it was due": (without_last(CANCELLED), {"endings"}),
    "cancelled before it was created": (on(CANCELLED, -1, "ts_seconds", lambda t: t - 7_000), {"times"}),
    "cancelled before the driver came": (on(WAITING, -1, "ts_seconds", lambda t: t - 1_100), {"times"}),
    "started before it was created": (on(COOKING, 1, "ts_seconds", lambda t: t - 9_000), {"times"}),
    "a driver before the order": (on(WAITING, 2, "ts_seconds", lambda t: t - 9_000), {"times"}),
    "a ping of an open order at another time": (on(RIDING, -1, "ts_seconds", lambda t: t + 1), {"pings"}),
    "a ping of an open order off its route": (on(RIDING, -1, "ping_lat", lambda v: v + 1e-3), {"pings"}),
    "progress of an open order that no drive has": (
        on(RIDING, -1, "ping_progress", lambda _: 47.0),
        {"pings"},
    ),
    "an open order's customer elsewhere": (on(RIDING, 0, "customer_lat", lambda v: v + 1e-4), {"routes"}),
    "an open order's route cut short": (on(RIDING, 5, "route_json", lambda t: t[:-1]), {"routes"}),
    "a second ping before the first": (on(COOKED, 7, "ts_seconds", lambda t: t - 60), {"pings"}),
}


def test_a_sealed_copy_passes(dataset: Path, tmp_path: Path) -> None:
    """Else the tests below would prove nothing."""
    assert_found_by_its_checks(NO_DAMAGE, dataset, tmp_path)


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_by_its_checks(name: str, dataset: Path, tmp_path: Path) -> None:
    assert_found_by_its_checks(Damage(*DAMAGE[name]), dataset, tmp_path)


def test_messages_say_what_is_wrong(dataset: Path, tmp_path: Path) -> None:
    copy = copy_of(dataset, tmp_path)
    for name in ("an unknown reason", "an event after the cancellation", "picked up, and nothing more"):
        rewrite(first_part(copy), DAMAGE[name][0])
    reseal(copy)
    first = {check.name: check.first for check in verify_dataset(copy).checks}
    assert "expected the reason kitchen_closed or no_route, got 'bored'" in first["endings"]
    assert "expected its types in rising order" in first["lifecycle"]
    assert (
        "order_created 0, gk_started 1, driver_arrived 2, order_cancelled 3, gk_started 4"
        in first["lifecycle"]
    )


def test_an_open_order_is_judged_by_the_longest_preparation(dataset: Path, tmp_path: Path) -> None:
    """A source whose orders may wait for days can't be said to have left one out."""
    copy = copy_of(dataset, tmp_path)
    rewrite(first_part(copy), DAMAGE["neither cancelled nor cooked though it was due"][0])
    change_manifest(copy, lambda raw: raw["source"].update(longest_preparation_s=2 * 86_400))
    build_id = parse_manifest((copy / "manifest.json").read_text(), "").expected_build_id()
    change_manifest(copy, lambda raw: raw.update(build_id=build_id))
    reseal(copy)
    assert failed(verify_dataset(copy)) == set()
    source = read_manifest(dataset).source
    assert source is not None
    assert source.longest_preparation_s == ClosingKitchens.longest_preparation_s


@pytest.mark.parametrize("version", [1, 3])
def test_another_digest_version_is_refused(version: int, dataset: Path, tmp_path: Path) -> None:
    copy = copy_of(dataset, tmp_path)
    change_manifest(copy, lambda raw: raw.update(digest_version=version))
    with pytest.raises(DataError, match=f"expected digest_version 2, got {version}"):
        verify_dataset(copy)


def test_files_without_the_column_are_found(dataset: Path, tmp_path: Path) -> None:
    copy = copy_of(dataset, tmp_path)
    rewrite(first_part(copy), lambda frame: frame.drop("cancel_reason"))
    reseal(copy)
    report = verify_dataset(copy)
    (check,) = [check for check in report.checks if check.name == "columns"]
    assert "expected column cancel_reason of type str, got no such column" in check.first
