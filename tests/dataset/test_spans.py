"""A large file is checked by several threads, span by span: each row once, and whatever is wrong is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgen.dataset.manifest import read_manifest
from fastgen.dataset.verify.run import verify_dataset
from fastgen.dataset.verify.spans import SPAN_ROWS_MIN, split_days
from fastgen.events.day_digest import DayDigest
from tests.dataset.row_damage import ROW_DAMAGE, assert_found_by_its_checks
from tests.effort import repeats
from tests.helpers import build_small, copy_of, first_part, reseal, rewrite

if TYPE_CHECKING:
    from pathlib import Path

N_CORES = 8
# test_row_checks.py makes all of them in whole files.
DAMAGES = sorted(ROW_DAMAGE)[:: repeats(3, 1)]


@pytest.fixture
def split(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make spans of single days."""
    monkeypatch.setattr("fastgen.dataset.verify.spans.SPAN_ROWS_MIN", 1)
    monkeypatch.setattr("os.cpu_count", lambda: N_CORES)


@given(
    st.lists(st.sampled_from([0, 1, 5_000, 60_000, SPAN_ROWS_MIN, 3_000_000]), min_size=1, max_size=40),
    st.integers(1, 12),
    st.integers(0, 100),
)
def test_spans_are_whole_days_and_every_row_is_in_one(rows: list[int], n_spans: int, more: int) -> None:
    days = [DayDigest(1, day, 0, n, 0, "") for day, n in enumerate(rows)]
    spans = split_days(days, sum(rows) + more, n_spans)
    assert [day for span in spans for day in span.days] == days
    assert [row for span in spans for row in (span.rows.start, span.rows.stop)][1:-1:2] == [
        span.rows.start for span in spans[1:]
    ]
    assert (spans[0].rows.start, spans[-1].rows.stop) == (0, sum(rows) + more)
    assert all(len(span.rows) == sum(day.rows for day in span.days) for span in spans[:-1])
    assert all(span.days for span in spans)
    assert len(spans) <= max(1, min(n_spans, sum(rows) // SPAN_ROWS_MIN))


def test_threads_get_equal_shares() -> None:
    days = [DayDigest(1, day, 0, 60_000, 0, "") for day in range(80)]
    assert [len(span.days) for span in split_days(days, 80 * 60_000, 8)] == [10] * 8


@pytest.mark.parametrize("form", [{"layout": "single"}, {}])
@pytest.mark.parametrize("group_rows", [5, 64_000])
@pytest.mark.usefixtures("split")
def test_spans_find_what_the_whole_file_has(
    form: dict[str, Any], group_rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where days begin in the middle of a row group, and orders reach over several."""
    dataset = build_small(tmp_path, **form)
    monkeypatch.setattr("tests.helpers.ROW_GROUP_ROWS", group_rows)
    rewrite(first_part(dataset), lambda frame: frame)
    reseal(dataset)
    heard: list[int] = []
    observed: list[int] = []
    report = verify_dataset(dataset, None, heard.append, lambda orders, _: observed.append(len(orders.first)))
    manifest = read_manifest(dataset)
    assert (sum(heard), sum(observed)) == (manifest.rows, manifest.orders)
    # Several days, and a batch of each.
    assert len(observed) >= len(manifest.days) == 6
    assert report.passed
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert report.checks == verify_dataset(dataset).checks


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.usefixtures("split")
def test_damage_is_found_in_a_span(name: str, dataset: Path, tmp_path: Path) -> None:
    assert_found_by_its_checks(ROW_DAMAGE[name], dataset, tmp_path)


@pytest.mark.usefixtures("split")
def test_a_flipped_bit_in_a_span_condemns_the_file(dataset: Path, tmp_path: Path) -> None:
    copy = copy_of(dataset, tmp_path)
    path = first_part(copy)
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    failed = {check.name: check for check in verify_dataset(copy).checks if not check.passed}
    assert {"files", "digests"} <= set(failed)
    assert failed["files"].wrong == 1
