"""The map of a page has the orders and ways of its dataset, to the second and to the crossing."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgen.building.build import build
from fastgen.dataset.manifest_entries import Network
from fastgen.reporting import map_data
from fastgen.reporting.map_data import attribute, make_map
from fastgen.reporting.map_section import make_map_section
from fastgen.reporting.packing import pack
from fastgen.reporting.street_map import make_street_map
from fastgen.reporting.survey import survey_dataset
from fastgen.roads.roads_file import decode_roads, read_roads
from fastgen.units import E6
from tests.effort import repeats
from tests.helpers import build_small
from tests.reporting.map_reader import Place, unpack
from tests.reporting.recount import Recount

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.model.location import Location
    from fastgen.reporting.survey import Survey

# Bytes of the map of so many days of the canonical dataset.
BYTES_MAX = {9: 500_000, 90: 950_000}
M_PER_DEGREE = 111_194.9


@pytest.fixture(scope="module")
def universe_survey(run_universe: Path) -> Survey:
    return survey_dataset(run_universe)


@pytest.fixture(params=["survey", "universe_survey"])
def any_survey(request: pytest.FixtureRequest) -> Survey:
    found: Survey = request.getfixturevalue(request.param)
    return found


def places(survey: Survey, roads: Path | None = None) -> list[tuple[Place, Location]]:
    by_code = {location.code: location for location in survey.scenario.locations}
    return [(Place(one), by_code[one["code"]]) for one in make_map(survey, roads)["locations"]]


def to_steps(place: Place, location: Location, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Place (lat, lon) on the map, by where its kitchen is."""
    metres = (points - [location.lat, location.lon]) * M_PER_DEGREE * [1, np.cos(np.radians(location.lat))]
    steps: NDArray[np.float64] = place.made["kitchen"] + metres[:, ::-1] * [1, -1] / place.made["unit_m"]
    return steps


def steps_of(place: Place, points: list[int]) -> NDArray[np.float64]:
    return np.array([[place.x[i], place.y[i]] for i in points], np.float64).reshape(-1, 2)


@given(st.lists(st.integers(0, 2**31 - 1), max_size=50), st.integers(0, 31), st.integers(-1, 10))
def test_packed_numbers_come_back(values: list[int], shift: int, low: int) -> None:
    values = [(value >> shift) + low for value in values]
    packed = pack(np.array(values, np.int64))
    assert unpack(packed) == values
    assert packed["bits"] == (max(values) - min(values)).bit_length() if values else packed["bits"] == 0


def test_every_order_is_on_the_map(any_survey: Survey) -> None:
    """Day, creation, pick-up, end and customer of each, against DuckDB over the same files."""
    columns = "created, picked_up, delivered, cancelled, lat, lon"
    recount = Recount(any_survey.folder)
    for place, location in places(any_survey):
        is_utc = any_survey.scenario.clock == "utc"
        zone = ZoneInfo(location.timezone) if is_utc else dt.UTC
        expected, found = defaultdict[Any, list[Any]](list), defaultdict[Any, list[Any]](list)
        for created, picked_up, delivered, cancelled, lat, lon in recount.ask(
            "SELECT {columns} FROM orders WHERE location = '{code}'", columns=columns, code=location.code
        ):
            local = dt.datetime.fromtimestamp(created, zone)
            second = local.hour * 3600 + local.minute * 60 + local.second
            ended = delivered or cancelled
            lasts = [-1 if time is None else time - created for time in (picked_up, ended)]
            day = (local.date() - any_survey.scenario.start).days
            expected[day, second, *lasts, cancelled is not None].append((lat, lon))
        for trip in place.trips:
            lasts = [-1 if time < 0 else time - trip.created for time in (trip.picked_up, trip.ended)]
            found[trip.day, trip.created, *lasts, trip.is_cancelled].append(trip.point)
        assert found.keys() == expected.keys()
        for order, points in found.items():
            # Their sums, since nothing tells orders apart that are the same in all else.
            steps = to_steps(place, location, np.array(expected[order], np.float64)).sum(axis=0)
            assert np.abs(steps_of(place, points).sum(axis=0) - steps).max() < 3.0 * len(points), order


def test_ways_are_the_routes_of_the_events(any_survey: Survey) -> None:
    recount = Recount(any_survey.folder)
    for place, location in places(any_survey):
        routes = {
            text: np.array(json.loads(text))
            for (text,) in recount.ask(
                "SELECT DISTINCT route_json FROM orders WHERE location = '{code}' AND route_json != ''",
                code=location.code,
            )
        }
        driven = {trip.point for trip in place.trips if trip.picked_up >= 0}
        assert len(routes) == len(driven) > 10
        ways = {steps.tobytes(): steps for steps in (steps_of(place, place.way(point)) for point in driven)}
        for route in routes.values():
            steps = to_steps(place, location, route)
            assert any(len(way) == len(steps) and np.abs(way - steps).max() < 2.0 for way in ways.values())


def test_points_are_exact_before_they_are_rounded(survey: Survey) -> None:
    for customers in survey.tally.customers:
        streets = make_street_map(customers, None)
        routes = customers.routes
        for row, point in enumerate(streets.customer_at.tolist()):
            back = [point]
            while streets.parent[back[-1]] >= 0:
                back.append(int(streets.parent[back[-1]]))
            span = slice(routes.start[row], routes.start[row + 1])
            assert np.array_equal(streets.lat_e6[back[::-1]], routes.lat_e6[span])
            assert np.array_equal(streets.lon_e6[back[::-1]], routes.lon_e6[span])


def test_streets_are_those_of_the_network_each_once(survey: Survey) -> None:
    roads = survey.folder.parent / "roads"
    for row, (code, customers) in enumerate(
        zip(survey.tally.axes.codes, survey.tally.customers, strict=True)
    ):
        graph = decode_roads(read_roads(roads / f"{code}.roads"), code)
        streets = make_street_map(customers, graph)
        spot = list(zip(streets.lat_e6.tolist(), streets.lon_e6.tolist(), strict=True))
        others = np.repeat(np.arange(len(spot)), streets.streets)
        lines = [
            frozenset({spot[a], spot[b]})
            for a, b in zip(others.tolist(), streets.street_ends.tolist(), strict=True)
        ]
        driven = {frozenset({spot[i], spot[p]}) for i, p in enumerate(streets.parent.tolist()) if p >= 0}
        assert len(lines) == len(set(lines)) > 0
        assert not driven & set(lines)
        ends = zip(graph.edge_from().tolist(), graph.edge_to.tolist(), strict=True)
        nodes = list(zip(graph.lat_e6.tolist(), graph.lon_e6.tolist(), strict=True))
        assert driven | set(lines) == {frozenset({nodes[a], nodes[b]}) for a, b in ends}
        # The page gets them where the manifest's network is at hand, and only there.
        with_network, without = (places(survey, folder)[row][0].quiet for folder in (roads, None))
        assert len(with_network) == len(lines)
        assert without == []


def test_customers_to_whom_nobody_drove_have_a_place(survey: Survey) -> None:
    customers = survey.tally.customers[0]
    nobody = customers._replace(routes=type(customers.routes).none(len(customers.key)))
    graph = decode_roads(read_roads(survey.folder.parent / "roads" / "sf.roads"), "sf")
    for network in (None, graph):
        streets = make_street_map(nobody, network)
        assert (streets.parent < 0).all()
        at = streets.customer_at
        assert np.array_equal((streets.lat_e6[at] / E6).astype(np.float32), customers.lat)
        assert np.array_equal((streets.lon_e6[at] / E6).astype(np.float32), customers.lon)
        assert len(streets.lat_e6) == (len(customers.key) if network is None else graph.n_nodes)


def test_form_and_threads_change_no_byte(
    survey: Survey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = build_small(tmp_path, days=70, scale=0.06, layout="single", compression="snappy")
    monkeypatch.setattr("fastgen.dataset.verify.run.WORKERS_MAX", 1)
    again = make_map_section(survey_dataset(dataset))
    assert json.dumps(again.data) == json.dumps(make_map_section(survey).data)
    assert again == make_map_section(survey)


def test_thinned_orders_still_count_on_the_streets(
    dataset: Path, survey: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastgen.reporting.trips.TRIPS_MAX", int(survey.tally.orders.sum()) // 4)
    few = survey_dataset(dataset)
    made = make_map(few)
    assert len(made["days"]) % 7 == 0
    assert 0 < len(made["days"]) < few.tally.axes.n_days
    for (place, _), customers in zip(places(few), few.tally.customers, strict=True):
        assert sum(place.trips_at) < customers.orders.sum()
        assert sum(place.trips_at) + sum(place.others) == customers.orders.sum()
        assert min(place.others) >= 0
    assert f"{len(made['days'])} of 70 days can be played" in make_map_section(few).sentence


def test_places_are_left_out_before_the_page_is_too_large(
    survey: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_data, "POINTS_MAX", 10)
    made = make_map(survey)
    busiest = survey.tally.axes.codes[int(survey.tally.orders.sum(axis=1).argmax())]
    assert [one["code"] for one in made["locations"]] == [busiest]
    assert made["left_out"] == 1
    section = make_map_section(survey)
    assert "the busiest 1 of 2 places" in section.sentence
    assert len(section.places) == 2


def test_dataset_without_orders_has_streets_and_kitchens(no_orders: Path) -> None:
    survey = survey_dataset(no_orders)
    for place, _ in places(survey, no_orders.parent / "roads"):
        assert len(place.quiet) > 20
        assert place.trips == []
        assert 0 <= place.made["kitchen"][0] <= place.made["width"]
    assert {place.busiest_day for place in make_map_section(survey).places} == {"no orders"}
    assert [place.x for place, _ in places(survey)] == [[], []]


def test_words_state_the_busiest_day_and_moment(any_survey: Survey) -> None:
    for words, (place, _) in zip(make_map_section(any_survey).places, places(any_survey), strict=True):
        assert words.orders == len(place.trips)
        assert words.addresses == len({trip.point for trip in place.trips})
        drives = [trip for trip in place.trips if trip.ended > trip.picked_up >= 0]
        most = max(
            sum(a.day == b.day and b.picked_up <= a.picked_up < b.ended for b in drives) for a in drives
        )
        assert words.most_drivers.startswith(f"{most} on ")


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (Network(1, "a", "", "somewhere", "CC0-1.0", True), "synthetic streets"),  # noqa: FBT003
        (
            Network(1, "a", "", "file.osm", "ODbL 1.0, © OpenStreetMap contributors", False),  # noqa: FBT003
            "© OpenStreetMap contributors",
        ),
        (Network(1, "a", "", "city survey", "CC BY 4.0, City", False), "CC BY 4.0, City"),  # noqa: FBT003
        (Network(1, "a", "", "city survey", "", False), "city survey"),  # noqa: FBT003
    ],
)
def test_attribution_is_that_of_the_streets(network: Network, words: str, survey: Survey) -> None:
    assert attribute(network) == words
    manifest = replace(survey.manifest, networks=(network, *survey.manifest.networks[1:]))
    made = make_map(replace(survey, manifest=manifest))
    assert made["locations"][0]["attribution"] == words


def test_canonical_map_is_small(tmp_path: Path) -> None:
    days = repeats(9, 90)
    build(tmp_path / "dataset", days=days)
    section = make_map_section(survey_dataset(tmp_path / "dataset"))
    text = json.dumps(section.data, ensure_ascii=False, separators=(",", ":"))
    assert len(text.encode()) <= BYTES_MAX[days]
