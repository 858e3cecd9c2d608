"""Compile the kernels at the first run on a machine, in two processes at once.

Numba compiles in one thread at a time, and all kernels together take several seconds. So at the first run,
while this process computes routes and counts orders, compiling what it needs as it goes, a second one
compiles the larger of the other kernels into the cache on disk. It is a help only: whatever it leaves undone
is compiled as usual.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from fastgen.events.body import encode_items
from fastgen.events.buffer import EventBuffer, route_arrays
from fastgen.events.digest import DayDigester
from fastgen.events.schema import sequence_kind
from fastgen.inputs.loading import load_inputs
from fastgen.kernels.baskets import draw_baskets
from fastgen.kernels.delivery import draw_customers, draw_driver_arrivals
from fastgen.kernels.demand import draw_creation_times
from fastgen.kernels.expand import expand_events
from fastgen.kernels.kitchen import draw_service_times
from fastgen.kernels.order_ids import write_order_ids
from fastgen.model.day_orders import DayOrders
from fastgen.model.road_graph import Provenance
from fastgen.model.route_table import RouteTable
from fastgen.simulate.kitchen_model import KitchenModel, build_kitchen_model
from fastgen.units import MIN_PER_DAY

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


SECOND_PROCESS = """
import gc
from fastgen.loading import quick_imports
with quick_imports():
    from fastgen.building.compilation import compile_large
gc.disable()
compile_large()
"""


class SecondCompiler:
    """The second process, where one is of use; leaving the block waits for it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start the process at a first run with two cores."""
        if (os.cpu_count() or 1) > 1 and _is_cold(expand_events):
            command = [sys.executable, "-c", SECOND_PROCESS]
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
            quiet = subprocess.DEVNULL
            gc.disable()  # compiling makes many objects and little garbage
            self._process = subprocess.Popen(  # noqa: S603  # this very interpreter
                command, env=environment, stdin=quiet, stdout=quiet, stderr=quiet
            )
        return self

    def wait(self, model: KitchenModel) -> None:
        """Compile the rest meanwhile, and wait until what the process compiles is in the cache."""
        if self._process is not None:
            compile_draws(model)
            self._process.wait()
            gc.enable()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process, if an error comes before it is done."""
        if self._process is not None and error is not None:
            self._process.terminate()
        if self._process is not None:
            self._process.wait()
            gc.enable()


def _is_cold(kernel: Any) -> bool:
    """Whether a kernel could be in the cache on disk and isn't."""
    if numba.config.DISABLE_JIT:
        return False
    cache_file = getattr(kernel._cache, "_cache_file", None)  # noqa: SLF001  # no public way
    return cache_file is not None and not cache_file._load_index()  # noqa: SLF001


def compile_draws(model: KitchenModel) -> None:
    """Compile the smaller kernels, by calling them with no orders."""
    orders, counts = DayOrders.empty(0, 1), np.zeros(MIN_PER_DAY, np.int64)
    draw, times_us, rules = orders.draw, orders.times_us, model.driver_rules
    shape = (float(rules.after_ready_probability), float(rules.arrival_alpha), float(rules.arrival_beta))
    draw_creation_times(model.creation, 0, counts, counts, 0, draw, times_us)
    draw_service_times(model.kitchen, 0, draw, model.mean_sd_min, model.minimum_min, times_us)
    draw_driver_arrivals(model.driver, 0, draw, *shape, times_us)
    draw_customers(model.creation, 0, draw, 1, 1, orders.customer, orders.house_number)


def compile_large() -> None:
    """Compile the larger kernels that a build comes to last, by calling them with no orders."""
    scenario, dims = load_inputs(None, None)
    place = scenario.locations[0]
    model = build_kitchen_model(scenario, dims, place, np.zeros(1), None)
    orders, routes = DayOrders.empty(0, 1), route_arrays(_empty_table())
    events = EventBuffer(sequence_kind(0)).expand(orders, routes, encode_items(dims.items), 0, 1)
    DayDigester().digest(place.location_id, 0, orders, routes, events, 0, 0)
    draw_baskets(model.baskets, 0, orders.draw, orders.line_start, orders.line_item, orders.line_qty)
    write_order_ids(model.order_id, 0, orders.id_view)


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
        street=np.zeros(0, np.int32),
        street_start=np.zeros(2, np.int64),
        street_text=text,
    )
