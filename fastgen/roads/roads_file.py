"""Read and write a road graph as one compact .roads file.

A header line of JSON (format, counts, provenance, content hash, its own check), then LZMA over the arrays as
little-endian int32: latitudes and longitudes as differences to the node before, edge counts, heads as
differences to their tail, lengths, streets; then the street names, one a line, in UTF-8.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.errors import DataError
from fastgen.files import open_regular
from fastgen.model.road_graph import Provenance, RoadGraph
from fastgen.roads.extras import quote_value
from fastgen.roads.server_address import strip_secrets

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FORMAT = "fastgen-roads"
FORMAT_VERSION = 1
SUFFIX = ".roads"
# Far more than any delivery square has; they bound what a header can make a reader allocate.
MAX_NODES, MAX_EDGES = 1 << 21, 1 << 23
MAX_HEADER, MAX_NAMES, MAX_DICTIONARY = 1 << 20, 1 << 26, 1 << 26  # bytes
# Three int32 for each node, three for each edge, and the names.
MAX_BODY = 12 * (MAX_NODES + MAX_EDGES) + MAX_NAMES
# A fixed filter chain: the default one depends on the xz version.
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": 1 << 22}]


def encode_roads(graph: RoadGraph) -> bytes:
    """Encode a graph as the bytes of a .roads file.

    Raises
    ------
    DataError
        If it is larger than any delivery square, or its source or licence are longer than a header can be.
    """
    if graph.n_nodes > MAX_NODES or graph.n_edges > MAX_EDGES:
        raise DataError(
            f"Expected at most {MAX_NODES} nodes and {MAX_EDGES} edges in a road network, "
            f"got {graph.n_nodes} and {graph.n_edges}."
        )
    tail = graph.edge_from()
    # Differences: neighbours in the order of nodes lie near each other, so most are small numbers.
    arrays = (
        np.diff(graph.lat_e6, prepend=0),
        np.diff(graph.lon_e6, prepend=0),
        np.diff(graph.edge_start),
        graph.edge_to - tail,
        graph.edge_length_mm,
        graph.edge_street,
    )
    # Byte planes: the high bytes are nearly all alike, and compress to nothing.
    planes = b"".join(
        np.ascontiguousarray(a.astype("<i4").view(np.uint8).reshape(-1, 4).T).tobytes() for a in arrays
    )
    names = "\n".join(graph.street_names).encode()
    header = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "n_nodes": graph.n_nodes,
        "n_edges": graph.n_edges,
        "n_streets": len(graph.street_names),
        "hash": graph.content_hash(),
        **graph.provenance._asdict(),
    }
    header["check"] = _header_check(header)
    body = lzma.compress(planes + names, lzma.FORMAT_XZ, lzma.CHECK_CRC32, filters=_FILTERS)
    line = json.dumps(header, ensure_ascii=False).encode() + b"\n"
    if len(line) > MAX_HEADER:
        raise DataError(
            f"Expected a header of at most {MAX_HEADER} bytes in a road network, got {len(line)}: "
            f"source {quote_value(graph.provenance.source)}, licence {quote_value(graph.provenance.licence)}."
        )
    return line + body


def decode_roads(data: bytes, name: str) -> RoadGraph:
    """Decode the bytes of a .roads file, in time and memory that follow its counts, whatever it inflates to.

    Parameters
    ----------
    data
        The file's bytes.
    name
        What to call the file in an error.

    Raises
    ------
    DataError
        If the bytes are not a whole .roads file of this format version, or don't match their own hash.
    """
    end = data.find(b"\n", 0, MAX_HEADER)
    header = _parse_header(data[: max(end, 0)])
    if header.get("format") != FORMAT:
        raise DataError(f"{name}: expected a {FORMAT} file, got something else.")
    if header.get("format_version") != FORMAT_VERSION:
        found = quote_value(header.get("format_version"))
        raise DataError(f"{name}: expected format_version {FORMAT_VERSION}, got {found}.")
    if header.get("check") != _header_check(header):
        raise DataError(f"{name}: expected a whole .roads file, got a header that fails its check.")
    try:
        graph = _decode_body(header, data[end + 1 :])
        graph_hash = graph.content_hash()
    except (lzma.LZMAError, ValueError, KeyError, TypeError, IndexError, DataError) as error:
        raise DataError(f"{name}: expected a whole .roads file, got a damaged one ({error}).") from None
    if graph_hash != header.get("hash"):
        found = quote_value(header.get("hash"))
        raise DataError(f"{name}: expected content hash {found}, got {graph_hash}.")
    return graph


def _parse_header(line: bytes) -> dict[str, Any]:
    try:
        header = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return header if isinstance(header, dict) else {}


def _header_check(header: dict[str, Any]) -> str:
    """Hash of the header's fields, which the content hash doesn't cover."""
    fields = {key: value for key, value in header.items() if key != "check"}
    try:
        text = json.dumps(fields, sort_keys=True)
    except RecursionError:
        return ""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _decode_body(header: dict[str, Any], body: bytes) -> RoadGraph:
    n_nodes, n_edges = _count(header, "n_nodes", MAX_NODES), _count(header, "n_edges", MAX_EDGES)
    n_streets = _count(header, "n_streets", n_edges)  # each has an edge
    planes_end = 4 * (3 * n_nodes + 3 * n_edges)
    raw = _decompress(body, planes_end + (MAX_NAMES if n_streets else 0))
    offset = 0

    def take(count: int) -> NDArray[np.int64]:
        nonlocal offset
        planes = np.frombuffer(raw, np.uint8, 4 * count, offset).reshape(4, count)
        offset += 4 * count
        return np.ascontiguousarray(planes.T).view("<i4").reshape(-1).astype(np.int64)

    lat, lon = np.cumsum(take(n_nodes)), np.cumsum(take(n_nodes))
    edges_of = take(n_nodes)
    if (edges_of < 0).any() or edges_of.sum() != n_edges:
        raise ValueError(f"{edges_of.sum()} edges of its nodes for {n_edges} edges")
    tail = np.repeat(np.arange(n_nodes), edges_of)
    head = take(n_edges) + tail
    length, street = take(n_edges), take(n_edges)
    n_names = raw.count(b"\n", offset) + 1 if n_streets else 0
    if n_names != n_streets:
        raise ValueError(f"{n_names} street names for {n_streets} streets")
    names = tuple(raw[offset:].decode().split("\n")) if n_streets else ()
    return RoadGraph.from_edges(lat, lon, tail, head, length, street, names, _provenance(header))


def _count(header: dict[str, Any], key: str, highest: int) -> int:
    count = header[key]
    if type(count) is not int or not 0 <= count <= highest:
        raise ValueError(f"expected 0 <= {key} <= {highest}, got {quote_value(count)}")
    return count


def _provenance(header: dict[str, Any]) -> Provenance:
    source, licence, synthetic = header["source"], header["licence"], header["synthetic"]
    if not (isinstance(source, str) and isinstance(licence, str) and isinstance(synthetic, bool)):
        raise TypeError("expected texts as source and licence, true or false as synthetic")
    for text in (source, licence):
        text.encode()  # half of a surrogate pair is no text
    # Files of older versions may hold the whole address of a server.
    return Provenance(strip_secrets(source), strip_secrets(licence), synthetic)


def _decompress(body: bytes, n_most: int) -> bytes:
    # One byte more than there may be, to notice that there is more without inflating all of it.
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_DICTIONARY)
    raw = decompressor.decompress(body, n_most + 1)
    if len(raw) > n_most:
        raise ValueError(f"more than {n_most} bytes")
    if not decompressor.eof:
        raise ValueError("its end is missing")
    if decompressor.unused_data:
        raise ValueError("bytes behind its end")
    return raw


def read_roads(path: Path) -> bytes:
    """Read the bytes of a .roads file, as far as they can be one.

    Raises
    ------
    DataError
        If the file can't be read, is a pipe (which may never end) or a device, or can be no .roads file.
    """
    try:
        with open_regular(path) as file:
            # Another kind of file is recognised by its start, before gigabytes of it are read.
            head = file.read(MAX_HEADER)
            if b"\n" not in head or os.fstat(file.fileno()).st_size > MAX_HEADER + MAX_BODY:
                raise DataError(f"{path}: expected a {FORMAT} file, got something else.")
            return head + file.read(MAX_BODY)
    except OSError as error:
        raise DataError(f"{path}: expected a readable {SUFFIX} file, got {error.strerror}.") from None


def load_roads(path: Path) -> RoadGraph:
    """Load a .roads file.

    Raises
    ------
    DataError
        If the file can't be read, or is not a whole .roads file.
    """
    return decode_roads(read_roads(path), str(path))
