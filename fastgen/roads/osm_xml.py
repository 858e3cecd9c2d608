"""Read OpenStreetMap XML, plain or compressed by gzip or bzip2, with the parser of Python's own library."""

from __future__ import annotations

import bz2
import gzip
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

import numpy as np

from fastgen.roads.osm_elements import (
    MAX_LON,
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
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

CHUNK_BYTES = 1 << 18
MAX_DEPTH = 100
_OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open}
# Files of changes: what they hold of the present is not to be told from the past.
_CHANGES = frozenset({"action", "create", "modify", "delete", "osmChange", "osmAugmentedDiff"})
_PRECISION = Decimal("1e-7")


class XmlReader:
    """Reads a file in any order of its elements.

    Parameters
    ----------
    path
        The file; its ending tells the compression.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.ways_ascend = True
        self.has_located_ways = False

    def nodes(self, *, versions: bool) -> Iterator[Nodes]:
        """Give all nodes, batch by batch."""
        rows: list[tuple[int, float, float, bool, int, int]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "node":
                position = read_degrees(attributes.get("lat")), read_degrees(attributes.get("lon"))
                version = _version(attributes) if versions else Version(0, 0)
                rows.append((_id(attributes, "id"), *position, _is_visible(attributes), *version))

        for _ in self._parse(start):
            if rows:
                ids, lat, lon, visible, version, time_s = zip(*rows, strict=True)
                rows.clear()
                yield Nodes(
                    np.array(ids, np.int64),
                    np.array(lat, np.float64),
                    np.array(lon, np.float64),
                    np.array(visible, bool),
                    np.array(version, np.int64),
                    np.array(time_s, np.int64),
                )

    def ways(self, nodes: NDArray[np.int64], ids: NDArray[np.int64]) -> Iterator[Way]:
        """Give ways tagged highway with one of these nodes, and ways of these ids; both sorted."""
        handler = _WayHandler()
        self.ways_ascend, self.has_located_ways = True, False
        last_id = None
        for _ in self._parse(handler.start):
            found = handler.take()
            if not found:
                continue
            numbers = [way.id for way in found] if last_id is None else [last_id, *(way.id for way in found)]
            self.ways_ascend &= all(a < b for a, b in pairwise(numbers))
            self.has_located_ways |= any(way.located is not None for way in found)
            last_id = numbers[-1]
            yield from _choose(found, nodes, ids)

    def _parse(self, start: Callable[[str, dict[str, str]], None]) -> Iterator[None]:
        """Hand the start of every element to a function, and stop after each piece of the file."""

        def refuse_entity(name: str, *_: Any) -> None:
            raise ValueError(f"the XML entity {name[:60]!r}")

        n_open = 0

        def start_root(tag: str, _: dict[str, str]) -> None:
            if tag != "osm":
                what = "changes" if tag in _CHANGES else "something else"
                raise ValueError(f"{what}, the XML element <{tag[:60]}>")
            parser.StartElementHandler = start_element

        def start_element(tag: str, attributes: dict[str, str]) -> None:
            nonlocal n_open
            n_open += 1
            if tag in _CHANGES:
                raise ValueError(f"changes, the XML element <{tag}>")
            start(tag, attributes)

        closed: list[str] = []
        parser = expat.ParserCreate()
        parser.EndElementHandler = closed.append
        parser.EntityDeclHandler = refuse_entity
        parser.StartElementHandler = start_root
        opener = _OPENERS.get(self._path.suffix, open)
        file_bytes, n_bytes = self._path.stat().st_size, 0
        with opener(self._path, "rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                n_bytes += len(chunk)
                check_inflation(n_bytes, file_bytes)
                parser.Parse(chunk, False)  # noqa: FBT003  # by position alone
                # The parser keeps a tag until its end, and scans it anew with every piece.
                if n_bytes - parser.CurrentByteIndex > CHUNK_BYTES:
                    raise ValueError(f"an XML tag of more than {CHUNK_BYTES} bytes")
                n_open -= len(closed)
                closed.clear()
                if n_open > MAX_DEPTH:
                    raise ValueError(f"XML elements nested {n_open} deep")
                yield
            parser.Parse(b"", True)  # noqa: FBT003  # the last one
            start("", {})
            yield


class _WayHandler:
    """Gathers the ways while the parser goes through the elements."""

    def __init__(self) -> None:
        self._done: list[Way] = []
        self._refs: list[int] | None = None  # of the way at hand, None between ways
        self._places: list[tuple[float, float]] = []
        self._tags: dict[str, str] = {}
        self._attributes: dict[str, str] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the start of an element; another one than a way's own parts ends the way."""
        if tag == "nd":
            if self._refs is not None:
                self._refs.append(_id(attributes, "ref"))
                if "lat" in attributes:
                    self._places.append(
                        (read_degrees(attributes["lat"]), read_degrees(attributes.get("lon")))
                    )
                check_way_length(len(self._refs))
        elif tag == "tag":
            key = attributes.get("k", "")
            if self._refs is not None and key in TAGS:
                self._tags[key] = attributes.get("v", "")
                check_text(key, self._tags[key])
        else:
            self._end_way()
            if tag == "way":
                self._refs, self._places, self._tags, self._attributes = [], [], {}, attributes

    def _end_way(self) -> None:
        if self._refs is None:
            return
        located = len(self._places) == len(self._refs) > 0
        self._done.append(
            Way(
                _id(self._attributes, "id"),
                np.array(self._refs, np.int64),
                self._tags,
                _version(self._attributes),
                _is_visible(self._attributes),
                np.array(self._places) if located else None,
            )
        )
        self._refs = None

    def take(self) -> list[Way]:
        """Hand over the ways that are whole."""
        done, self._done = self._done, []
        return done


def _choose(ways: list[Way], nodes: NDArray[np.int64], ids: NDArray[np.int64]) -> Iterator[Way]:
    chosen = find_in(ids, np.array([way.id for way in ways], np.int64))
    roads = [i for i, way in enumerate(ways) if "highway" in way.tags and len(way.nodes)]
    if roads:
        found = find_in(nodes, np.concatenate([ways[i].nodes for i in roads]))
        first = np.cumsum([0, *(len(ways[i].nodes) for i in roads[:-1])])
        chosen[roads] |= np.logical_or.reduceat(found, first)
    yield from (ways[i] for i in np.flatnonzero(chosen))


def _id(attributes: dict[str, str], key: str) -> int:
    text = attributes.get(key)
    try:
        value = int(text or "")
    except ValueError:
        value = None  # too long for int() likewise
    if value is None or not -(2**63) <= value < 2**63:
        got = "nothing" if text is None else repr(text[:40])
        raise ValueError(f"{got} as the {key} of an element where a whole number of 64 bits is expected")
    return value


def read_degrees(text: str | None) -> float:
    """Read degrees, NaN where there are none, to seven decimals as osmium does, half a unit upwards."""
    try:
        value = float(text or "nan")
    except ValueError:
        return float("nan")
    if text and "." not in text[-8:] and abs(value) <= MAX_LON:
        return float(Decimal(text).quantize(_PRECISION, ROUND_HALF_UP))
    return value


def _is_visible(attributes: dict[str, str]) -> bool:
    """Whether neither the database nor an editor has deleted an element."""
    return attributes.get("visible") != "false" and attributes.get("action") != "delete"


def _version(attributes: dict[str, str]) -> Version:
    try:
        number = int(attributes.get("version", "0"))
    except ValueError:
        number = 0
    try:
        time_s = int(datetime.fromisoformat(attributes["timestamp"]).replace(tzinfo=UTC).timestamp())
    except (KeyError, ValueError):
        time_s = 0
    return Version(min(max(number, 0), 2**62), time_s)
