"""Read an Overpass answer in JSON as it arrives, one element after another.

Only drivable ways and the positions of nodes are kept, in arrays, so memory is a fraction of the answer's
size. An answer that is nested too deep, endless or no JSON is refused after its first bytes.
"""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.errors import DataError, OutputError
from fastgen.roads.attribute_text import join_surrogates
from fastgen.roads.drive_filter import is_drivable
from fastgen.roads.extras import quote_value
from fastgen.roads.json_stream import SHOWN, JsonStream
from fastgen.roads.osm_elements import TAGS, Nodes, Version, Way, check_text, find_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

_MAX_ID = 2**63 - 1
_MAX_KINDS = 10  # of elements, listed in an error
_MAX_NESTED = 10  # brackets at the start of an answer that is nested too deep
_MIN_NODES = 2  # of a road
# Members of the answer that are read beside its elements.
_HEADER = frozenset({"remark", "osm3s"})
_TIME = re.compile(r"[0-9TZ:.+-]{4,40}")


class Answer:
    """The nodes and ways of an answer, read like those of a file (`OsmReader`).

    Attributes
    ----------
    data_time
        Date of the data as the server states it, or empty.
    remark
        The server's reason why the answer isn't whole, or empty.
    ways_ascend, has_located_ways
        As in `OsmReader`.
    """

    ways_ascend, has_located_ways = True, False

    def __init__(self) -> None:
        self.data_time = self.remark = ""
        self._ids, self._lat, self._lon = array("q"), array("d"), array("d")
        # Ways in the order of the answer: id, number of nodes, index of the tags; then all their nodes.
        self._ways, self._counts, self._tags_of = array("q"), array("q"), array("q")
        self._refs = array("q")
        self._tags: dict[tuple[tuple[str, str], ...], int] = {}

    @property
    def has_nodes(self) -> bool:
        """Say whether there is any node."""
        return len(self._ids) > 0

    def add_node(self, number: int, lat: float, lon: float) -> None:
        """Add a node, its position in degrees or NaN."""
        self._ids.append(number)
        self._lat.append(lat)
        self._lon.append(lon)

    def add_way(self, number: int, nodes: array[int], tags: dict[str, str]) -> None:
        """Add a way by its nodes' ids."""
        self._ways.append(number)
        self._counts.append(len(nodes))
        self._refs.extend(nodes)
        self._tags_of.append(self._tags.setdefault(tuple(sorted(tags.items())), len(self._tags)))

    def check_nodes(self) -> None:
        """Refuse an answer that lacks a node of a way.

        Raises
        ------
        DataError
            If it does; the message names the way and the node.
        """
        refs = np.frombuffer(self._refs, np.int64)
        # Only the first is reported: an answer without `>` lacks them all.
        for i in np.flatnonzero(~find_in(np.unique(self._ids), refs))[:1]:
            row = int(np.searchsorted(np.cumsum(self._counts), i, side="right"))
            raise DataError(
                "expected the nodes of all ways, as the query asks (`>;`), "
                f"got way {self._ways[row]} without its node {refs[i]}"
            )

    def nodes(self, *, versions: bool) -> Iterator[Nodes]:  # noqa: ARG002  # answers hold one version
        """Give all nodes at once."""
        none = np.zeros(len(self._ids), np.int64)
        lat, lon = (np.array(column, np.float64) for column in (self._lat, self._lon))
        yield Nodes(np.array(self._ids, np.int64), lat, lon, none == 0, none, none)

    def ways(self, nodes: NDArray[np.int64], ids: NDArray[np.int64]) -> Iterator[Way]:
        """Give ways with one of these nodes, and ways of these ids, by ascending id; of each id the last."""
        numbers, counts, refs = (
            np.frombuffer(column, np.int64) for column in (self._ways, self._counts, self._refs)
        )
        first = np.cumsum(counts) - counts
        chosen = find_in(ids, numbers)
        if len(refs):
            chosen |= np.logical_or.reduceat(find_in(nodes, refs), first)
        tags = list(self._tags)
        order = np.argsort(numbers, kind="stable")
        is_last = np.append(np.diff(numbers[order]) != 0, True)[: len(order)]
        for i in order[is_last & chosen[order]].tolist():
            own = refs[first[i] : first[i] + counts[i]]
            way_tags = dict(tags[self._tags_of[i]])
            yield Way(int(numbers[i]), own, way_tags, Version(0, 0), visible=True, located=None)

    def describe_place(self, number: int) -> str:  # noqa: ARG002  # positions are always numbers
        """Say nothing beside the numbers."""
        return ""


def read_answer(chunks: Iterable[bytes]) -> Answer:
    """Read an answer.

    Parameters
    ----------
    chunks
        The answer's bytes.

    Raises
    ------
    DataError
        If an element is not one of OpenStreetMap, or the answer's form lacks what a road network needs.
    OutputError
        If it is no whole answer in JSON.
    """
    text = JsonStream(chunks)
    elements = _Elements()
    header: dict[str, Any] = {}
    has_elements = False
    try:
        for key in text.members():
            if key == "elements" and text.peek() == "[":
                for element in text.items():
                    elements.add(element)
                has_elements = True
            else:
                value = text.value()
                header.update({key: value} if key in _HEADER else {})
        text.end()
    except (RecursionError, OverflowError, ValueError) as error:
        raise _wrong_json(error, text.start) from None
    if not has_elements:
        raise OutputError(f"expected an Overpass answer in JSON, got {_describe(text.start)}")
    answer = elements.answer
    remark = header.get("remark")
    answer.remark = "" if remark is None else str(remark)
    # A query that ran out of time lacks elements, whatever its form.
    if not answer.remark:
        elements.check_form()
    about = header.get("osm3s")
    if isinstance(about, dict):
        found = _TIME.fullmatch(str(about.get("timestamp_osm_base", "")))
        answer.data_time = found.group() if found else ""
    return answer


def _wrong_json(error: Exception, start: str) -> DataError | OutputError:
    """Make the error of an answer that can't be read as JSON."""
    wanted = "expected an Overpass answer in JSON"
    if isinstance(error, RecursionError) or start.startswith("[" * _MAX_NESTED):
        return DataError(f"{wanted}, got one that is nested too deep")
    if isinstance(error, OverflowError):
        return DataError(f"{wanted}, got a number of thousands of digits")
    if isinstance(error, UnicodeDecodeError) and start.lstrip("\ufeff \t\n\r").startswith("{"):
        return OutputError(f"{wanted} and UTF-8, got the byte 0x{error.object[error.start]:02x}")
    return OutputError(f"{wanted}, got {_describe(start)}")


def _describe(start: str) -> str:
    """Name the format of an answer by its start."""
    shown = quote_value(start[:SHOWN])
    if start.lstrip("\ufeff \t\n\r").startswith("<"):
        return f"XML or HTML: {shown}"
    if start.startswith("@"):
        return f"CSV: {shown}"
    return shown


class _Elements:
    """The elements so far, and counts that tell the form of the answer."""

    def __init__(self) -> None:
        self.answer = Answer()
        self.kinds: set[str] = set()
        self.n_ways = self.n_without_nodes = self.n_with_geometry = self.n_with_tags = 0
        self.without_nodes: int | None = None  # the first such road

    def add(self, element: Any) -> None:
        """Add an element."""
        if not isinstance(element, dict) or not isinstance(element.get("type"), str):
            raise DataError(f"expected nodes and ways, got the element {quote_value(element)}")
        kind = element["type"]
        if kind in {"node", "way"}:
            number = element.get("id")
            if type(number) is not int or abs(number) > _MAX_ID:
                raise DataError(f"expected a whole number as id of a {kind}, got {quote_value(number)}")
            self._add_node(number, element) if kind == "node" else self._add_way(number, element)
        if len(self.kinds) < _MAX_KINDS:
            self.kinds.add(kind[:SHOWN])

    def _add_node(self, number: int, element: dict[str, Any]) -> None:
        lat, lon = (_degrees(element.get(key), key, number) for key in ("lat", "lon"))
        # A node without a position, or with none on earth, matters only where a road needs it.
        self.answer.add_node(number, lat, lon)

    def _add_way(self, number: int, element: dict[str, Any]) -> None:
        nodes, tags = element.get("nodes"), element.get("tags")
        self.n_ways += 1
        self.n_without_nodes += nodes is None
        self.n_with_geometry += "geometry" in element
        if tags is None:
            return
        if not isinstance(tags, dict):
            raise DataError(f"expected an object as tags of way {number}, got {quote_value(tags)}")
        self.n_with_tags += 1
        # Tags that JSON gives as numbers are texts in OpenStreetMap.
        texts = {key: join_surrogates(str(tags[key])) for key in TAGS if tags.get(key) is not None}
        if not is_drivable(texts):
            return
        if nodes is None:
            self.without_nodes = number if self.without_nodes is None else self.without_nodes
            return
        try:
            for key, text in texts.items():
                check_text(key, text, number)
            ids = _read_ids(nodes)
            # A way of one node is no road, and a million of them would fill the memory.
            if len(ids) >= _MIN_NODES:
                self.answer.add_way(number, ids, texts)
        except ValueError as error:
            raise DataError(f"expected a way as it is in OpenStreetMap, got {error}") from None
        except (TypeError, OverflowError):
            raise DataError(f"expected ids as nodes of way {number}, got {quote_value(nodes)}") from None

    def check_form(self) -> None:
        """Refuse an answer whose form, or one of whose ways, lacks what a road network needs."""
        form = ""
        if self.n_ways and self.n_without_nodes == self.n_ways:
            form = "ways without their nodes, as `out tags` or `out center` give"
        elif self.n_ways and not self.answer.has_nodes and self.n_with_geometry:
            form = "ways with a geometry and no nodes, as `out geom` gives"
        elif self.n_ways and not self.answer.has_nodes:
            form = "ways without nodes, as a query that doesn't recurse down (`>;`) gives"
        elif self.n_ways and not self.n_with_tags:
            form = "ways without tags, as `out skel` gives"
        elif self.kinds and not self.kinds & {"node", "way"}:
            form = f"only elements of type {', '.join(sorted(self.kinds))}"
        elif self.without_nodes is not None:
            form = f"way {self.without_nodes} without its nodes"
        if form:
            raise DataError(
                f"expected nodes and ways, got {form}: name a server that answers the query as it is asked, "
                "or save the area in OpenStreetMap's XML (.osm) and use 'fastgen roads import'"
            )
        self.answer.check_nodes()


def _read_ids(nodes: Any) -> array[int]:
    if type(nodes) is not list or not set(map(type, nodes)) <= {int}:
        raise TypeError("no ids")
    return array("q", nodes)


def _degrees(value: Any, key: str, number: int) -> float:
    if value is None:
        return float("nan")
    if type(value) not in {int, float}:
        raise DataError(f"expected a number as {key} of node {number}, got {quote_value(value)}")
    try:
        return float(value)
    except OverflowError:
        return float("inf")
