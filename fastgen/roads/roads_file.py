"""Read and write a road graph as one compact .roads file.

A header line of JSON (format, counts, provenance, content hash, its own check), then LZMA over the arrays as
little-endian int32: latitudes and longitudes as differences to the node before, edge counts, heads as
differences to their tail, lengths, streets; then the street names, one a line, in UTF-8.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from typing import TYPE_CHECKING

import numpy as np

from fastgen.errors import DataError
from fastgen.files import read_regular
from fastgen.model.road_graph import Provenance, RoadGraph

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FORMAT = "fastgen-roads"
FORMAT_VERSION = 1
SUFFIX = ".roads"
# A fixed filter chain: the default one depends on the xz version.
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": 1 << 22}]


def encode_roads(graph: RoadGraph) -> bytes:
    """Encode a graph as the bytes of a .roads file."""
    tail = graph.edge_from()
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
    return json.dumps(header, ensure_ascii=False).encode() + b"\n" + body


def decode_roads(data: bytes, name: str) -> RoadGraph:
    """Decode the bytes of a .roads file.

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
    line, _, body = data.partition(b"\n")
    try:
        header = json.loads(line)
    except ValueError:
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise DataError(f"{name}: expected a {FORMAT} file, got something else.")
    if header.get("format_version") != FORMAT_VERSION:
        raise DataError(
            f"{name}: expected format_version {FORMAT_VERSION}, got {header.get('format_version')!r}."
        )
    if header.get("check") != _header_check(header):
        raise DataError(f"{name}: expected a whole .roads file, got a header that fails its check.")
    try:
        graph = _decode_body(header, lzma.decompress(body, lzma.FORMAT_XZ))
        graph_hash = graph.content_hash()
    except (lzma.LZMAError, ValueError, KeyError, TypeError, IndexError, DataError) as error:
        raise DataError(f"{name}: expected a whole .roads file, got a damaged one ({error}).") from None
    if graph_hash != header.get("hash"):
        raise DataError(f"{name}: expected content hash {header.get('hash')}, got {graph_hash}.")
    return graph


def _header_check(header: dict[str, object]) -> str:
    """Hash of the header's fields, which the content hash doesn't cover."""
    fields = {key: value for key, value in header.items() if key != "check"}
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]


def _decode_body(header: dict[str, object], raw: bytes) -> RoadGraph:
    n_nodes, n_edges, n_streets = (int(str(header[k])) for k in ("n_nodes", "n_edges", "n_streets"))
    offset = 0

    def take(count: int) -> NDArray[np.int64]:
        nonlocal offset
        planes = np.frombuffer(raw, np.uint8, 4 * count, offset).reshape(4, count)
        offset += 4 * count
        return np.ascontiguousarray(planes.T).view("<i4").reshape(-1).astype(np.int64)

    lat, lon = np.cumsum(take(n_nodes)), np.cumsum(take(n_nodes))
    tail = np.repeat(np.arange(n_nodes), take(n_nodes))
    head = take(n_edges) + tail
    length, street = take(n_edges), take(n_edges)
    names = tuple(raw[offset:].decode().split("\n")) if n_streets else ()
    if len(names) != n_streets:
        raise ValueError(f"{len(names)} street names for {n_streets} streets")
    provenance = Provenance(str(header["source"]), str(header["licence"]), header["synthetic"] is True)
    return RoadGraph.from_edges(lat, lon, tail, head, length, street, names, provenance)


def load_roads(path: Path) -> RoadGraph:
    """Load a .roads file.

    Raises
    ------
    DataError
        If the file can't be read, or is not a whole .roads file.
    """
    try:
        data = read_regular(path)
    except OSError as error:
        raise DataError(f"{path}: expected a readable .roads file, got {error.strerror}.") from None
    return decode_roads(data, str(path))
