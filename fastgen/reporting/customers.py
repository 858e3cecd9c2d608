"""Keep who has ordered: the points to which orders went, how many, and the way there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from fastgen.dataset.kernels.route_check import POINT_BYTES_MIN
from fastgen.reporting.kernels.measure_routes import measure_routes

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIGN, _ALL = np.uint32(2**31), np.uint32(2**32 - 1)
_HALF = np.uint64(32)


class Routes(NamedTuple):
    """Ways of n customers: their m points, in microdegrees.

    Attributes
    ----------
    length_m
        float64 (n,), metres, along the straight legs between the points; 0 where no driver has gone there.
    start
        int64 (n + 1,), offsets of the points.
    lat_e6, lon_e6
        int32 (m,), from the kitchen to the customer.
    """

    length_m: NDArray[np.float64]
    start: NDArray[np.int64]
    lat_e6: NDArray[np.int32]
    lon_e6: NDArray[np.int32]

    @classmethod
    def none(cls, n: int) -> Self:
        """Make the ways of n customers to whom no driver has gone."""
        return cls(np.zeros(n), np.zeros(n + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32))

    @classmethod
    def read(cls, first: NDArray[np.int64], last: NDArray[np.int64], text: NDArray[np.uint8]) -> Self:
        """Read the ways from texts, as route_json has them: first and end byte of each, int64 (n,)."""
        n, n_most = len(first), int((last - first).sum()) // POINT_BYTES_MIN + 1
        start, length_m = np.empty(n + 1, np.int64), np.empty(n)
        lat_e6, lon_e6 = np.empty((2, n_most), np.int64)
        measure_routes(first, last, text, start, lat_e6, lon_e6, length_m)
        n_points = int(start[-1])
        return cls(length_m, start, lat_e6[:n_points].astype(np.int32), lon_e6[:n_points].astype(np.int32))

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Take some of the customers."""
        n_points = np.diff(self.start)[rows]
        start = np.concatenate([[0], np.cumsum(n_points)]).astype(np.int64)
        points = np.repeat(self.start[rows] - start[:-1], n_points) + np.arange(int(start[-1]))
        return self._replace(
            length_m=self.length_m[rows], start=start, lat_e6=self.lat_e6[points], lon_e6=self.lon_e6[points]
        )

    def join(self, other: Routes) -> Self:
        """Append other customers."""
        return self._replace(
            length_m=np.concatenate([self.length_m, other.length_m]),
            start=np.concatenate([self.start, self.start[-1] + other.start[1:]]),
            lat_e6=np.concatenate([self.lat_e6, other.lat_e6]),
            lon_e6=np.concatenate([self.lon_e6, other.lon_e6]),
        )


class Customers(NamedTuple):
    """The n customers of a location, by (latitude, longitude) in ascending order.

    Attributes
    ----------
    key
        uint64 (n,), the position as one number, in that order.
    orders
        int64 (n,), how many orders each has placed.
    routes
        The way to each.
    """

    key: NDArray[np.uint64]
    orders: NDArray[np.int64]
    routes: Routes

    @classmethod
    def none(cls) -> Self:
        """Make the customers of a location without orders."""
        return cls(np.zeros(0, np.uint64), np.zeros(0, np.int64), Routes.none(0))

    @property
    def lat(self) -> NDArray[np.float32]:
        """Latitudes as the events have them, float32 (n,), degrees."""
        return _decode((self.key >> _HALF).astype(np.uint32))

    @property
    def lon(self) -> NDArray[np.float32]:
        """Longitudes as the events have them, float32 (n,), degrees."""
        return _decode((self.key & np.uint64(_ALL)).astype(np.uint32))

    def find(self, key: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Find the rows of customers who are all here, int64."""
        return np.searchsorted(self.key, key).astype(np.int64)

    def add(self, other: Customers) -> Customers:
        """Add the orders of other customers of the same location; who is here keeps the way that is here."""
        if not len(self.key) or not len(other.key):
            return self if len(self.key) else other
        key = np.union1d(self.key, other.key)
        orders = np.zeros(len(key), np.int64)
        orders[np.searchsorted(key, self.key)] += self.orders
        orders[np.searchsorted(key, other.key)] += other.orders
        # Rows of the customers of both, one after the other; row -1 is nobody, with an empty way.
        both = self.routes.join(other.routes).join(Routes.none(1))
        source = np.full(len(key), len(self.key) + len(other.key), np.int64)
        for customers, offset in ((other, len(self.key)), (self, 0)):
            known = np.flatnonzero(np.diff(customers.routes.start) > 0)
            source[np.searchsorted(key, customers.key[known])] = known + offset
        return Customers(key, orders, both.take(source))


def make_keys(lat: NDArray[np.float32], lon: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Turn positions into numbers that sort as (latitude, longitude), uint64 (n,)."""
    return (_encode(lat).astype(np.uint64) << _HALF) | _encode(lon).astype(np.uint64)


def _encode(degrees: NDArray[np.float32]) -> NDArray[np.uint32]:
    # The bits of floats sort as numbers do, but for their sign.
    bits = np.ascontiguousarray(degrees, np.float32).view(np.uint32)
    return bits ^ np.where(bits & _SIGN, _ALL, _SIGN)


def _decode(code: NDArray[np.uint32]) -> NDArray[np.float32]:
    bits = code ^ np.where(code & _SIGN, _SIGN, _ALL)
    return bits.astype(np.uint32).view(np.float32)
