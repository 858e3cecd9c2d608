"""The map in a browser shows the orders, ways and streets of its dataset."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from fastgen.reporting.map_section import make_map_section
from fastgen.reporting.survey import survey_dataset
from tests.reporting.map_reader import Place
from tests.reporting.page.map_page import ask, choose, drawn, make_map_page, settle

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.reporting.map_section import MapSection
    from tests.reporting.page.map_page import Open

STREETS = "x y parent orders quietFrom quietTo"
TRIP = "point day created leaves ends cancelled"


@pytest.fixture(params=["street_map", "universe_map"])
def any_map(request: pytest.FixtureRequest) -> tuple[MapSection, Path]:
    """Return a map, and the file that shows it."""
    return request.getfixturevalue(request.param), request.getfixturevalue(
        f"{request.param}_file".replace("street_", "")
    )


def test_browser_reads_what_was_packed(any_map: tuple[MapSection, Path], open_page: Open) -> None:
    made, path = any_map
    page = open_page(path)
    for number, one in enumerate(made.data["locations"]):
        place = Place(one)
        choose(page, number, "all")
        read = ask(page, f"'{STREETS}'.split(' ').map(key => [...map.streets[key]])")
        orders = [a + b for a, b in zip(place.trips_at, place.others, strict=True)]
        assert read == [
            place.x,
            place.y,
            place.parent,
            orders,
            [a for a, _ in place.quiet],
            [b for _, b in place.quiet],
        ]
        rows = ask(page, f"panel.here.trips.map(trip => '{TRIP}'.split(' ').map(key => trip[key]))")
        trips = [tuple(-1 if value == math.inf else value for value in row) for row in rows]
        assert trips == place.trips


def test_streets_are_as_strong_as_the_orders_over_them(
    street_map: MapSection, open_page: Open, map_file: Path
) -> None:
    page = open_page(map_file)
    for number, one in enumerate(street_map.data["locations"]):
        place, flow = Place(one), Counter[frozenset[tuple[int, int]]]()
        for trip in place.trips:
            way = [(place.x[i], place.y[i]) for i in place.way(trip.point)]
            flow.update(frozenset(ends) for ends in pairwise(way))
        choose(page, number, "all")
        lines = ask(
            page,
            "(() => { const s = map.streets, at = i => [s.x[i], s.y[i]];"
            "return [...s.flow].map((n, i) => [at(s.flowFrom[i]), at(s.flowTo[i]), n]); })()",
        )
        assert {frozenset({tuple(a), tuple(b)}): n for a, b, n in lines} == flow
        assert [n for *_, n in lines] == sorted(n for *_, n in lines)


def test_orders_appear_drive_and_finish(any_map: tuple[MapSection, Path], open_page: Open) -> None:
    """At every half hour: how many, and each driver where its way is after that share of its time."""
    made, path = any_map
    page = open_page(path)
    n_drivers = 0
    for number, one in enumerate(made.data["locations"]):
        place = Place(one)
        choose(page, number, "all")
        for time in range(8 * 3600, 25 * 3600, 1800):
            here = [trip for trip in place.trips if trip.created <= time]
            moving = [t for t in here if 0 <= t.picked_up <= time < t.ended]
            over = [t for t in here if 0 <= t.ended <= time]
            expected = {
                "open": len(here) - len(over),
                "moving": len(moving),
                "delivered": sum(not t.is_cancelled for t in over),
                "cancelled": sum(t.is_cancelled for t in over),
            }
            ask(page, f"map.seek({time})")
            assert ask(page, f"map.movers.count({time})") == expected
            drivers = ask(page, "map.drivers.map(d => [d.order.point, d.order.leaves, d.x, d.y, d.street])")
            assert sorted((d[0], d[1]) for d in drivers) == sorted((t.point, t.picked_up) for t in moving)
            ends = {(t.point, t.picked_up): t.ended for t in moving}
            for point, leaves, x, y, street in drivers:
                way = [(place.x[i], place.y[i]) for i in place.way(point)]
                legs = [math.dist(*pair) for pair in pairwise(way)]
                # Drivers who left in the same second for the same door may arrive one after the other.
                shares = {
                    (time - leaves) / (t.ended - leaves)
                    for t in moving
                    if (t.point, t.picked_up) == (point, leaves)
                }
                assert ends[point, leaves] > time
                last = place.way(point).index(street)
                gone = sum(legs[: last - 1]) + math.dist(way[max(last - 1, 0)], (x, y)) if last else 0.0
                assert any(abs(gone - share * sum(legs)) < 0.01 for share in shares)
                if last:
                    off = math.dist(way[last - 1], (x, y)) + math.dist((x, y), way[last]) - legs[last - 1]
                    assert abs(off) < 1e-6
                n_drivers += 1
    assert n_drivers > 5


def test_days_are_chosen_by_weekday_and_date(street_map: MapSection, open_page: Open, map_file: Path) -> None:
    page = open_page(map_file)
    place = Place(street_map.data["locations"][1])
    choose(page, 1, "all")
    assert page.locator("[data-map=days] option").first.inner_text() == "all 70 days"
    # 2024-01-01 is a Monday, and JavaScript counts from Sunday.
    chosen = {"all": range(70), "weekday 6": range(5, 70, 7), "weekday 0": range(6, 70, 7), "day 12": [12]}
    for value, days in chosen.items():
        page.select_option("[data-map=days]", value)
        shown = ask(page, "map.movers.orders.map(o => [o.created, o.point])")
        assert sorted(map(tuple, shown)) == sorted((t.created, t.point) for t in place.trips if t.day in days)
    assert page.locator("[data-map=days] option:checked").inner_text().startswith("Sat, Jan 13, 2024 (")
    # Another place keeps the day.
    page.select_option("[data-map=place]", "0")
    assert page.input_value("[data-map=days]") == "day 12"


def test_cancelled_orders_have_a_mark(
    open_page: Open, universe_map: MapSection, universe_map_file: Path
) -> None:
    page = open_page(universe_map_file)
    assert "cancelled in the last 10 minutes" in page.inner_text(".map-legend")
    number, trip = next(
        (number, trip)
        for number, one in enumerate(universe_map.data["locations"])
        for trip in Place(one).trips
        if trip.is_cancelled
    )
    choose(page, number, f"day {trip.day}")
    ask(page, f"map.seek({trip.ended})")
    assert " 0 cancelled" not in page.inner_text("[data-map=status]")


def test_couriers_have_a_mark_for_each_way_to_move(open_page: Open, map_file: Path) -> None:
    page = open_page(map_file)
    pictures = {}
    for mode in ("", "foot", "bicycle", "car"):
        ask(page, f"map.movers.orders.forEach(order => {{ order.mode = {mode!r}; }})")
        ask(page, "map.draw()")
        pictures[mode] = drawn(page)
    # By car, as all drivers of other datasets.
    assert pictures[""] == pictures["car"]
    assert len(set(pictures.values())) == 3


def test_the_legend_has_the_couriers_that_there_are(street_map: MapSection) -> None:
    page = make_map_page(street_map)
    assert "driver on the way, and where" in page
    assert "courier on foot" not in page
    page = make_map_page(replace(street_map, modes=("foot", "car")))
    assert "driver on the way, and where" not in page
    assert page.index("courier on foot") < page.index("courier in a car")
    assert "courier on a bicycle" not in page


def test_no_orders(no_orders: Path, tmp_path: Path, open_page: Open) -> None:
    path = tmp_path / "map.html"
    path.write_text(
        make_map_page(make_map_section(survey_dataset(no_orders), no_orders.parent / "roads")),
        encoding="utf-8",
    )
    page = open_page(path)
    assert page.inner_text("[data-map=status]") == "No orders on these days."
    assert page.is_disabled("[data-map=play]")
    for layer in ("density", "ways", "streets", "flow"):
        page.select_option("[data-map=layer]", layer)
        settle(page)
    assert ask(page, "map.frames") > 1


def test_neither_streets_nor_orders(no_orders: Path, tmp_path: Path, open_page: Open) -> None:
    path = tmp_path / "map.html"
    path.write_text(make_map_page(make_map_section(survey_dataset(no_orders))), encoding="utf-8")
    page = open_page(path)
    page.click("[aria-label='Zoom in']")
    settle(page)
    assert ask(page, "map.frames") > 0


def test_attribution_stands_on_the_map(open_page: Open, map_file: Path) -> None:
    assert open_page(map_file).inner_text("[data-map=attribution]") == "synthetic streets"
