"""Count the orders that `fastgen verify` reads, batch by batch and in several threads, into a tally."""

from __future__ import annotations

from dataclasses import replace
from threading import get_ident
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.dataset.reading.lines import index_items
from fastgen.events.schema import CREATED, PICKED_UP
from fastgen.reporting.customers import Customers, Routes, make_keys
from fastgen.reporting.kernels.count_orders import IS_CANCELLED, N_KINDS, count_baskets, count_events
from fastgen.reporting.place_clocks import PlaceClocks
from fastgen.reporting.tally import Tally
from fastgen.reporting.trips import Played, Trips

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.dataset.reading.lines import Lines
    from fastgen.dataset.reading.orders import OrderRows
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.scenario import Scenario
    from fastgen.reporting.axes import Axes


class OrderCounter:
    """Counts orders; `observe` may be called by several threads at a time.

    Parameters
    ----------
    axes, scenario, dims
        What the dataset is of.
    played
        The days whose orders are kept for the map.
    """

    def __init__(self, axes: Axes, scenario: Scenario, dims: Dimensions, played: Played) -> None:
        self._axes, self._played = axes, played
        self._clocks = PlaceClocks(axes, scenario)
        self._row = np.zeros(max(axes.location_ids) + 1, np.int64)
        self._row[list(axes.location_ids)] = np.arange(axes.n_locations)
        rank = np.argsort(dims.brands.brand_id, kind="stable")
        found = np.searchsorted(dims.brands.brand_id[rank], dims.items.brand_id)
        self._item_brand = rank[found].astype(np.int64)
        self._item_cents = index_items(dims.items).cents
        # Each thread counts into arrays of its own.
        self._of_thread: dict[int, _ThreadCounts] = {}

    def observe(self, orders: OrderRows, lines: Lines) -> None:
        """Count the well-formed orders of a batch, and their lines."""
        mine = self._of_thread.get(get_ident())
        if mine is None:
            mine = self._of_thread[get_ident()] = _ThreadCounts(self._axes)
        # The counts of a thread are its own until `finish`, so the kernels add to them in place.
        location, counts = self._row[orders.location_id], mine.tally
        values = orders.batch.values
        picked_up_s, ended_s = np.empty((2, len(location)), np.int64)
        ending = np.empty(len(location), np.int8)
        count_events(
            values["event_type_id"],
            values["ts_seconds"],
            orders.first,
            orders.last,
            location,
            orders.day,
            np.empty(N_KINDS, np.int64),
            counts.by_day,
            counts.seconds,
            counts.pings,
            picked_up_s,
            ended_s,
            ending,
        )
        second = self._clocks.seconds_of_day(location, orders.day, values["ts_seconds"][orders.first])
        count_baskets(
            lines.start,
            lines.item,
            lines.qty,
            self._item_brand,
            self._item_cents,
            location,
            orders.day,
            second,
            self._axes.start.weekday(),
            self._axes.period_days,
            np.zeros(self._axes.n_brands, np.int64),
            counts.by_day,
            counts.by_minute,
            counts.by_hour,
            counts.by_brand,
            counts.brands_per_order,
            counts.lines_per_brand,
            counts.lines_per_order,
            counts.quantities,
            counts.price_usd,
        )
        self._observe_customers(mine, orders, (location, orders.day, second, picked_up_s, ended_s), ending)

    def _observe_customers(
        self,
        mine: _ThreadCounts,
        orders: OrderRows,
        columns: tuple[NDArray[np.int64], ...],
        ending: NDArray[np.int8],
    ) -> None:
        """Count the customers of a batch, and keep its orders of days that can be played."""
        values, (location, day, _, picked_up_s, _) = orders.batch.values, columns
        key = make_keys(values["customer_lat"][orders.first], values["customer_lon"][orders.first])
        mine.add_customers(orders, location, key, picked_up_s >= 0)
        kept = self._played.keeps(day, orders.batch.code[orders.first])
        if kept.any():
            of_all = (*columns, ending == IS_CANCELLED, key)
            mine.trips.append(tuple(column[kept] for column in of_all))

    def finish(self) -> Tally:
        """Add up what all threads have counted."""
        total = Tally.empty(self._axes)
        for mine in self._of_thread.values():
            total += mine.finish()
        return total


class _ThreadCounts:
    """What one thread has counted."""

    def __init__(self, axes: Axes) -> None:
        self.tally = Tally.empty(axes)
        self.trips: list[tuple[NDArray[Any], ...]] = []
        # Joining is as long as a table: new customers are gathered, and joined when they are many.
        self._known = [Customers.none() for _ in axes.codes]
        self._recent = [Customers.none() for _ in axes.codes]

    def add_customers(
        self,
        orders: OrderRows,
        location: NDArray[np.int64],
        key: NDArray[np.uint64],
        driven: NDArray[np.bool_],
    ) -> None:
        """Count the customers of a batch, and read the ways to those to whom no driver has gone before."""
        for row in np.unique(location).tolist():
            here = np.flatnonzero(location == row)
            # Orders with a drive first: the first order of each customer shows the way, if any does.
            here = here[np.argsort(~driven[here], kind="stable")]
            found, first, n_orders = np.unique(key[here], return_index=True, return_counts=True)
            known = self._known[row]
            at = np.minimum(known.find(found), max(len(known.key) - 1, 0))
            old = known.key[at] == found if len(known.key) else np.zeros(len(found), bool)
            if len(known.key):
                old &= (np.diff(known.routes.start)[at] > 0) | ~driven[here[first]]
            known.orders[at[old]] += n_orders[old]
            new, order = ~old, here[first[~old]]
            routes = _read_routes(orders, order, driven[order])
            self._recent[row] = self._recent[row].add(Customers(found[new], n_orders[new], routes))
            if len(self._recent[row].key) > len(known.key) // 2:
                self._settle(row)

    def _settle(self, row: int) -> None:
        self._known[row] = self._known[row].add(self._recent[row])
        self._recent[row] = Customers.none()

    def finish(self) -> Tally:
        """Return the tally of this thread's orders."""
        for row in range(len(self._known)):
            self._settle(row)
        return _with_customers(self.tally, tuple(self._known), self.trips)


def _read_routes(orders: OrderRows, which: NDArray[np.int64], driven: NDArray[np.bool_]) -> Routes:
    """Read the ways of some orders; none where no driver has gone."""
    texts = orders.batch.texts["route_json"]
    row = orders.first[which] + (PICKED_UP - CREATED) * driven
    first = texts.start[row]
    return Routes.read(first, np.where(driven, texts.start[row + 1], first), texts.text)


def _with_customers(
    tally: Tally, customers: tuple[Customers, ...], trips: list[tuple[NDArray[Any], ...]]
) -> Tally:
    """Complete a tally by its customers and trips; the last column of `trips` has keys of customers."""
    joined = Trips.none()
    if trips:
        *columns, key = (np.concatenate(column) for column in zip(*trips, strict=True))
        customer = np.zeros(len(key), np.int32)
        for row, here in enumerate(customers):
            chosen = columns[0] == row
            customer[chosen] = here.find(key[chosen])
        types = (column.dtype for column in joined.columns())
        joined = Trips._make(c.astype(t) for c, t in zip((*columns, customer), types, strict=True)).sort()
    return replace(tally, customers=customers, trips=joined)
