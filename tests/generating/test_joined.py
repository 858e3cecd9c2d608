"""Live rows: the microseconds and minutes of made parts, and several simulations as one dataset."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastgen.dataset.event_part import MADE_COLUMNS
from fastgen.events.schema import DELIVERED, PICKED_UP, PING
from fastgen.generating.inputs import SimulationOptions, load_simulation
from fastgen.generating.maker import EventMaker
from fastgen.generating.simulation import Span
from fastgen.generating.unwritten import join_unwritten, open_unwritten
from fastgen.units import S_PER_DAY
from fastgen.wire.bulk import WireEncoder
from fastgen.wire.form import Place, WireForm
from fastgen.wire.slicer import Slicer
from tests.building.toy import write_toy_roads

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.index import DatasetIndex
    from fastgen.generating.simulation import Simulation

IDENTITY = "ab" * 32
PLACES = {
    1: Place("gk-a", "one", b"a" * 32),
    2: Place("gk-b", "two", b"b" * 32),
    9: Place("gk-c", "", b"c" * 32),
}
STORED = (
    "order_id",
    "event_type_id",
    "ts_seconds",
    "sequence",
    "customer_lat",
    "route_json",
    "ping_progress",
)


def load(folder: Path, text: str, **options: Any) -> Simulation:
    path = folder / f"{len(list(folder.glob('*.toml')))}.toml"
    path.write_text(text)
    roads = write_toy_roads(folder / "roads")
    return load_simulation(SimulationOptions(scenario=path, roads=roads, scale=0.3, **options))


@pytest.fixture(scope="module")
def simulations(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Simulation]:
    """Three of the same or of different locations, with different clocks, first days, and numbers of days."""
    folder = tmp_path_factory.mktemp("joined")
    slow = "[driver]\nping_interval_s = 7\n"
    return {
        1: load(folder, 'start = "2026-03-03"\n', days=2, seed=5, locations=["sf"]),
        2: load(
            folder, f'start = "2026-03-01"\nclock = "utc"\n{slow}', days=3, seed=5, locations=["chicago"]
        ),
        9: load(folder, 'start = "2026-03-02"\n', days=4, seed=6, locations=["sf"]),
    }


@pytest.fixture(scope="module")
def joined(simulations: dict[int, Simulation]) -> DatasetIndex:
    return join_unwritten(simulations, "live", IDENTITY)


def live_rows(index: DatasetIndex, form: WireForm, *cuts: int, **options: Any) -> list[dict[str, Any]]:
    """Read all rows, in windows that end at the seconds given, in the order of the wire."""
    slicer, encoder, rows = Slicer(index, micros=True, **options), WireEncoder(form), []
    edges = [index.first_s, *cuts, index.end_s]
    for start_s, end_s in pairwise(edges):
        for chunk in slicer.chunks(start_s, end_s):
            text = encoder.encode_lines(chunk.rows, chunk.order, 0).tobytes()
            rows += [json.loads(line) for line in text.splitlines()]
    return rows


@pytest.mark.parametrize("slot", [1, 2, 9])
def test_microseconds_are_those_of_the_orders(simulations: dict[int, Simulation], slot: int) -> None:
    simulation = simulations[slot]
    (location_id,) = simulation.tables
    (part, *_) = open_unwritten(simulation, "made", ()).index.files
    with part.open() as file:
        table = file.read([0], ["event_type_id", "ts_seconds", "sequence", *MADE_COLUMNS])
    kinds, ts, sequence, us, eta = (column.to_numpy() for column in table.columns)
    maker = EventMaker(simulation)
    list(maker.chunks(Span(location_id, 0, 0)))
    orders, drive_us = maker.buffers.orders, simulation.tables[location_id].drive_us
    expected, order = [], -1
    for kind, number in zip(kinds.tolist(), sequence.tolist(), strict=True):
        order += number == 0
        times_us, customer = orders.times_us[order], orders.customer[order]
        if kind == DELIVERED:
            expected.append(times_us[5] + drive_us[customer])
        elif kind == PING:
            n_pings = number - PICKED_UP + 1
            expected.append(times_us[5] + n_pings * simulation.scenario.driver.ping_interval_s * 1_000_000)
        else:
            expected.append(times_us[kind - 1])
    assert order == len(orders.draw) - 1 > 5
    exact_us = simulation.epoch_s * 1_000_000 + np.array(expected)
    np.testing.assert_array_equal(ts * 1_000_000 + us, exact_us)
    assert ((us >= 0) & (us < 1_000_000)).all()
    minutes = drive_us[orders.customer] / 60e6
    assert np.abs(eta[kinds == PICKED_UP] / 10 - minutes).max() <= 0.05 + 1e-9
    assert not eta[kinds != PICKED_UP].any()


@pytest.mark.parametrize("slot", [1, 2, 9])
def test_stored_columns_are_the_same_with_and_without(simulations: dict[int, Simulation], slot: int) -> None:
    (part, *_) = open_unwritten(simulations[slot], "made", ()).index.files
    with part.open() as file:
        plain, more = file.read([0], STORED), file.read([0], [*STORED, *MADE_COLUMNS])
    assert more.select(STORED).equals(plain)


def test_calendar_spans_all(joined: DatasetIndex, simulations: dict[int, Simulation]) -> None:
    assert joined.epoch_s == simulations[2].epoch_s
    assert joined.days == 5  # from the 1st to the 5th
    assert joined.codes == {1: "sf", 2: "chicago", 9: "sf"}
    assert joined.digest == IDENTITY
    alone = [open_unwritten(simulation, "made", ()).index for simulation in simulations.values()]
    assert joined.lead_s == max(index.lead_s for index in alone) > 0
    assert joined.tail_s == max(index.tail_s for index in alone)
    days = {slot: [f.first_day for f in joined.files if f.location_id == slot] for slot in simulations}
    assert days == {1: [2, 3], 2: [0, 1, 2], 9: [1, 2, 3, 4]}
    assert len({part.path for part in joined.files}) == len(joined.files)


def test_each_location_has_the_rows_of_its_simulation(
    joined: DatasetIndex, simulations: dict[int, Simulation]
) -> None:
    form = WireForm.live(PLACES)
    rows = live_rows(joined, form)
    for slot, simulation in simulations.items():
        alone = join_unwritten({slot: simulation}, "live", IDENTITY)
        own = live_rows(alone, form)
        assert len(own) > 100
        assert own == [row for row in rows if row["gk_id"] == PLACES[slot].gk_id]
        assert own == live_rows(joined, form, locations=(slot,))
    assert len({row["event_id"] for row in rows}) == len(rows)
    assert len({row["order_id"] for row in rows}) == sum(row["event_type"] == "order_created" for row in rows)


def test_rows_are_interleaved_in_time(joined: DatasetIndex) -> None:
    rows = live_rows(joined, WireForm.live(PLACES))
    assert [row["ts"] for row in rows] == sorted(row["ts"] for row in rows)
    changes = sum(a["gk_id"] != b["gk_id"] for a, b in pairwise(rows))
    assert changes > 100
    sequences: dict[str, list[int]] = {}
    for row in rows:
        sequences.setdefault(row["order_id"], []).append(row["sequence"])
    assert all(sorted(some) == list(range(len(some))) for some in sequences.values())


def test_windows_part_nothing(joined: DatasetIndex) -> None:
    form = WireForm.live_canonical(PLACES)
    cuts = [joined.epoch_s + n * S_PER_DAY // 3 + n for n in range(1, 15)]
    assert live_rows(joined, form, *cuts) == live_rows(joined, form)


def test_one_simulation_twice_has_ids_of_its_own(simulations: dict[int, Simulation]) -> None:
    """The same stored order ids at two kitchens: as many ids on the wire, and one order of rows."""
    index = join_unwritten({1: simulations[1], 2: simulations[1]}, "live", IDENTITY)
    rows = live_rows(index, WireForm.live_canonical(PLACES))
    assert len({row["event_id"] for row in rows}) == len(rows)
    pairs = list(zip(rows[::2], rows[1::2], strict=True))
    assert {(a["location_id"], b["location_id"]) for a, b in pairs} == {(1, 2)}
    assert all((a["ts"], a["sequence"]) == (b["ts"], b["sequence"]) for a, b in pairs)


def test_location_0_is_a_location(simulations: dict[int, Simulation]) -> None:
    index = join_unwritten({0: simulations[1]}, "live", IDENTITY)
    rows = live_rows(index, WireForm.live_canonical({0: PLACES[1]}))
    assert {row["location_id"] for row in rows} == {0}
