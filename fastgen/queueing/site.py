"""Hold the state of a site: its stations, couriers and customers, and the orders that it works on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.filling import write_lines, write_orders
from fastgen.queueing.kernels.records import SiteArrays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Capacity(NamedTuple):
    """What a site has to work with.

    Attributes
    ----------
    stations
        int64 (n_kitchens, n_types), number of stations of each type in each kitchen, at most 62.
    paces
        int64 (n_couriers,), microseconds that each courier takes for a unit of a ride's length.
    lead_us
        How long before its expected end an order calls a courier, microseconds; 0: at its end.
    eating_us
        How long after a delivery a customer orders again, microseconds.
    n_customers
        Number of customers; 0 if a customer may have several open orders.
    nearest_first
        Whether a free courier takes the order with the shortest ride; else the one that called first.
    """

    stations: NDArray[np.int64]
    paces: NDArray[np.int64]
    lead_us: int = 0
    eating_us: int = 0
    n_customers: int = 0
    nearest_first: bool = False


class Demand(NamedTuple):
    """Orders to come, sorted by (created, number); columns of lines and steps follow their order.

    Attributes
    ----------
    created_us, number, customer, packing_us, ride_out, ride_back
        int64 (n_orders,). `number` decides the kitchens; a ride's length is in units of the couriers' pace,
        and -1 where there is no way.
    line_start
        int64 (n_orders + 1,), offsets into the lines.
    step_start
        int64 (n_lines + 1,), offsets into the steps; each line has at least one.
    step_type, duration_us, expected_us
        int64 (n_steps,): type of station, duration drawn, duration expected.
    draw, line_item
        int64 (n_orders,), address of each order's draws within its day, and int32 (n_lines,), row of the
        items table: only passed on.
    """

    created_us: NDArray[np.int64]
    number: NDArray[np.int64]
    customer: NDArray[np.int64]
    packing_us: NDArray[np.int64]
    ride_out: NDArray[np.int64]
    ride_back: NDArray[np.int64]
    line_start: NDArray[np.int64]
    step_start: NDArray[np.int64]
    step_type: NDArray[np.int64]
    duration_us: NDArray[np.int64]
    expected_us: NDArray[np.int64]
    draw: NDArray[np.int64]
    line_item: NDArray[np.int32]

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Numbers of orders, lines and steps."""
        return len(self.created_us), len(self.line_item), len(self.step_type)

    def section(self, first: int, last: int) -> Self:
        """Take the orders first..last-1, with their lines and steps."""
        lines = slice(int(self.line_start[first]), int(self.line_start[last]))
        steps = slice(int(self.step_start[lines.start]), int(self.step_start[lines.stop]))
        here = slice(first, last)
        return self._replace(
            created_us=self.created_us[here],
            number=self.number[here],
            customer=self.customer[here],
            packing_us=self.packing_us[here],
            ride_out=self.ride_out[here],
            ride_back=self.ride_back[here],
            line_start=self.line_start[first : last + 1] - lines.start,
            step_start=self.step_start[lines.start : lines.stop + 1] - steps.start,
            step_type=self.step_type[steps],
            duration_us=self.duration_us[steps],
            expected_us=self.expected_us[steps],
            draw=self.draw[here],
            line_item=self.line_item[lines],
        )


class Records(NamedTuple):
    """Records of orders, of their lines and of the steps of those, all int64, a record a row."""

    orders: NDArray[np.int64]
    lines: NDArray[np.int64]
    steps: NDArray[np.int64]

    @classmethod
    def empty(cls, n_orders: int, n_lines: int, n_steps: int) -> Records:
        """Make records that are to be filled in."""
        return cls(
            np.empty((n_orders, r.ORDER_COLUMNS), np.int64),
            np.empty((n_lines, r.LINE_COLUMNS), np.int64),
            np.empty((n_steps, r.STEP_COLUMNS), np.int64),
        )


def count_entity_bits(capacity: Capacity) -> int:
    """Count the bits of an event's key that number a station or courier; the other ones are for the time."""
    n_entities = int(capacity.stations.sum()) + len(capacity.paces)
    return int(max(2, n_entities) - 1).bit_length()


def clock_end_us(capacity: Capacity) -> int:
    """Compute the time from which on a site could have no event: too many of its bits number entities."""
    return r.NEVER >> count_entity_bits(capacity)


def make_site(
    capacity: Capacity,
    demand: Demand,
    changes: Sequence[tuple[int, int, int]] = (),
    weather: Sequence[tuple[int, int]] = (),
) -> SiteArrays:
    """Make an empty site with orders to come.

    Parameters
    ----------
    capacity, demand
        What it has, and what it is asked for.
    changes
        (time, target, value), see CHANGE_TARGET; in any order.
    weather
        (time, thousandths of the usual ride), sorted by time.
    """
    pools, stations = _make_stations(capacity.stations)
    n_couriers = len(capacity.paces)
    bits = count_entity_bits(capacity)
    settings, progress = np.zeros(r.N_SETTINGS, np.int64), np.zeros(r.N_PROGRESS, np.int64)
    settings[r.N_KITCHENS], settings[r.N_TYPES] = capacity.stations.shape
    settings[r.ENTITY_BITS] = bits
    settings[r.LEAD], settings[r.EATING] = capacity.lead_us, capacity.eating_us
    settings[r.NEAREST_FIRST] = capacity.nearest_first
    progress[r.ON_DUTY] = progress[r.N_HOME] = n_couriers
    couriers = np.full((n_couriers, r.COURIER_COLUMNS), r.NONE, np.int64)
    couriers[:, r.COURIER_PACE] = capacity.paces
    # Days of places east of Greenwich begin before the epoch, where times are negative.
    couriers[:, r.COURIER_BACK] = -r.NEVER
    home = np.zeros((n_couriers, 2), np.int64)
    home[:, 1] = np.arange(n_couriers)
    orders, lines, steps = make_records(demand)
    return SiteArrays(
        settings=settings,
        progress=progress,
        orders=orders,
        lines=lines,
        steps=steps,
        pools=pools,
        stations=stations,
        couriers=couriers,
        is_open=np.ones(len(capacity.stations), np.int64),
        customer_free=np.full(capacity.n_customers, -r.NEVER, np.int64),
        changes=np.array(sorted(changes), np.int64).reshape(-1, r.CHANGE_COLUMNS),
        weather=np.array([(-r.NEVER, 1000), *weather], np.int64),
        tree=np.full(2 << bits, r.NEVER, np.int64),
        home=home,
        riding=np.zeros((n_couriers, 2), np.int64),
        waiting=np.zeros((len(orders), 2), np.int64),
    )


def _make_stations(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Make pools, in the order of (kitchen, type), and their stations."""
    sizes = counts.ravel()
    pools = np.full((len(sizes), r.POOL_COLUMNS), r.NONE, np.int64)
    pools[:, r.POOL_FIRST_STATION] = np.cumsum(sizes) - sizes
    pools[:, r.POOL_WORKING] = (1 << sizes) - 1
    pools[:, r.POOL_BUSY] = 0
    stations = np.full((int(sizes.sum()), r.STATION_COLUMNS), r.NONE, np.int64)
    stations[:, r.STATION_POOL] = np.repeat(np.arange(len(sizes)), sizes)
    return pools, stations


def make_records(demand: Demand) -> Records:
    """Make the records of orders to come."""
    records = Records.empty(*demand.sizes)
    fill_records(demand, records, (0, 0, 0))
    return records


def fill_records(demand: Demand, records: Records, sizes: tuple[int, int, int]) -> None:
    """Write the records of orders to come.

    Parameters
    ----------
    demand
        The orders.
    records
        Output: the rows after the first ones.
    sizes
        Numbers of orders, lines and steps that are there before them.
    """
    first_order, first_line, first_step = sizes
    orders, lines, steps = (part[n:] for part, n in zip(records, sizes, strict=True))
    write_orders(
        demand.created_us,
        demand.number,
        demand.customer,
        demand.packing_us,
        demand.ride_out,
        demand.ride_back,
        demand.draw,
        demand.line_start,
        first_line,
        orders,
    )
    write_lines(
        demand.line_start,
        demand.line_item,
        demand.step_start,
        demand.step_type,
        demand.duration_us,
        demand.expected_us,
        first_order,
        first_step,
        lines,
        steps,
    )
