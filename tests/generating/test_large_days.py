"""A location-day of many events is read and digested in pieces: same rows, order and digest as made whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

import fastgen
from fastgen.dataset.layout import ROW_GROUP_ROWS
from fastgen.dataset.manifest import read_manifest
from fastgen.errors import OutputError
from fastgen.events.digest import digest_day
from fastgen.events.schema import COLUMNS
from fastgen.generating.digests import digest_days
from fastgen.generating.inputs import SimulationOptions, load_simulation
from fastgen.generating.maker import WHOLE_DAY_EVENTS, EventMaker, whole_day
from fastgen.generating.unwritten import open_unwritten
from fastgen.wire.slicer import Slicer
from tests.building.toy import write_toy_roads
from tests.helpers import slice_of

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.event_part import EventPart
    from fastgen.dataset.opened import OpenDataset

CHICAGO = 4
STORED = [column.name for column in COLUMNS if column.name != "location_id"]


class Case:
    """A dataset of two large days on disk, and the same unwritten."""

    def __init__(self, folder: Path, text: str) -> None:
        (folder / "it.toml").write_text(text)
        options: dict[str, Any] = {
            "scenario": folder / "it.toml",
            "days": 2,
            "scale": 330.0,
            "roads": write_toy_roads(folder / "roads"),
            "locations": ["chicago"],
        }
        self.path = fastgen.build(folder / "data", **options).path
        self.simulation = load_simulation(SimulationOptions(**options))
        self.digests = digest_days(self.simulation, folder / "cache")
        self.opened: OpenDataset = open_unwritten(self.simulation, "scenario:it.toml", self.digests)

    @property
    def parts(self) -> tuple[EventPart, ...]:
        return self.opened.index.files


@pytest.fixture(scope="module", params=["", 'clock = "utc"\n'], ids=["kitchen", "utc"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("large"), request.param)


def test_digests_are_those_of_days_made_whole(case: Case) -> None:
    maker = EventMaker(case.simulation)
    for found in case.digests:
        assert found.rows > WHOLE_DAY_EVENTS
        whole = whole_day(case.simulation, CHICAGO, found.day)
        maker.begin(CHICAGO, [whole])
        maker.buffers.expand(0, whole.n_orders)
        assert found == digest_day(CHICAGO, found.day, maker.buffers, 0, whole.n_orders)
    assert case.digests == list(read_manifest(case.path).days)


def test_row_groups_state_their_first_and_last_second(case: Case) -> None:
    for part in case.parts:
        with part.open() as opened:
            groups = opened.row_groups()
            assert len(groups) > 8
            for number, group in enumerate(groups):
                seconds = opened.read([number], ["ts_seconds"]).column("ts_seconds").to_numpy()
                assert (group.first_s, group.last_s) == (seconds.min(), seconds.max())
                assert group.n_rows == pytest.approx(len(seconds), rel=0.05)
                assert len(seconds) < 1.1 * ROW_GROUP_ROWS


def test_groups_and_batches_have_the_rows_of_the_day_in_order(case: Case) -> None:
    maker = EventMaker(case.simulation)
    for part in case.parts:
        with part.open() as opened:
            by_group = opened.read(range(len(opened.row_groups())), STORED)
            by_batch = pa.Table.from_batches(list(opened.batches(50_000, STORED)))
        assert by_group.equals(by_batch.combine_chunks())
        whole = whole_day(case.simulation, CHICAGO, part.first_day)
        maker.begin(CHICAGO, [whole])
        maker.buffers.expand(0, whole.n_orders)
        n_rows = maker.buffers.count_rows(whole.n_orders)
        made = maker.buffers.events
        assert by_group.num_rows == n_rows
        for name in ("ts_seconds", "sequence", "event_type_id"):
            assert np.array_equal(by_group.column(name).to_numpy(), getattr(made, name)[:n_rows])


@pytest.mark.parametrize("window", [("0T18:00", "0T18:20"), ("0T23:50", "1T00:20"), ("1T23:55", "9")])
@pytest.mark.parametrize("raw", [True, False])
def test_slices(case: Case, window: tuple[str, str], *, raw: bool) -> None:
    made = slice_of(case.opened, *window, raw=raw)
    assert made == slice_of(case.path, *window, raw=raw)
    assert made


def test_the_last_event_is_found_without_making_the_days(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = Slicer(case.opened.index).last_event_s()
    assert expected == int(fastgen.scan_events(case.path).select("ts_seconds").max().collect().item())
    monkeypatch.setattr(EventMaker, "begin", None)
    assert Slicer(case.opened.index).last_event_s() == expected


def test_a_window_makes_only_the_groups_that_it_needs(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    begin = EventMaker.begin

    def count(self: EventMaker, location_id: int, ranges: Any) -> Any:
        begun.extend(some.n_orders for some in ranges)
        return begin(self, location_id, ranges)

    monkeypatch.setattr(EventMaker, "begin", count)
    assert slice_of(case.opened, "0T18:00", "0T18:10")
    assert sum(begun) < 0.4 * case.digests[0].orders
    assert max(begun) < ROW_GROUP_ROWS / 7  # an order has at least 7 events


def test_a_folder_that_takes_no_temporary_file_is_one_line(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with pytest.raises(OutputError, match="TMPDIR: expected a folder for a temporary file, got "):
        digest_days(case.simulation, tmp_path / "cache")
