"""Versions, times and marks of deletion in any spelling decide which element is drawn, or are refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgen.errors import DataError
from fastgen.roads.osm_attributes import read_version
from tests.roads.osm_text import NODES, ROAD, TOWN, WAYS, count, import_text, osm, way

if TYPE_CHECKING:
    from pathlib import Path

FOOT = '<tag k="highway" v="footway"/>'
WITHOUT = (8, 26, 2.1)  # the town's count without its second row


def change(first: str, second: str) -> str:
    """Write the town with two versions of its second row: a road, and a footway."""
    row = range(5, 9)
    return osm(*NODES, *WAYS[:1], *WAYS[2:], way(101, row, ROAD, first), way(101, row, FOOT, second))


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ("2024-05-01T13:00:00+05:00", "2024-05-01T12:00:00Z", WITHOUT),
        ("2024-05-01T12:00:00Z", "2024-05-01T13:00:00+05:00", TOWN),
        ("2024-05-01T12:00:00", "2024-05-01T11:30:00Z", TOWN),
        ("2024-05-01T11:00:00-02:00", "2024-05-01T12:00:00Z", TOWN),
    ],
)
def test_times_are_compared_with_their_offsets(
    first: str, second: str, wanted: object, tmp_path: Path
) -> None:
    text = change(*(f'version="1" timestamp="{time}"' for time in (first, second)))
    assert count(import_text(text, tmp_path)) == wanted


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001  # made aware below
    st.integers(-14 * 60, 14 * 60),
)
def test_one_moment_has_one_time_whatever_its_offset(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=UTC)
    there = aware.astimezone(timezone(timedelta(minutes=minutes)))
    times = {read_version({"timestamp": at.isoformat()}).time_s for at in (aware, there)}
    assert times == {int(aware.timestamp())}


UNREADABLE = [
    *(f'version="{text}"' for text in ("2.0", "0x2", "٢", "two", "1_0", "")),
    *(f'timestamp="{text}"' for text in ("1700000000", "yesterday", "2024-13-01T00:00:00Z", "")),
]


@pytest.mark.parametrize("wrong", UNREADABLE)
@pytest.mark.parametrize("order", [1, -1])
def test_unreadable_version_of_an_element_that_comes_twice_is_refused(
    wrong: str, order: int, tmp_path: Path
) -> None:
    text = change(*[wrong, 'version="1" timestamp="2024-05-01T12:00:00Z"'][::order])
    with pytest.raises(DataError, match=r"got way 101 several times, once with a version or timestamp that"):
        import_text(text, tmp_path)
    twice = NODES[5].replace("/>", f"{wrong}/>")
    with pytest.raises(DataError, match=r"got node 6 several times, once with a version or timestamp that"):
        import_text(osm(*NODES, twice, *WAYS), tmp_path)


@pytest.mark.parametrize("wrong", UNREADABLE)
def test_unreadable_version_of_an_element_that_comes_once_matters_nothing(wrong: str, tmp_path: Path) -> None:
    text = osm(*NODES, *WAYS).replace("<way ", f"<way {wrong} ").replace("<node ", f"<node {wrong} ")
    assert count(import_text(text, tmp_path)) == TOWN


DELETED = [
    *(f'visible="{word}"' for word in ("false", "False", "FALSE", "0", " no ")),
    *(f'action="{word}"' for word in ("delete", "DELETE", "Delete", " delete ")),
]
THERE = [
    *(f'visible="{word}"' for word in ("true", "True", "TRUE", "1", "yes")),
    *(f'action="{word}"' for word in ("modify", "MODIFY", "create", "none")),
]
UNKNOWN = [*(f'visible="{word}"' for word in ("", "nan", "hidden", "2")), 'action=""', 'action="remove"']


@pytest.mark.parametrize("mark", [*DELETED, *THERE])
def test_marks_of_deletion_are_read_in_any_spelling(mark: str, tmp_path: Path) -> None:
    text = osm(*NODES, WAYS[0], way(101, range(5, 9), attributes=mark), *WAYS[2:])
    assert count(import_text(text, tmp_path)) == (WITHOUT if mark in DELETED else TOWN)


@pytest.mark.parametrize("mark", UNKNOWN)
def test_unknown_mark_is_refused(mark: str, tmp_path: Path) -> None:
    for kind, name in (("way", "way 100"), ("node", "node 1")):
        text = osm(*NODES, *WAYS).replace(f"<{kind} ", f"<{kind} {mark} ")
        with pytest.raises(
            DataError, match=rf"got {mark.partition('=')[0]}=.* of {name} where .* is expected"
        ):
            import_text(text, tmp_path)


LOCATED = '<nd ref="{}" lat="{}" lon="{}"/>'


@pytest.mark.parametrize("n_located", [1, 2])
def test_located_way_without_nodes_beside_ordinary_ones_is_refused(n_located: int, tmp_path: Path) -> None:
    places = [LOCATED.format(900, 41.9005, -87.7), LOCATED.format(901, 41.9015, -87.7)]
    refs = "".join([*places[:n_located], *['<nd ref="901"/>'][: 2 - n_located]])
    text = osm(*NODES, *WAYS, f'<way id="500">{refs}{ROAD}</way>')
    with pytest.raises(DataError, match="expected nodes with positions, got ways that hold them"):
        import_text(text, tmp_path)


@pytest.mark.parametrize("inner", [FOOT, ""])
def test_located_way_that_is_no_road_or_far_away_matters_nothing(inner: str, tmp_path: Path) -> None:
    near = "".join(LOCATED.format(900 + i, 41.9 + i / 1000, -87.7) for i in range(2))
    far = "".join(LOCATED.format(910 + i, 51.9 + i / 1000, -87.7) for i in range(2))
    ways = f'<way id="500">{near}{inner}</way><way id="501">{far}{ROAD}</way>'
    assert count(import_text(osm(*NODES, *WAYS, ways), tmp_path)) == TOWN
