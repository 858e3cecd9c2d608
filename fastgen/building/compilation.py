"""Compile the kernels at the first run on a machine, in two processes at once.

Numba compiles in one thread at a time, and all kernels together take several seconds. So at the first run,
while this process computes routes and counts orders, compiling what it needs as it goes, a second one
compiles the other kernels into the cache on disk, the largest first; this one then joins in. A pipe holds a
byte for each kernel: whoever reads it compiles that kernel. It is a help only: whatever is left undone is
compiled as usual.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from numba.core.registry import cpu_target

from fastgen.building.fork_safety import may_fork
from fastgen.events.body import encode_items
from fastgen.events.buffers import EventBuffers, route_arrays
from fastgen.events.kernels.distinct_baskets import number_baskets
from fastgen.events.kernels.expand import write_events
from fastgen.inputs.loading import load_inputs
from fastgen.kernels.bit_packing import pack_bits
from fastgen.kernels.texts import copy_texts
from fastgen.model.day_orders import DayOrders
from fastgen.model.road_graph import Provenance
from fastgen.model.route_table import RouteTable
from fastgen.orders.kernels.baskets import draw_baskets
from fastgen.orders.kernels.delivery import draw_driver_arrivals
from fastgen.orders.kernels.demand import count_orders
from fastgen.orders.kernels.kitchen import draw_service_times
from fastgen.orders.kernels.order_ids import write_order_ids
from fastgen.orders.parameters import build_location_parameters

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from fastgen.building.plan import BuildPlan
    from fastgen.events.kernels.expand import ItemTexts
    from fastgen.orders.parameters import LocationParameters

SECOND_PROCESS = """
import gc
import sys
from fastgen.loading import quick_imports
with quick_imports():
    from fastgen.building.compilation import compile_from
gc.disable()
compile_from(int(sys.argv[1]))
"""


class SecondCompiler:
    """The second process, where one is of use; leaving the block ends it."""

    def __init__(self) -> None:
        self._queue, self._process, self._collecting = -1, -1, True

    def __enter__(self) -> Self:
        """Start the process at a first run with two cores."""
        if len(os.sched_getaffinity(0)) > 1 and _is_cold(write_events):
            self._queue, filled = os.pipe()
            os.write(filled, bytes(range(len(TASKS))))
            os.close(filled)
            self._collecting = gc.isenabled()
            gc.disable()  # compiling makes many objects and little garbage
            try:
                self._process = self._fork() if may_fork() else self._spawn()
            except OSError:  # no process to be had: it goes without
                self._end()
        return self

    def _fork(self) -> int:
        """Go on in a copy of this process: it has loaded Numba already, a tenth of the work."""
        cpu_target.target_context.refresh()  # both would have to
        cpu_target.typing_context.refresh()
        process = os.fork()
        if process == 0:
            try:
                quiet = os.open(os.devnull, os.O_RDWR)
                for stream in (0, 1, 2):
                    os.dup2(quiet, stream)
                compile_from(self._queue)
            finally:
                os._exit(0)
        return process

    def _spawn(self) -> int:
        command = [sys.executable, "-c", SECOND_PROCESS, str(self._queue)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        quiet = subprocess.DEVNULL
        started = subprocess.Popen(  # noqa: S603  # this very interpreter
            command, env=environment, stdin=quiet, stdout=quiet, stderr=quiet, pass_fds=[self._queue]
        )
        started.returncode = 0  # it is waited for here, by its number
        return started.pid

    def wait(self) -> None:
        """Compile what is left together, and wait until all of it is in the cache."""
        if self._process >= 0:
            compile_from(self._queue)
            self._end()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process, if an error or a finished dataset comes before it is done."""
        if self._process >= 0:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGTERM)
        self._end()

    def _end(self) -> None:
        """Let go of all there is; again after an interrupt, of what is left."""
        if self._queue >= 0:
            queue, self._queue = self._queue, -1
            os.close(queue)
            if self._collecting:
                gc.enable()
        if self._process >= 0:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._process, 0)
            self._process = -1


def _is_cold(kernel: Any) -> bool:
    """Whether a kernel could be in the cache on disk and isn't."""
    if numba.config.DISABLE_JIT:
        return False
    cache_file = getattr(kernel._cache, "_cache_file", None)  # noqa: SLF001  # no public way
    return cache_file is not None and not cache_file._load_index()  # noqa: SLF001


class Sample:
    """Arguments to call every kernel with: no orders.

    Parameters
    ----------
    model
        Parameters of a location: which kernel draws arrivals depends on them.
    items
        JSON of the items.
    """

    def __init__(self, model: LocationParameters, items: ItemTexts) -> None:
        self.model, self.items = model, items
        self.orders, self.routes = DayOrders.empty(0, 1), route_arrays(_empty_table())

    @classmethod
    def canonical(cls) -> Self:
        """Take the first location of the canonical scenario."""
        scenario, dims = load_inputs(None, None)
        model = build_location_parameters(scenario, dims, scenario.locations[0], np.zeros(1), None)
        return cls(model, encode_items(dims.items))


def _compile_baskets(of: Sample) -> None:
    orders = of.orders
    draw_baskets(of.model.baskets, 0, orders.draw, orders.line_start, orders.line_item, orders.line_qty)


def _compile_expansion(of: Sample) -> None:
    expansion = EventBuffers()
    expansion.begin(of.orders, of.routes, of.items, 0, 1)
    expansion.expand(0, 0)


def _compile_service_times(of: Sample) -> None:
    model, orders = of.model, of.orders
    draw_service_times(model.kitchen, 0, orders.draw, model.mean_sd_min, model.minimum_min, orders.times_us)


def _compile_order_ids(of: Sample) -> None:
    write_order_ids(of.model.order_id, np.zeros(0, np.int64), of.orders.id_view)


def _compile_arrivals(of: Sample) -> None:
    rules = of.model.driver_rules
    shape = (float(rules.after_ready_probability), float(rules.arrival_alpha), float(rules.arrival_beta))
    draw_driver_arrivals(of.model.driver, 0, of.orders.draw, *shape, of.orders.times_us)


def _compile_encoding(of: Sample) -> None:
    none = np.zeros(0, np.int64)
    orders, numbers = of.orders, np.zeros(0, np.int32)
    number_baskets(orders.line_start, orders.line_item, orders.line_qty, numbers, numbers, numbers)
    pack_bits(none, 1, none, none, np.zeros(0, np.uint8))
    copy_texts(of.routes.text_start, of.routes.text, none, 0, np.zeros(0, np.uint8))


# The largest first, so that both processes end together.
TASKS = (
    _compile_baskets,
    _compile_expansion,
    _compile_service_times,
    _compile_order_ids,
    _compile_arrivals,
    _compile_encoding,
)


def compile_from(queue: int) -> None:
    """Compile kernel after kernel, as long as the pipe `queue` has any."""
    sample, parent = Sample.canonical(), os.getppid()
    # Left alone, the second process has nobody to compile for.
    while os.getppid() == parent and (number := os.read(queue, 1)):
        TASKS[number[0]](sample)


def compile_alone(plan: BuildPlan) -> None:
    """Compile all that a plan's files need, while no other process of this user and machine does.

    Numba's cache on disk is not made for several processes that compile the same kernels at once. They wait
    for each other here, and all but the first one find compiled kernels.

    Parameters
    ----------
    plan
        The plan, with or without its route tables.
    """
    sample = Sample(next(iter(plan.models.values())), plan.items)
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # without a lock, the kernels are compiled all the same
            name = f"fastgen-compiling-{os.getuid()}.lock"
            lock = stack.enter_context((Path(tempfile.gettempdir()) / name).open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        count_orders(sample.model.demand, np.zeros(1, np.int64))
        for task in TASKS:
            task(sample)


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
