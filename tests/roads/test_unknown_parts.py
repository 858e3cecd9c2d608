"""What a reader doesn't know, or finds in another order, changes nothing of the roads."""

from __future__ import annotations

import re
import time
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.errors import DataError
from fastgen.roads.files import import_roads
from tests.effort import repeats
from tests.roads.osm_bytes import HEADER, blob, deltas, field, fixed, number, zigzag
from tests.roads.osm_text import KITCHEN, NODES, TOWN, WAYS, count, grid_place, import_text, node, osm, way

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

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


TEXTS = [field(1, text) for text in (b"", b"highway", b"residential")]
STRINGS = field(1, b"".join(TEXTS))


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


def mess(chance: Random, fields: list[bytes], *, shuffled: bool = True) -> bytes:
    """Write a message: its fields in any order, among them unknown ones of every type."""
    for _ in range(chance.randint(0, 5)):
        size = chance.choice([0, 1, 4, 8, 200])
        some = chance.randbytes(size)
        key = chance.choice([21, 31, 32, 77, 2000, 2**29 - 1])
        fields.append(
            chance.choice(
                [
                    field(key, some),
                    fixed(key, chance.randbytes(4)),
                    fixed(key, b"\xff" * 8),
                    number(key, chance.getrandbits(64)),
                ]
            )
        )
    if shuffled:
        chance.shuffle(fields)
    return b"".join(fields)


def write_messy_pbf(chance: Random) -> bytes:
    """Write the town with unknown fields in each message of the format."""

    def part(kind: bytes, fields: list[bytes]) -> bytes:
        raw = mess(chance, fields)
        content = mess(chance, [number(2, len(raw)), field(3, zlib.compress(raw))])
        header = mess(chance, [field(1, kind), number(3, len(content))])
        return len(header).to_bytes(4, "big") + header + content

    info = [number(1, 2), number(2, 1_500_000_000), number(6, 1)]
    columns = [field(1, b"\x01" * 8), field(2, deltas([5] * 8)), field(6, b"\x01" * chance.randint(0, 8))]
    dense_nodes = mess(chance, [dense(list(range(1, 9))), field(5, mess(chance, columns))])
    singles = [field(1, mess(chance, [single(i), field(4, mess(chance, list(info)))])) for i in range(9, 17)]
    roads = [
        field(3, mess(chance, [road(100 + i, nodes), field(4, mess(chance, list(info)))]))
        for i, nodes in enumerate(STREETS)
    ]
    texts = mess(chance, list(TEXTS), shuffled=False)
    groups = [field(2, mess(chance, one)) for one in ([field(2, dense_nodes)], singles, roads)]
    features = [field(4, b"OsmSchema-V0.6"), field(4, b"DenseNodes")]
    return part(b"OSMHeader", features) + part(b"OSMData", [field(1, texts), *groups])


@settings(max_examples=repeats(60, 2_000), deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_unknown_fields_of_any_message_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, chance: Random
) -> None:
    path = tmp_path_factory.mktemp("fields") / "messy.osm.pbf"
    path.write_bytes(write_messy_pbf(chance))
    assert count(import_roads(path, *KITCHEN, 4.0)) == TOWN


ROADS = [field(3, road(100 + i, nodes)) for i, nodes in enumerate(STREETS)]


def test_group_of_300_000_dense_nodes_is_read(tmp_path: Path) -> None:
    far = b"\x02" * 300_000
    many = field(1, deltas([100]) + far) + field(8, b"\x00" + far) + field(9, b"\x00" + far)
    assert (
        import_groups([[field(2, dense(list(range(1, 17)))), field(2, many)], ROADS], tmp_path / "a.pbf")
        == TOWN
    )


def test_zeros_end_a_file_but_stand_for_no_block(tmp_path: Path) -> None:
    path = tmp_path / "zeros.osm.pbf"
    import_groups([[field(2, dense(list(range(1, 17))))], ROADS], path)
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(4))
    assert count(import_roads(path, *KITCHEN, 4.0)) == TOWN
    for damaged in (bytes(4), whole + bytes(5), whole + bytes(400)):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="got another format, or a damaged one"):
            import_roads(path, *KITCHEN, 4.0)


MANY: dict[str, tuple[list[bytes], str]] = {
    "groups": ([field(2, b"")] * 2_000_000, "a block of more than 262144 groups"),
    "texts": (
        [field(1, field(1, b"") * 2_000_000), field(2, ROADS[0])],
        "a block of more than 1048576 texts",
    ),
    "ways": ([field(2, field(3, b"") * 2_000_000)], "one of more groups, elements, texts and fields"),
    "dense nodes": (
        [field(2, field(2, field(1, b"\x02") + field(8, b"\x02") + field(9, b"\x02")) * 200_000)],
        "one of more groups, elements, texts and fields",
    ),
}


@pytest.mark.parametrize("what", MANY)
def test_small_pbf_of_too_much_is_refused_at_once(what: str, tmp_path: Path) -> None:
    fields, message = MANY[what]
    path = tmp_path / "many.osm.pbf"
    path.write_bytes(HEADER + blob(b"OSMData", b"".join(fields)))
    began = time.perf_counter()
    with pytest.raises(DataError, match=f"got {message}"):
        import_roads(path, *KITCHEN, 4.0)
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize("nodes", [[], [1], [1, 1, 1]])
def test_ways_of_one_place_are_not_kept(nodes: list[int], tmp_path: Path) -> None:
    ways = [way(1000 + i, nodes) for i in range(10_000)]
    tracemalloc.start()
    graph = import_text(osm(*NODES, *WAYS, *ways), tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count(graph) == TOWN
    assert peak < 10e6


@pytest.mark.parametrize("size", [300_000, 3_000_000])
@pytest.mark.parametrize("form", ["<!--{}-->", "<?pi {}?>", "<![CDATA[{}]]>", "<note>{}</note>"])
def test_long_comment_is_passed_over(form: str, size: int, tmp_path: Path) -> None:
    long = form.format("x" * size)
    assert count(import_text(osm(long, *NODES, long, *WAYS), tmp_path)) == TOWN


@pytest.mark.parametrize("text", ["1_6", "١٦", "1\uff16", "0x10", "16.0", "1e1", ""])
def test_number_that_only_python_reads_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"got '{re.escape(text)}' as the id of a node"):
        import_text(osm(*NODES[:-1], node(text, *POSITIONS[15]), *WAYS), tmp_path)
    for position in ((text, -87.7), (41.9, text)) if text not in {"16.0", "1e1"} else ():
        got = re.escape("got lat={!r} and lon={!r}.".format(*map(str, position)))
        with pytest.raises(DataError, match=f"expected a position in degrees of node 1, .* {got}"):
            import_text(osm(node(1, *position), *NODES[1:], *WAYS), tmp_path)
