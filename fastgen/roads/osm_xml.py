"""Read OpenStreetMap XML, plain or compressed by gzip or bzip2, with expat."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

import numpy as np

from fastgen.roads.compressed_file import open_unpacked, read_chunk
from fastgen.roads.osm_attributes import read_degrees, read_id, read_version, read_visibility
from fastgen.roads.osm_elements import (
    TAGS,
    Nodes,
    Version,
    Way,
    check_inflation,
    check_text,
    check_way_length,
    find_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

MAX_DEPTH = 100  # of nested elements
MAX_TOKEN_BYTES = 1 << 22  # of a tag, a comment or an instruction
# Elements of files of changes, which mix the present with the past.
_CHANGES = frozenset({"action", "create", "modify", "delete", "osmChange", "osmAugmentedDiff"})
# A remark of Overpass says that its answer is not whole.
_REFUSED = _CHANGES | {"remark"}
_ROOT, _WAY = b"<osm>", b"<way"
_DEPTH = 2  # nodes and ways are children of the first element
_NOWHERE = (float("nan"), float("nan"))
_NO_VERSION = Version(0, 0)


class XmlReader:
    """Reads a file, whatever the order of its elements.

    Parameters
    ----------
    path
        The file; its first bytes tell the compression.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ways_at = 0  # byte of the first way, once known
        self.ways_ascend = True
        self.has_located_ways = False

    def nodes(self, *, versions: bool) -> Iterator[Nodes]:
        """Give all nodes, batch by batch."""
        handler = _NodeHandler(versions=versions)
        for _ in self._parse(handler):
            if handler.rows:
                ids, lat, lon, visible, version, time_s = zip(*handler.rows, strict=True)
                handler.rows.clear()
                yield Nodes(
                    np.array(ids, np.int64),
                    np.array(lat, np.float64),
                    np.array(lon, np.float64),
                    np.array(visible, bool),
                    np.array(version, np.int64),
                    np.array(time_s, np.int64),
                )
        self._ways_at = handler.ways_at if handler.is_utf8 else 0

    def ways(self, nodes: NDArray[np.int64], ids: NDArray[np.int64]) -> Iterator[Way]:
        """Give ways tagged highway that have one of these nodes or store positions, and ways of these ids."""
        handler = _WayHandler()
        self.ways_ascend, self.has_located_ways = True, False
        last_id = None
        for _ in self._parse(handler, self._ways_at):
            found = handler.take()
            if not found:
                continue
            numbers = [way.id for way in found] if last_id is None else [last_id, *(way.id for way in found)]
            self.ways_ascend &= all(a < b for a, b in pairwise(numbers))
            self.has_located_ways |= any(way.located is not None for way in found)
            last_id = numbers[-1]
            yield from _choose(found, nodes, ids)

    def describe_place(self, number: int) -> str:
        """Describe the position of a node as the file has it."""
        handler = _NodeHandler(versions=False)
        handler.wanted = number
        for _ in self._parse(handler):
            handler.rows.clear()
        return "; ".join(handler.places[-2:])

    def _parse(self, handler: _NodeHandler | _WayHandler, first_byte: int = 0) -> Iterator[None]:
        """Hand the start of every element to a handler, and yield after each piece of the file."""

        def start_root(tag: str, _: dict[str, str]) -> None:
            handler.n_open += 1
            if tag != "osm":
                raise ValueError(_describe_refused(tag))
            parser.StartElementHandler = handler.start

        parser = expat.ParserCreate()
        parser.EndElementHandler = handler.closed.append
        parser.EntityDeclHandler = _refuse_entity
        parser.XmlDeclHandler = handler.take_declaration
        parser.StartElementHandler = start_root
        handler.parser = parser
        file_bytes, n_parsed = self._path.stat().st_size, 0
        with open_unpacked(self._path) as file:
            if first_byte and self._seek_way(file, first_byte):
                # The parser needs a root element before the first way.
                parser.Parse(_ROOT, False)  # noqa: FBT003  # by position alone
                n_parsed = len(_ROOT)
            while chunk := read_chunk(file, is_first=not n_parsed):
                n_parsed += len(chunk)
                check_inflation(n_parsed, file_bytes)
                parser.Parse(chunk, False)  # noqa: FBT003
                # The parser keeps an unfinished tag, and scans it again with every piece.
                if n_parsed - parser.CurrentByteIndex > MAX_TOKEN_BYTES:
                    raise ValueError(f"an XML tag of more than {MAX_TOKEN_BYTES} bytes")
                handler.n_open -= len(handler.closed)
                handler.closed.clear()
                if handler.n_open > MAX_DEPTH:
                    raise ValueError(f"XML elements nested {handler.n_open} deep")
                yield
            parser.Parse(b"", True)  # noqa: FBT003  # the last one
            handler.start("", {})  # finishes the last way
            yield

    @staticmethod
    def _seek_way(file: Any, first_byte: int) -> bool:
        """Seek a byte if a way starts there, else the beginning of the file; say which."""
        file.seek(first_byte)
        found = bool(file.read(len(_WAY)) == _WAY)
        file.seek(first_byte if found else 0)
        return found


class _Handler:
    """Counts the open elements: those begun less those closed since the last piece of the file."""

    def __init__(self) -> None:
        self.parser: Any = None
        self.n_open = 0
        self.closed: list[str] = []  # filled by the parser itself, faster than any method of ours
        self.is_utf8 = True

    def take_declaration(self, _: str, encoding: str | None, __: int) -> None:
        """Take the XML declaration: byte offsets of ways hold for UTF-8 alone."""
        self.is_utf8 = (encoding or "utf-8").lower() in {"utf-8", "us-ascii"}


class _NodeHandler(_Handler):
    """Gathers the nodes."""

    def __init__(self, *, versions: bool) -> None:
        super().__init__()
        self.rows: list[tuple[int, float, float, bool, int, int]] = []
        self.ways_at = 0
        self._versions = versions
        self.wanted: int | None = None
        self.places: list[str] = []  # of the node wanted, as the file has them

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        self.n_open += 1
        if tag in _REFUSED:
            raise ValueError(_describe_refused(tag))
        if self.n_open - len(self.closed) != _DEPTH:
            return
        if tag == "node":
            number = read_id(attributes, "id", "a node")
            position = read_degrees(attributes.get("lat")), read_degrees(attributes.get("lon"))
            version = read_version(attributes) if self._versions else _NO_VERSION
            self.rows.append((number, *position, read_visibility(attributes, tag, number), *version))
            if number == self.wanted:
                self.places.append(
                    " and ".join(
                        f"{key}={attributes[key][:40]!r}" if key in attributes else f"no {key}"
                        for key in ("lat", "lon")
                    )
                )
        elif tag == "way" and not self.ways_at:
            self.ways_at = self.parser.CurrentByteIndex


class _WayHandler(_Handler):
    """Gathers the ways with their nodes and tags, and skips their other children."""

    def __init__(self) -> None:
        super().__init__()
        self._done: list[Way] = []
        self._refs: list[int] | None = None  # nodes of the open way, None between ways
        self._places: list[tuple[float, float]] = []
        self._tags: dict[str, str] = {}
        self._attributes: dict[str, str] = {}
        self._number = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        self.n_open += 1
        depth = self.n_open - len(self.closed)
        if depth <= _DEPTH:
            self._end_way()
            if tag == "way":
                self._refs, self._places, self._tags, self._attributes = [], [], {}, attributes
                self._number = read_id(attributes, "id", "a way")
        elif depth == _DEPTH + 1 and self._refs is not None:
            if tag == "nd":
                self._take_node(self._refs, attributes)
            elif tag == "tag" and (key := attributes.get("k", "")) in TAGS:
                self._tags[key] = attributes.get("v", "")
                check_text(key, self._tags[key], self._number)

    def _take_node(self, refs: list[int], attributes: dict[str, str]) -> None:
        if "lat" in attributes:
            missing = [_NOWHERE] * (len(refs) - len(self._places))
            place = read_degrees(attributes["lat"]), read_degrees(attributes.get("lon"))
            self._places += [*missing, place]
        refs.append(read_id(attributes, "ref", f"way {self._number}"))
        check_way_length(len(refs), self._number)

    def _end_way(self) -> None:
        if self._refs is None:
            return
        places = self._places + [_NOWHERE] * (len(self._refs) - len(self._places))
        self._done.append(
            Way(
                self._number,
                np.array(self._refs, np.int64),
                self._tags,
                read_version(self._attributes),
                read_visibility(self._attributes, "way", self._number),
                np.array(places) if self._places else None,
            )
        )
        self._refs = None

    def take(self) -> list[Way]:
        """Take the finished ways out of the handler."""
        done, self._done = self._done, []
        return done


def _describe_refused(tag: str) -> str:
    if tag == "remark":
        return "an answer of Overpass that is not whole, as its <remark> says"
    return f"{'changes' if tag in _CHANGES else 'something else'}, the XML element <{tag[:60]}>"


def _refuse_entity(name: str, *_: Any) -> None:
    raise ValueError(f"the XML entity {name[:60]!r}")


def _choose(ways: list[Way], nodes: NDArray[np.int64], ids: NDArray[np.int64]) -> Iterator[Way]:
    """Yield the highways that have one of these nodes or store positions, and the ways of these ids."""
    chosen = find_in(ids, np.array([way.id for way in ways], np.int64))
    roads = [i for i, way in enumerate(ways) if "highway" in way.tags and len(way.nodes)]
    if roads:
        found = find_in(nodes, np.concatenate([ways[i].nodes for i in roads]))
        first = np.cumsum([0, *(len(ways[i].nodes) for i in roads[:-1])])
        chosen[roads] |= np.logical_or.reduceat(found, first)
        chosen[roads] |= [ways[i].located is not None for i in roads]
    yield from (ways[i] for i in np.flatnonzero(chosen))
