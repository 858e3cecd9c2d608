"""Anyone can remake the built-in networks, so the generator must still make the stored ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.cities import bellevue, chicago, sf, sv
from benchmarks.cities.sources import numpy_draws
from fastgen.roads.measures import measure_streets
from fastgen.roads.offline import load_builtin
from fastgen.roads.synthetic.assembly import build_city
from fastgen.roads.synthetic.contraction import contract
from fastgen.roads.synthetic.curves import part_crossings, sway
from fastgen.roads.synthetic.draws import Draws
from fastgen.roads.synthetic.flow import enter_one_way, keep_component, open_one_ways
from fastgen.roads.synthetic.naming import Names, fresh, line_name, ordinal
from fastgen.roads.synthetic.network import Network, from_streets, merge_close, prune_dead_ends
from fastgen.roads.synthetic.plan import CityPlan, Freeway, Grid, Obstacle, Road, Suburb
from fastgen.roads.synthetic.planar import cut_at_crossings, drop_doubles, join_loose_ends
from fastgen.roads.synthetic.plane import Frame, cut_at_polygon, inside
from fastgen.roads.synthetic.streets import ALLEY, ARTERIAL, Street, Streets, along
from tests.effort import repeats

if TYPE_CHECKING:
    from types import ModuleType

CITIES = (chicago, sf, sv, bellevue)
SQUARE = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])
ROUND = ((40.02, -100.02), (40.02, -99.98), (39.98, -99.98), (39.98, -100.02))


def streets_of(*lines: tuple[Street, list[tuple[float, float]]]) -> Streets:
    return Streets.of([along(street, np.array(points, float)) for street, points in lines])


def network_of(*lines: tuple[Street, list[tuple[float, float]]]) -> Network:
    streets = streets_of(*lines)
    streets.chop(50.0)
    cut_at_crossings(streets)
    network = from_streets(streets, 50.0)
    contract(network)
    return network


@pytest.mark.parametrize("city", CITIES[: repeats(1, 4)], ids=lambda city: str(city.__name__))
def test_the_stored_network_is_what_the_generator_makes(city: ModuleType) -> None:
    code, made = city.__name__.split(".")[-1], build_city(city.PLAN, numpy_draws)
    assert made.content_hash() == load_builtin(code).content_hash()
    assert made.provenance == load_builtin(code).provenance


def test_a_small_town_from_every_kind_of_district() -> None:
    west = ((40.02, -100.02), (40.02, -100.0), (39.98, -100.0), (39.98, -100.02))
    lake = ((40.01, -99.995), (40.01, -99.985), (40.0, -99.985), (40.0, -99.995))
    plan = CityPlan(
        "town", (40.0, -100.0), 1, (ROUND,),
        (Grid(west, (40.0, -100.01), 12.0, (100.0, 150.0), main=(4, 4), one_way=(0.5, 0.5)), Suburb(ROUND)),
        (Road("Main Street", ((40.0, -100.03), (40.0, -99.97))),),
        (Freeway("Town Freeway", ((40.03, -99.999), (39.97, -99.999)), exits=((40.0, -99.999),)),),
        (Obstacle(lake, kind="water"),),
    )  # fmt: skip
    graph = build_city(plan)
    assert graph.content_hash() == build_city(plan).content_hash()
    assert {"Main Street", "Town Freeway", "Town Freeway Ramp"} <= set(graph.street_names)
    assert graph.distances_m(40.005, -99.99).min() > 350
    assert graph.distances_m(40.013, -100.01).min() < 200


def test_staggered_cross_streets_meet_at_three_way_junctions() -> None:
    def count_junctions(stagger: float) -> tuple[int, int]:
        whole = Grid(ROUND, (40.0, -100.0), 0.0, (100.0, 200.0), gap=0.0, alleys=(0.0, 0.0), stagger=stagger)
        graph = build_city(CityPlan("town", (40.0, -100.0), 1, (ROUND,), (whole,), (), half_side_m=1500.0))
        measures = measure_streets(graph)
        return round(measures.three_way * graph.n_nodes), round(measures.four_way * graph.n_nodes)

    three, four = count_junctions(0.0)
    staggered_three, staggered_four = count_junctions(0.5)
    assert four > three
    assert staggered_three > 4 * three
    assert staggered_four < four / 2


def test_inside() -> None:
    points = np.array([[5.0, 5.0], [-1.0, 5.0], [5.0, 11.0], [9.9, 0.1]])
    assert inside(SQUARE, points).tolist() == [True, False, False, True]


def test_cut_at_polygon_keeps_the_whole_length() -> None:
    a, b = np.array([[-5.0, 5.0], [1.0, 1.0]]), np.array([[15.0, 5.0], [2.0, 2.0]])
    start, end, parent = cut_at_polygon(a, b, SQUARE)
    assert parent.tolist() == [0, 0, 0, 1]
    assert start[:3, 0].tolist() == [-5, 0, 10]
    assert end[:3, 0].tolist() == [0, 10, 15]


@pytest.mark.parametrize("seed", range(20))
def test_clipping_at_several_areas_is_clipping_at_one_after_another(seed: int) -> None:
    """Areas overlap, streets cross several, some are exempt: the same pieces in the same order."""
    chance = np.random.default_rng(seed)
    table = [Street(name, ARTERIAL) for name in "abcdef"]
    lines = [along(street, chance.uniform(-60, 60, (9, 2)).cumsum(axis=0)) for street in table]
    areas = [SQUARE * chance.uniform(1, 9) + chance.uniform(-200, 200, 2) for _ in range(12)]
    exempt = chance.random(len(table)) < 0.3
    together, in_turn = Streets.of(lines), Streets.of(lines)
    together.clip_out(areas, exempt)
    for area in areas:
        in_turn.clip(area, to_inside=False, exempt=exempt)
    assert len(together.a) > 0
    for name in ("a", "b", "street"):
        assert np.array_equal(getattr(together, name), getattr(in_turn, name))


def test_projection_is_true_to_the_square_of_osmnx() -> None:
    frame = Frame(45.0, 10.0)
    lat, lon = frame.to_e6(np.array([[1000.0, 1000.0]]))
    x, y = frame.to_xy([(lat[0] / 1e6, lon[0] / 1e6)])[0]
    assert (x, y) == pytest.approx((1000, 1000), abs=0.15)
    assert (lon[0] / 1e6 - 10) / (lat[0] / 1e6 - 45) == pytest.approx(np.sqrt(2), rel=1e-4)


def test_crossing_streets_meet_and_bridges_do_not() -> None:
    north, east = [(3.0, -80.0), (3.0, 80.0)], [(-80.0, 7.0), (80.0, 7.0)]
    meeting = network_of((Street("A"), north), (Street("B"), east))
    assert sorted(meeting.degrees()[meeting.degrees() > 0]) == [1, 1, 1, 1, 4]
    passing = network_of((Street("A", over=True), north), (Street("B"), east))
    assert sorted(passing.degrees()[passing.degrees() > 0]) == [1, 1, 1, 1]


def test_loose_ends_are_drawn_out_straight_but_lanes_stay() -> None:
    road = (Street("Road", ARTERIAL), [(30.0, -40.0), (30.0, 90.0)])
    streets = streets_of(
        road,
        (Street("Short"), [(-30.0, 0.0), (5.0, 0.0)]),
        (Street("L", ALLEY), [(-30.0, 60.0), (5.0, 60.0)]),
    )
    join_loose_ends(streets, 30.0)
    assert streets.b[1].tolist() == [30.0, 0.0]
    assert streets.b[2].tolist() == [5.0, 60.0]


def test_a_street_beside_an_arterial_is_dropped() -> None:
    arterial = (Street("Main", ARTERIAL), [(0.0, 0.0), (40.0, 0.0)])
    beside = (Street("Near", district=0), [(0.0, 20.0), (40.0, 22.0)])
    far = (Street("Far", district=0), [(0.0, 70.0), (40.0, 70.0)])
    streets = streets_of(arterial, beside, far)
    drop_doubles(streets, 38.0)
    assert {streets.table[k].name for k in streets.street} == {"Main", "Far"}


def test_contraction_keeps_length_and_direction() -> None:
    network = network_of(
        (Street("Bend", one_way=True), [(0.0, 0.0), (60.0, 20.0), (120.0, 0.0), (200.0, 5.0)])
    )
    (edge,) = network.edges
    assert edge.one_way
    assert network.xy[edge.u].tolist() == [0, 0]
    assert network.xy[edge.v].tolist() == [200, 5]
    assert network.length_m(edge) == pytest.approx(2 * np.hypot(60, 20) + np.hypot(80, 5), abs=0.05)


def test_wide_bends_keep_a_node() -> None:
    network = network_of((Street("Corner"), [(0.0, 0.0), (200.0, 0.0), (200.0, 200.0)]))
    assert len(network.edges) == 2


def test_close_junctions_become_one() -> None:
    road = (Street("Road"), [(0.0, 0.0), (300.0, 0.0)])
    stubs = [(Street(f"S{x}"), [(x, 0.0), (x, side * 90.0)]) for x, side in ((150.0, 1), (158.0, -1))]
    network = network_of(road, *stubs)
    merge_close(network, 16.0)
    assert network.degrees().max() == 4


def test_stubs_are_pruned() -> None:
    rng = Draws(0, 0)
    network = network_of(
        (Street("Road"), [(0.0, 0.0), (300.0, 0.0)]), (Street("Stub"), [(150.0, 0.0), (150.0, 20.0)])
    )
    prune_dead_ends(network, 1.0, rng)
    contract(network)
    assert [network.table[e.street].name for e in network.edges] == ["Road"]


def test_one_way_traps_are_opened() -> None:
    # Two streets leave the kitchen's corner and never come back; a third only leads to it.
    out, home = Street("Out", one_way=True), Street("Home", one_way=True)
    network = network_of(
        (out, [(0.0, 0.0), (400.0, 0.0)]),
        (home, [(0.0, 400.0), (0.0, 0.0)]),
        (Street("Rim"), [(0.0, 9e3), (0.0, 8e3)]),
    )
    kitchen = keep_component(network)
    open_one_ways(network, kitchen, 0.0)
    assert not any(e.one_way for e in network.edges)


def test_dead_ends_at_the_rim_enter_until_the_share_is_reached() -> None:
    stubs = [(Street(f"S{x}"), [(x, 0.0), (x, 90.0)]) for x in (100.0, 200.0, 300.0)]
    network = network_of((Street("Road"), [(0.0, 0.0), (400.0, 0.0)]), *stubs)
    enter_one_way(network, keep_component(network), 1 / 8, 400.0)
    (entering,) = (e for e in network.edges if e.one_way)
    assert network.xy[entering.u].tolist() == [400, 0]


def test_sway_curves_streets_between_junctions_that_stay() -> None:
    network = network_of(
        (Street("A"), [(0.0, 0.0), (200.0, 0.0)]),
        (Street("B"), [(100.0, -100.0), (100.0, 100.0)]),
        (Street("Main", ARTERIAL), [(50.0, -100.0), (50.0, 100.0)]),
    )
    before, nodes = [network.length_m(e) for e in network.edges], network.xy.copy()
    sway(network, np.array([0.3, 0.3, 0.3]), Draws(1, 0))
    after = [network.length_m(e) for e in network.edges]
    assert (network.xy == nodes).all()
    main = [network.table[e.street].name == "Main" for e in network.edges]
    assert [m for m, fixed in zip(after, main, strict=True) if fixed] == pytest.approx([100, 100])
    bent = [b / a for a, b, fixed in zip(before, after, main, strict=True) if not fixed]
    assert min(bent) >= 1
    assert 1.01 < np.mean(bent) < 1.2


def test_a_bend_gets_a_node_where_its_chord_would_cross_a_street() -> None:
    # The hooked street passes the stub's end at (100, 0) well to the north, its chord to the south of it.
    network = network_of(
        (Street("Hook"), [(60.0, -20.0), (60.0, 20.0), (140.0, 20.0), (140.0, -20.0)]),
        (Street("Stub"), [(100.0, 0.0), (100.0, -90.0)]),
    )
    ends = [(network.xy[e.u], network.xy[e.v]) for e in network.edges]
    assert len(ends) == 2
    part_crossings(network)
    lines = [network.xy[[e.u, e.v]].tolist() for e in network.edges if network.table[e.street].name == "Hook"]
    assert len(lines) > 1
    assert any(corner in line for line in lines for corner in ([60.0, 20.0], [140.0, 20.0]))


@pytest.mark.parametrize(
    ("rule", "index", "name"),
    [
        ("14+ Street", 3, "17th Street"),
        ("30- Avenue", 7, "23rd Avenue"),
        ("3- Avenue", 3, fresh("Avenue")),
        ("5-/2 Street", 4, "3rd Street"),
        ("5-/2 Street", 3, fresh("Street")),
        ("1+ Avenue South", 0, "1st Avenue South"),
        ("Oak|Elm Street", 1, "Elm Street"),
        ("Oak|Elm Street", 2, fresh("Street")),
        ("Court", -2, fresh("Court")),
    ],
)
def test_lines_are_named_by_rule(rule: str, index: int, name: str) -> None:
    assert line_name(rule, index) == name


def test_ordinals() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "111th",
    ]  # fmt: skip


def test_fresh_names_never_repeat() -> None:
    names = Names(Draws(0, 0), {"Oak Street"})
    given = [names.settle(fresh("Street")) for _ in range(1000)]
    assert len({*given, "Oak Street"}) == 1001
    assert names.settle("Oak Street") == "Oak Street"
