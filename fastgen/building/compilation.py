"""Compile the kernels of a build in one process of a machine at a time.

Numba's cache on disk may break if several processes compile the same kernels at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fastgen.events.kernels.distinct_baskets import number_baskets
from fastgen.generating.maker import EventMaker
from fastgen.kernels.bit_packing import pack_bits
from fastgen.kernels.texts import copy_texts
from fastgen.model.order_source import OrderRange
from fastgen.model.road_graph import Provenance
from fastgen.model.route_table import RouteTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.generating.simulation import Simulation


def compile_alone(simulation: Simulation) -> None:
    """Compile all kernels that make events and their files, while other processes of this user wait.

    The other processes wait in this function, and then load the kernels from the cache.

    Parameters
    ----------
    simulation
        The simulation, with or without its route tables.
    """
    with others_wait():
        _make_nothing(simulation)


@contextlib.contextmanager
def others_wait() -> Iterator[None]:
    """Let other processes of this user wait before blocks of this kind, until this one ends."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # compile without a lock rather than not at all
            name = f"fastgen-compiling-{os.getuid()}.lock"
            lock = stack.enter_context((Path(tempfile.gettempdir()) / name).open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_nothing(simulation: Simulation) -> None:
    """Call every kernel for zero orders: Numba compiles for the types of arguments, not for their sizes."""
    location_id, table = next(iter(simulation.source.n_orders)), _empty_table()
    maker = EventMaker(replace(simulation, tables={location_id: table}))
    maker.begin(location_id, [OrderRange(day=0, first_rank=0, n_orders=0, first_index=0)])
    maker.buffers.expand(0, 0)
    orders, routes = maker.buffers.orders, maker.buffers.routes
    none, numbers, out = np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.uint8)
    number_baskets(orders.line_start, orders.line_item, orders.line_qty, numbers, numbers, numbers)
    pack_bits(none, 1, none, none, out)
    copy_texts(routes.text_start, routes.text, none, 0, out)


def _empty_table() -> RouteTable:
    """Make a route table without customers; its arrays have the same types as those of any other."""
    provenance, starts = Provenance("", "", synthetic=True), np.zeros(1, np.int64)
    degrees, text = np.zeros(0, np.float32), np.zeros(4, np.uint8)
    return RouteTable(
        network_hash="",
        provenance=provenance,
        kitchen_dist_m=0.0,
        lat=degrees,
        lon=degrees,
        dist_mm=starts,
        drive_us=starts,
        undirected=np.zeros(0, np.int8),
        ping_start=starts,
        ping_lat=degrees,
        ping_lon=degrees,
        ping_progress=degrees,
        text_start=starts,
        text=text,
        by_path=np.zeros(0, np.int32),
        street=np.zeros(0, np.int32),
        street_start=np.zeros(2, np.int64),
        street_text=text,
    )
