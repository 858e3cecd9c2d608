"""What a reader doesn't know, or finds in another order, changes nothing of the roads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.errors import DataError
from fastgen.roads.files import import_roads
from tests.effort import repeats
from tests.roads.osm_bytes import HEADER, blob, deltas, field, number, zigzag
from tests.roads.osm_text import (
    KITCHEN,
    count,
    grid,
    grid_place,
    import_text,
    osm,
)

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

NODES, WAYS = grid()
TOWN = (12, 40, 2.4)
POSITIONS = [grid_place(row, column) for row in range(4) for column in range(4)]
STREETS = [[4 * row + column + 1 for column in range(4)] for row in range(4)]
STREETS += [[4 * row + column + 1 for row in range(4)] for column in range(4)]

CHILDREN = [
    '<bounds minlat="41" minlon="-88" maxlat="42" maxlon="-87"/>',
    '<center lat="41.9" lon="-87.7"/>',
    "<foo/>",
    "<foo>text</foo>",
    '<foo><nd ref="1"/><tag k="highway" v="footway"/><foo><nd ref="9"/></foo></foo>',
    '<node id="1" lat="0" lon="0"/>',
    '<node id="3" lat="0" lon="0"><tag k="oneway" v="yes"/></node>',
    '<way id="100"><nd ref="1"/><tag k="highway" v="footway"/></way>',
    '<relation id="1"><member type="way" ref="100" role=""/><tag k="access" v="no"/></relation>',
    '<x:tag xmlns:x="u" k="highway" v="footway"/>',
    "<!-- <nd ref='1'/> -->",
    "<?nd ref='1'?>",
    "<![CDATA[<nd ref='1'/>]]>",
]
# What may stand between elements without being one of them.
SIBLINGS = [
    *(child for child in CHILDREN if not child.startswith(("<node", "<way"))),
    '<foo><node id="1" lat="0" lon="0"/><way id="100"><nd ref="1"/></way></foo>',
    '<changeset id="1"><tag k="highway" v="footway"/><nd ref="1"/></changeset>',
    '<tag k="highway" v="footway"/>',
    '<nd ref="1"/>',
]


@settings(max_examples=repeats(60, 2_000), deadline=None)
@given(chance=st.randoms(use_true_random=False), density=st.sampled_from([0.05, 0.3, 1.0]))
def test_unknown_xml_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, chance: Random, density: float
) -> None:
    def scatter(text: str, unknown: list[str]) -> str:
        """Put some of them into the first element, between its children."""
        parts = re.split(r"(?=<)", text)
        return "".join(
            (chance.choice(unknown) if i > 1 and chance.random() < density else "") + part
            for i, part in enumerate(parts)
        )

    nodes = [
        one.replace("/>", f">{chance.choice(CHILDREN)}</node>") if chance.random() < density else one
        for one in NODES
    ]
    elements = [
        chance.choice(SIBLINGS) * (chance.random() < density) + one
        for one in [*nodes, *(scatter(street, CHILDREN) for street in WAYS)]
    ]
    graph = import_text(osm(*elements), tmp_path_factory.mktemp("unknown"))
    assert count(graph) == TOWN


@pytest.mark.parametrize("nodes", [NODES, []], ids=["with nodes", "without"])
@pytest.mark.parametrize("child", ["", *CHILDREN[:3]])
def test_positions_on_ways_are_used_or_named_whatever_stands_before_them(
    child: str, nodes: list[str], tmp_path: Path
) -> None:
    def locate(found: re.Match[str]) -> str:
        lat, lon = POSITIONS[int(found[1]) - 1]
        return f'<nd ref="{found[1]}" lat="{lat}" lon="{lon}"/>'

    ways = [re.sub(r'<nd ref="(\d+)"/>', locate, one.replace(">", f">{child}", 1)) for one in WAYS]
    if nodes:
        assert count(import_text(osm(*nodes, *ways), tmp_path)) == TOWN
    else:
        with pytest.raises(DataError, match="expected nodes with positions, got ways that hold them"):
            import_text(osm(*ways), tmp_path)


def dense(ids: list[int]) -> bytes:
    lat, lon = ([round(POSITIONS[i - 1][axis] * 1e7) for i in ids] for axis in (0, 1))
    return field(1, deltas(ids)) + field(8, deltas(lat)) + field(9, deltas(lon))


def single(i: int) -> bytes:
    lat, lon = (round(degrees * 1e7) for degrees in POSITIONS[i - 1])
    return number(1, zigzag(i)) + number(8, zigzag(lat)) + number(9, zigzag(lon))


def road(i: int, nodes: list[int]) -> bytes:
    return number(1, i) + field(2, b"\x01") + field(3, b"\x02") + field(8, deltas(nodes))


STRINGS = field(1, b"".join(field(1, text) for text in (b"", b"highway", b"residential")))


def import_groups(groups: list[list[bytes]], path: Path) -> tuple[int, int, float]:
    path.write_bytes(HEADER + blob(b"OSMData", STRINGS + b"".join(field(2, b"".join(one)) for one in groups)))
    return count(import_roads(path, *KITCHEN, 4.0))


@settings(max_examples=repeats(60, 2_000), deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_groups_may_hold_their_elements_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, chance: Random
) -> None:
    ids = chance.sample(range(1, 17), 16)
    fields = [field(3, road(100 + i, nodes)) for i, nodes in enumerate(STREETS)]
    while ids:
        some, ids = ids[: (n := chance.randint(1, 8))], ids[n:]
        fields += [field(2, dense(some))] if chance.random() < 0.6 else [field(1, single(i)) for i in some]
    fields += chance.choices([field(5, number(1, 3)), field(15, b"xx"), number(15, 7), field(4, b"")], k=3)
    chance.shuffle(fields)
    groups: list[list[bytes]] = [[] for _ in range(chance.randint(1, 4))]
    for one in fields:
        chance.choice(groups).append(one)
    assert import_groups(groups, tmp_path_factory.mktemp("groups") / "mixed.osm.pbf") == TOWN
