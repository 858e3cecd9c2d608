"""Define the interface between a simulation, which makes orders, and all rooms that use the orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders
    from fastgen.model.route_table import RouteTable


class OrderRange(NamedTuple):
    """Consecutive orders of one location-day.

    Attributes
    ----------
    day
        Day number.
    first_rank
        Rank of the first order within its day: its position by creation time, from 0.
    n_orders
        Number of orders.
    first_index
        Index of the first order in the whole dataset; order ids are made from indices.
    """

    day: int
    first_rank: int
    n_orders: int
    first_index: int


class OrderSource(Protocol):
    """Says which orders a dataset has, and what each of them is.

    Builds, tasks of Spark, forecasts and datasets without files know a simulation by this protocol alone.
    A source may count its orders without making them, or simulate a location when it is first asked for its
    counts, and keep the orders.

    What a source must keep to:

    - The same scenario, tables and networks give the same orders, in every process and at every call.
    - An order is the same whether its range is asked for alone or together with others.
    - A source can be pickled, and several threads may call `fill` at the same time.
    - Orders of a day are sorted by creation time, then draw number, and are created within that day.

    `building.build.build_with` and `generating.inputs.load_simulation` take a function that makes a source,
    `make_source(scenario, dims, tables)`; its third argument has the route tables of the locations built.
    tests/generating/timetable.py is a small source, queue_kitchens.py beside it one that counts after it has
    run a location, closing_kitchens.py one whose orders may end early. .github/CONTRIBUTING.md says step by
    step how to add one.

    Attributes
    ----------
    name
        Name and version of the source, part of manifest and build id. It must change with everything that
        changes the orders, other than scenario, tables and networks. None for the statistical simulation,
        which these describe completely.
    n_orders, first_index
        int64 (n_days,) by location_id, for every location of the scenario, built or not. n_orders: orders of
        each day. first_index: orders of all earlier days, plus those of the same day at locations with a
        smaller location_id.
    expected_orders
        float64 (n_days,) by location_id: about as many orders as there will be. It decides how a dataset is
        cut into files, and progress bars go by it.
    lines_max
        Most lines of an order; a line is one item with its quantity.
    longest_preparation_s
        Seconds from the creation of an order to its pick-up or its cancellation, at most.
    may_end_early
        Whether orders may be cancelled, or open: `fill` then gets orders with `Endings`, and the dataset has
        a column for the reason. Needs a name.
    """

    @property
    def name(self) -> str | None:
        """Name and version; None for the statistical simulation."""

    @property
    def n_orders(self) -> Mapping[int, NDArray[np.int64]]:
        """Orders of each day, by location_id."""

    @property
    def first_index(self) -> Mapping[int, NDArray[np.int64]]:
        """Index of each day's first order, by location_id."""

    @property
    def expected_orders(self) -> Mapping[int, NDArray[np.float64]]:
        """Orders expected of each day, by location_id."""

    @property
    def lines_max(self) -> int:
        """Most lines of an order."""

    @property
    def longest_preparation_s(self) -> int:
        """Most seconds from creation to pick-up or cancellation."""

    @property
    def may_end_early(self) -> bool:
        """Whether orders may be cancelled, or open."""

    def fill(
        self, location_id: int, ranges: Sequence[OrderRange], routes: RouteTable, orders: DayOrders
    ) -> None:
        """Fill in the orders of some ranges, one range after the other.

        Parameters
        ----------
        location_id
            The location.
        ranges
            Ranges of its days, in the dataset's order.
        routes
            Its customers and how long the drive to each takes.
        orders
            Output: an entry for each order; all fields but `id_view`, which the caller fills in.
            `line_start[0]` is given. Of each order, times_us must not fall from created to started, finished,
            ready and picked up; the driver arrives from created to picked up; customer is below
            `routes.n_customers`, and a quantity is 1 to 9. With endings, this holds of the steps that happen,
            each of which comes before the cut or is no event, and no step happens without those that cause
            it: started, finished, ready, picked up each need the one before; a pick-up needs a driver. All
            orders of a location-day have the same cut.
        """


@runtime_checkable
class CompletesOrders(Protocol):
    """An `OrderSource` that can also draw what orders made elsewhere leave open, by the rules of a location.

    A live run takes orders from outside if its source is one.
    """

    def complete(
        self,
        location_id: int,
        routes: RouteTable,
        day: NDArray[np.int64],
        index: NDArray[np.int64],
        orders: DayOrders,
    ) -> None:
        """Draw orders, each from streams that no order of the source itself draws from.

        Parameters
        ----------
        location_id, routes
            As of `OrderSource.fill`.
        day
            int64 (n_orders,), day number of each order, one of the scenario's: it decides how popular brands
            are.
        index
            int64 (n_orders,), a number below 2**32 for each order, from a hash of its own id.
        orders
            Creation times, `times_us[:, 0]`, and `line_start[0]` are given; all else but `id_view` is output.
        """
