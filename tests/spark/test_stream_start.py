"""What a stream can't begin with is one line under the option's name, before an offset is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fastgen.errors import ScenarioError
from tests.spark.asking import read_between, stream

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.index import DatasetIndex


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"startDay": "9"}, r"^startDay: expected 0 <= startDay <= 2, got 9\.$"),
        ({"speed": "1e400"}, r"^speed: expected 0 < speed <= 1000000, got 1e400\.$"),
        ({"speed": "-1"}, r"^speed: expected 0 < speed <= 1000000, got -1\.$"),
        ({"speed": "0"}, r"^speed: expected 0 < speed <= 1000000, got 0\.$"),
    ],
)
def test_impossible_start_is_refused(dataset: Path, options: dict[str, str], error: str) -> None:
    with pytest.raises(ScenarioError, match=error):
        stream(dataset, anchor="2026-03-01", **options).initialOffset()


@pytest.mark.parametrize("schema", ["wire", "raw"])
def test_first_event_may_not_come_before_1970(dataset: Path, index: DatasetIndex, schema: str) -> None:
    """The wire can't say such times, and its tasks would fail on them."""
    options = {"startDay": "1", "schema": schema}
    with pytest.raises(ScenarioError, match=r"^anchor: expected .* from 1970-01-02 on for startDay 1"):
        stream(dataset, anchor="1970-01-01T23:59:59", **options).initialOffset()
    reader = stream(dataset, anchor="1970-01-02", **options)
    start = reader.initialOffset()
    assert len(read_between(reader, start, reader.latestOffset(start, None))) > 100
    assert index.first_s == index.epoch_s
