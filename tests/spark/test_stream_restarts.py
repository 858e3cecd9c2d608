"""A stream goes on by the terms of its checkpoint, and refuses others in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fastgen.errors import DataError, ScenarioError
from fastgen.spark.offsets import read_position
from tests.helpers import change_manifest, copy_of
from tests.spark.asking import read_between, stream
from tests.spark.stream_clock import ANCHOR, HOUR_US, OPTIONS, Clock, Offset, old_reader
from tests.wire.reference import wire_lines

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.index import DatasetIndex

pytestmark = pytest.mark.usefixtures("newest")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"speed": "60"}, "speed: expected 24, as the stream's checkpoint has it, got 60"),
        ({"startDay": "0"}, "startDay: expected 1, .* got 0"),
        ({"noLoop": "true"}, "loop: expected true, .* got false"),
        ({"locations": "sf"}, "locations: expected all, .* got 1"),
        ({"types": "delivered"}, "types: expected all, .* got 8"),
        ({"schema": "raw"}, "schema: expected wire, .* got raw"),
        ({"anchor": "2026-02-28T12:00"}, "anchor: expected 2026-03-01T12:00:00.00:00, .* got 2026-02-28T12"),
    ],
)
@pytest.mark.usefixtures("clock")
def test_other_options_at_a_restart_are_refused(dataset: Path, changed: dict[str, str], error: str) -> None:
    reader = stream(dataset, **OPTIONS)
    first = reader.latestOffset(reader.initialOffset(), None)
    other = stream(dataset, **{**OPTIONS, **changed})
    with pytest.raises(ScenarioError, match=error):
        other.latestOffset(first, None)
    with pytest.raises(ScenarioError, match=error):
        other.partitions(reader.initialOffset(), first)


@pytest.mark.usefixtures("clock")
def test_options_left_out_at_a_restart_are_the_checkpoints(dataset: Path, index: DatasetIndex) -> None:
    reader = stream(dataset, **OPTIONS, noLoop="true")
    first = reader.latestOffset(reader.initialOffset(), None)
    assert stream(dataset).latestOffset(first, None) is first
    assert len(read_between(stream(dataset), reader.initialOffset(), first)) == len(
        wire_lines(dataset, index.first_s, read_position(first, index))
    )


@pytest.mark.usefixtures("clock")
def test_batches_between_different_terms_are_refused(dataset: Path) -> None:
    """What PySpark 4.0 lets through: the end was made by other options than the start."""
    slow, fast = (old_reader(dataset, startDay="1", speed=speed, anchor=ANCHOR) for speed in ("1", "2"))
    with pytest.raises(ScenarioError, match="speed: expected 1, as the stream's checkpoint has it, got 2"):
        fast.partitions(slow.latestOffset(), fast.latestOffset())


@pytest.mark.usefixtures("clock")
def test_another_dataset_under_the_checkpoint_is_refused(dataset: Path, tmp_path: Path) -> None:
    reader = stream(dataset, **OPTIONS)
    first = reader.latestOffset(reader.initialOffset(), None)
    other = copy_of(dataset, tmp_path)
    change_manifest(other, lambda raw: raw.update(digest="0" * 64))
    with pytest.raises(ScenarioError, match="dataset: expected "):
        stream(other, **OPTIONS).latestOffset(first, None)


@pytest.mark.usefixtures("clock")
def test_anchor_still_to_come_is_refused(dataset: Path) -> None:
    later = {**OPTIONS, "anchor": "2026-03-02T00:00Z"}
    reader = stream(dataset, **later)
    with pytest.raises(ScenarioError, match="anchor: expected an instant that has passed, got 2026-03-02"):
        reader.latestOffset(reader.initialOffset(), None)
    with pytest.raises(ScenarioError, match="anchor: expected an instant that has passed"):
        old_reader(dataset, **later).latestOffset()


@pytest.mark.parametrize(
    "offset", [{}, {"terms": {}}, {"position": {"loop": 0, "time": "soon"}}, {"position": 3, "terms": 4}]
)
def test_foreign_offsets_are_refused(dataset: Path, clock: Clock, offset: Offset) -> None:
    reader = stream(dataset, **OPTIONS)
    mine = reader.latestOffset(reader.initialOffset(), None)
    clock.us += HOUR_US
    broken = {**mine, **offset} if offset else {}
    with pytest.raises(DataError, match="offset: expected one that fastgen has written"):
        reader.latestOffset(broken, None)
