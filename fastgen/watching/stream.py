"""Keep what the page shows of a stream: its clock, open orders, places, and what was wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fastgen.events.schema import (
    CANCELLED,
    CREATED,
    DELIVERED,
    N_TYPES_DELIVERED,
    PICKED_UP,
    PING,
    READY,
)
from fastgen.units import S_PER_DAY, S_PER_H, S_PER_MIN
from fastgen.watching.places import Known, Place
from fastgen.watching.rows import Malformed, Row, read_number, read_position, read_route
from fastgen.watching.stream_clock import StreamClock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

K = TypeVar("K")
# An ended order stays so long on the map; one of which nothing more is heard is given up after this time.
SHOWN_S, FORGOTTEN_S = 600, 3 * S_PER_H
# The memory of a watch is bounded by these, whatever the stream is like.
ORDERS_MAX, PLACES_MAX, IDS_MAX, ENDED_MAX = 20_000, 100, 200_000, 20_000
OPEN, IS_DELIVERED, IS_CANCELLED = 0, 1, 2
_ALL_PERCENT = 100
_FAULTS = ("duplicates", "late", "early", "malformed", "incomplete", "lost")


@dataclass(slots=True)
class Order:
    """An order; times are Unix seconds.

    Attributes
    ----------
    number
        What messages call it.
    place, point
        Where it is from and where it goes to; -1: that isn't known.
    created
        When it was created, or its first event was seen.
    heard
        When its newest event was.
    left, ends
        When its driver left; when it ended or, while it is open, when it is expected to.
    state
        `OPEN`, `IS_DELIVERED` or `IS_CANCELLED`.
    is_begun, is_ready
        Whether its creation was seen, and whether the kitchen has packed it.
    sequences
        Its sequence numbers that were seen, as bits.
    n_events
        Number of its events.
    """

    number: int
    place: int
    created: float
    heard: float
    point: int = -1
    left: float | None = None
    ends: float | None = None
    state: int = OPEN
    is_begun: bool = False
    is_ready: bool = False
    sequences: int = 0
    n_events: int = 0

    def tell(self) -> list[Any]:
        """Tell what a page draws."""
        return [self.number, self.place, self.point, self.created, self.left, self.ends, self.state]


class Recent(Generic[K]):
    """The newest keys, up to a number of them."""

    def __init__(self, most: int) -> None:
        self._most, self._keys = most, dict[K, None]()

    def __contains__(self, key: K) -> bool:
        """Say whether a key is among them."""
        return key in self._keys

    def add(self, key: K) -> None:
        """Add a key; the oldest one makes room."""
        self._keys[key] = None
        if len(self._keys) > self._most:
            del self._keys[next(iter(self._keys))]


class Stream:
    """A stream of events, as far as it was read.

    Parameters
    ----------
    known
        What is known beforehand of places, by what tells them apart in the rows.

    Attributes
    ----------
    clock
        Its time.
    n_events
        Number of rows, bad ones too.
    places
        The places.
    orders
        Orders that are open or have just ended, by place and order id.
    changed, gone
        Orders that have changed since the last message, and numbers of those that are no longer kept.
    """

    def __init__(self, known: Mapping[str, Known]) -> None:
        self.clock = StreamClock()
        self.n_events = 0
        self.places = [Place.of(place) for place in known.values()]
        self.orders: dict[tuple[int, str], Order] = {}
        self.changed: dict[int, Order] = {}
        self.gone: list[int] = []
        self._place_at = {key: i for i, key in enumerate(known)}
        self._faults: Counter[str] = Counter()
        self._kinds = 0
        self._n_orders = 0
        self._events, self._ended = Recent[int](IDS_MAX), Recent[tuple[int, str]](ENDED_MAX)
        self._pruned = 0.0

    @property
    def faults(self) -> dict[str, int]:
        """Count what was wrong, by its kind."""
        clock = {"late": self.clock.n_late, "early": self.clock.n_early}
        return {name: clock.get(name, self._faults[name]) for name in _FAULTS}

    def take(self, rows: Iterable[Row | Malformed]) -> None:
        """Take the next rows of the stream."""
        for row in rows:
            self.n_events += 1
            if isinstance(row, Malformed):
                self._faults["incomplete" if row.is_json else "malformed"] += 1
                continue
            if not row.is_whole:
                self._faults["incomplete"] += 1
            self._take(row)

    def _take(self, row: Row) -> None:
        place = self._find_place(row)
        if place < 0:
            return
        key, event = (place, row.order_id), hash(row.event_id)
        order = self.orders.get(key)
        has_come = row.sequence >= 0 and order is not None and order.sequences >> row.sequence & 1
        if has_come or (row.event_id and event in self._events):
            self._faults["duplicates"] += 1
            return
        self._events.add(event)
        self._kinds |= 1 << row.kind
        self.clock.see(row.time)
        if order is None:
            # What comes late of an order that has ended doesn't open it again.
            if key in self._ended or self._is_old(row.time):
                return
            order = self._add(key, row)
        order.heard = max(order.heard, row.time)
        order.n_events += 1
        if row.sequence >= 0:
            order.sequences |= 1 << row.sequence
        self._advance(order, row)
        self.changed[order.number] = order

    def _find_place(self, row: Row) -> int:
        found = self._place_at.get(row.place, -1)
        if found < 0 and len(self.places) < PLACES_MAX:
            found = self._place_at[row.place] = len(self.places)
            self.places.append(Place.of(Known(row.place_name)))
        return found

    def _is_old(self, time: float) -> bool:
        return self.clock.newest is not None and abs(time - self.clock.newest) > FORGOTTEN_S

    def _add(self, key: tuple[int, str], row: Row) -> Order:
        self._n_orders += 1
        order = self.orders[key] = Order(self._n_orders, key[0], row.time, row.time)
        if len(self.orders) > ORDERS_MAX:
            self._remove(next(iter(self.orders)))
        return order

    def _advance(self, order: Order, row: Row) -> None:
        place, body = self.places[order.place], row.body
        if row.kind == CREATED:
            order.created, order.is_begun = row.time, True
            place.created += 1
            at = read_position(body.get("customer_lat"), body.get("customer_lon"))
            if at is not None and order.left is None:
                order.point = place.ways.find(at)
        elif row.kind == READY:
            order.is_ready = True
        elif row.kind == PICKED_UP:
            self._leave(order, row)
        elif row.kind == PING and order.state == OPEN and order.left is not None:
            percent = read_number(body.get("progress_pct"), _ALL_PERCENT)
            if percent and row.time > order.left:
                order.ends = order.left + (row.time - order.left) * _ALL_PERCENT / percent
        elif row.kind in (DELIVERED, CANCELLED):
            self._end(order, row)

    def _leave(self, order: Order, row: Row) -> None:
        place = self.places[order.place]
        order.left = row.time
        end = place.leave(read_route(row.body.get("route_points")))
        if end < 0:
            order.left = row.time if order.point >= 0 else None
            return
        order.point = end
        if order.state == OPEN:
            minutes = read_number(row.body.get("eta_mins"), S_PER_DAY)
            drive_s = place.drive_s(end) if minutes is None else minutes * S_PER_MIN
            order.ends = row.time + max(1.0, drive_s)

    def _end(self, order: Order, row: Row) -> None:
        place = self.places[order.place]
        if order.state != OPEN:
            return
        order.ends = row.time
        if row.kind == CANCELLED:
            order.state = IS_CANCELLED
            place.cancelled += 1
            return
        order.state = IS_DELIVERED
        place.delivered += 1
        if order.is_begun:
            place.waited_s.append(row.time - order.created)
        if order.left is not None and order.point >= 0:
            place.learn_speed(order.point, row.time - order.left)

    def prune(self) -> None:
        """Give up orders that ended a while ago, and those of which nothing more is heard."""
        newest = self.clock.newest
        if newest is None or newest == self._pruned:
            return
        self._pruned = newest
        for key, order in list(self.orders.items()):
            if order.state == OPEN:
                is_over = self._is_old(order.heard)
            else:
                is_over = abs(newest - (order.ends or newest)) > SHOWN_S
            if is_over:
                self._remove(key)

    def _remove(self, key: tuple[int, str]) -> None:
        order = self.orders.pop(key)
        self.changed.pop(order.number, None)
        self.gone.append(order.number)
        if order.state != OPEN:
            self._ended.add(key)
        # Where a whole type never comes, the stream is a selection, and lacks nothing.
        has_all = self._kinds.bit_count() >= N_TYPES_DELIVERED
        if has_all and order.is_begun and order.state == IS_DELIVERED:
            self._faults["lost"] += max(0, order.sequences.bit_length() - order.n_events)
