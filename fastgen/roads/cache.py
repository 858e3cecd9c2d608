"""Keep route tables on disk, found by the hash of what they are made from, and map them into memory.

A cache file is a header line of JSON padded to a multiple of 64 bytes, then the table's arrays, each at a
multiple of 64. It is written whole or not at all and checked by XXH3 when mapped; a damaged one is made anew.
Where no folder can be written, tables live in memory alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import mmap
import os
import stat
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash

from fastgen.errors import OutputError
from fastgen.files import write_whole
from fastgen.model.road_graph import Provenance
from fastgen.model.route_table import RouteRequest, RouteTable
from fastgen.roads.roads_file import decode_roads
from fastgen.roads.server_address import strip_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# Part of each file's name. A change of what a table holds, or of how it is computed, needs another number.
CACHE_VERSION = 3
ALIGNMENT = 64  # bytes: a cache line, and a multiple of the size of every dtype
MAX_HEADER = 1 << 20  # bytes; another program's file is searched for a line's end no further
# By the annotations of the class, so that a new array of a table is stored without a change here.
_ARRAYS = tuple(f.name for f in fields(RouteTable) if str(f.type).startswith("NDArray"))
_DTYPES = {
    f.name: np.dtype(str(f.type).removeprefix("NDArray[np.").removesuffix("]"))
    for f in fields(RouteTable)
    if f.name in _ARRAYS
}
# Arrays with one value for each customer; the others are pings, texts and streets, and their offsets.
_BY_CUSTOMER = ("lat", "lon", "dist_mm", "drive_us", "undirected", "by_path", "street")


def default_cache_dir() -> Path:
    """Return $FASTGEN_CACHE_DIR, else fastgen's folder in the XDG cache."""
    own = os.environ.get("FASTGEN_CACHE_DIR")
    if own:
        return Path(own)
    xdg = os.environ.get("XDG_CACHE_HOME")
    return (Path(xdg) if xdg else Path("~/.cache").expanduser()) / "fastgen"


def load_route_table(
    roads: bytes, name: str, request: RouteRequest, cache_dir: Path, announce: Callable[[str], None]
) -> RouteTable:
    """Map a kitchen's route table from the cache, or compute it and keep it there.

    Parameters
    ----------
    roads
        Bytes of the .roads file.
    name
        What to call that file in an error.
    request
        Kitchen, square, speed and pings.
    cache_dir
        Folder of the cache; made when missing.
    announce
        Called with one line before a table is computed, and with what a user should know of the network.

    Raises
    ------
    DataError
        If the .roads file is damaged or unfit for the request.
    """
    path = cache_dir / f"routes-{_cache_key(roads, request)}.bin"
    table = map_route_table(path)
    if table is None:
        table = _compute_table(roads, name, request, path, announce)
    # With every build, not only when the table is computed: the network is still the wrong one.
    if table.warning:
        announce(f"{name}: {table.warning}")
    return table


def _compute_table(
    roads: bytes, name: str, request: RouteRequest, path: Path, announce: Callable[[str], None]
) -> RouteTable:
    """Compute a route table and keep it in the cache."""
    graph = decode_roads(roads, name)
    announce(f"computing the routes over {name}, once")
    from fastgen.roads.routes import compute_route_table  # noqa: PLC0415  # compiled code only when needed

    table = compute_route_table(graph, request, name)
    for array in _ARRAYS:
        # As when mapped: kernels are compiled for arrays of either kind, and that takes seconds.
        getattr(table, array).flags.writeable = False
    # The cache saves time and no more, so a full or read-only disk is no error.
    with contextlib.suppress(OSError, OutputError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, encode_route_table(table))
    return table


def _cache_key(roads: bytes, request: RouteRequest) -> str:
    """Hash all that a table depends on; 128 bits of SHA-256 are enough to tell tables apart."""
    text = json.dumps([CACHE_VERSION, hashlib.sha256(roads).hexdigest(), asdict(request)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def encode_route_table(table: RouteTable) -> bytes:
    """Encode a table as a file that `map_route_table` maps."""
    arrays = {name: np.ascontiguousarray(getattr(table, name)) for name in _ARRAYS}
    body, places = bytearray(), {}
    for name, array in arrays.items():
        places[name] = (array.dtype.str, len(body), array.size)
        body += array.tobytes()
        body += bytes(-len(body) % ALIGNMENT)
    header = {
        "cache_version": CACHE_VERSION,
        "xxh3": xxhash.xxh3_64_hexdigest(body),
        "size": len(body),
        "network_hash": table.network_hash,
        "provenance": table.provenance._asdict(),
        "kitchen_dist_m": table.kitchen_dist_m,
        "warning": table.warning,
        "arrays": places,
    }
    line = json.dumps(header).encode()
    return line + b" " * (-(len(line) + 1) % ALIGNMENT) + b"\n" + bytes(body)


def map_route_table(path: Path) -> RouteTable | None:
    """Map a cached table; return None where the file is missing or damaged."""
    try:
        # Opening a named pipe would wait for a writer.
        if not stat.S_ISREG(path.stat().st_mode):
            return None
        with path.open("rb") as file:
            # Read-only and shared: worker processes that map the same file have its pages in memory once.
            memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        line_end = memory.find(b"\n", 0, MAX_HEADER) + 1
        header: dict[str, Any] = json.loads(memory[:line_end])
        body = memoryview(memory)[line_end:]
        if len(body) != header["size"] or xxhash.xxh3_64_hexdigest(body) != header["xxh3"]:
            return None
        arrays = {name: _map_array(body, name, *place) for name, place in header["arrays"].items()}
        source, licence, synthetic = (header["provenance"][key] for key in Provenance._fields)
        # Tables of older versions may hold the whole address of a server.
        provenance = Provenance(strip_secrets(source), strip_secrets(licence), synthetic)
        table = RouteTable(
            header["network_hash"],
            provenance,
            float(header["kitchen_dist_m"]),
            **arrays,
            warning=str(header["warning"]),
        )
        return table if is_whole(table) else None
    except (OSError, ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError):
        # What a damaged header may raise; the table is computed again.
        return None


def _map_array(body: memoryview, name: str, dtype: str, offset: int, size: int) -> NDArray[Any]:
    # The types are ours: a name such as 8f4 stands for an array of rows.
    if dtype != _DTYPES[name].str:
        raise ValueError(dtype)
    return np.frombuffer(body, _DTYPES[name], size, offset)


def is_whole(table: RouteTable) -> bool:
    """Say whether a table's arrays fit each other: kernels read where they point without another look."""
    # The hash finds damage; these find a file that was made up, or written by a faulty version.
    n, n_pings = len(table.lat), len(table.ping_lat)
    offsets = ((table.ping_start, n_pings), (table.text_start, len(table.text)))
    of_streets = (table.street_start, len(table.street_text))
    return (
        n > 0
        and all(getattr(table, name).dtype == dtype for name, dtype in _DTYPES.items())
        and all(len(getattr(table, name)) == n for name in _BY_CUSTOMER)
        and len(table.ping_lon) == len(table.ping_progress) == n_pings
        and all(len(starts) == n + 1 for starts, _ in offsets)
        and all(
            starts[0] == 0 and starts[-1] == end and bool((starts[1:] >= starts[:-1]).all())
            for starts, end in (*offsets, of_streets)
        )
        and 0 <= int(table.by_path.min()) <= int(table.by_path.max()) < n
        and 0 <= int(table.street.min()) <= int(table.street.max()) < len(table.street_start) - 1
    )
