"""Compile the kernels that the files of a build need, in one process of a machine at a time.

Numba's cache on disk is not made for several processes that compile the same kernels at once.
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
    from fastgen.generating.simulation import Simulation


def compile_alone(simulation: Simulation) -> None:
    """Compile all that events and their files need, while no other process of this user does.

    The others wait here, and then find compiled kernels.

    Parameters
    ----------
    simulation
        The simulation, with or without its route tables.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # without a lock, the kernels are compiled all the same
            name = f"fastgen-compiling-{os.getuid()}.lock"
            lock = stack.enter_context((Path(tempfile.gettempdir()) / name).open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        _make_nothing(simulation)


def _make_nothing(simulation: Simulation) -> None:
    """Call every kernel with no orders: types decide what is compiled, not sizes."""
    location_id, table = next(iter(simulation.source.n_orders)), _empty_table()
    maker = EventMaker(replace(simulation, tables={location_id: table}))
    maker.begin(location_id, [OrderRange(day=0, first_rank=0, n_orders=0, first_index=0)])
    maker.buffers.expand(0, 0)
    orders, routes = maker.buffers.orders, maker.buffers.routes
    places, numbers, out = np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.uint8)
    number_baskets(orders.line_start, orders.line_item, orders.line_qty, numbers, numbers, numbers)
    pack_bits(places, 1, places, places, out)
    copy_texts(routes.text_start, routes.text, places, 0, out)


def _empty_table() -> RouteTable:
    """Make a route table without customers: the kernels' types are those of any other."""
    none, starts = Provenance("", "", synthetic=True), np.zeros(1, np.int64)
    degrees, text = np.zeros(0, np.float32), np.zeros(4, np.uint8)
    return RouteTable(
        network_hash="",
        provenance=none,
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
