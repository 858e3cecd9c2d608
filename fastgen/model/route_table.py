"""Define the route table of a kitchen: route, driving time, pings and address of every customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fastgen.model.road_graph import Provenance

MAX_TEXT_BYTES = 2**31 - 1  # of all routes: Arrow string views hold 32-bit offsets


@dataclass(frozen=True)
class RouteRequest:
    """Parameters of a route table; with the road graph, they decide its content.

    Attributes
    ----------
    lat, lon
        Kitchen, decimal degrees.
    radius_mi
        Half the side of the delivery square, miles.
    speed_mph
        Driving speed, miles an hour.
    ping_interval_s
        Seconds between pings.
    ping_position
        "distance": pings at equal shares of the route's length; "node": at equal shares of its nodes.
    street
        Street of an address where the network has no street names.
    """

    lat: float
    lon: float
    radius_mi: float
    speed_mph: float
    ping_interval_s: int
    ping_position: str
    street: str


@dataclass(frozen=True, eq=False)
class RouteTable:
    """Routes from one kitchen to the n nodes of its connected component, the customers.

    Attributes
    ----------
    network_hash
        Content hash of the road graph.
    provenance
        Source and licence of the road graph.
    kitchen_dist_m
        Metres from the kitchen to its node.
    lat, lon
        float32 (n,), degrees.
    dist_mm
        int64 (n,), length of the route.
    drive_us
        int64 (n,), microseconds of driving.
    undirected
        int8 (n,), 1 where the route ignores one-way streets, because they leave no way to the customer.
    ping_start
        int64 (n + 1,), offsets into the ping arrays.
    ping_lat, ping_lon, ping_progress
        float32, degrees and percent.
    text_start
        int64 (n + 1,), offsets into `text`.
    text
        uint8, route_json of every customer, concatenated.
    by_path
        int32 (n,), the customers in an order in which neighbours share most of their route: texts in this
        order compress best.
    street
        int32 (n,), index of the customer's street.
    street_start
        int64 (n_streets + 1,), offsets into `street_text`.
    street_text
        uint8, the street names in UTF-8, each after a space, as it follows the house number in an address.
    warning
        Warning about the network, in one line; empty if there is none.
    """

    network_hash: str
    provenance: Provenance
    kitchen_dist_m: float
    lat: NDArray[np.float32]
    lon: NDArray[np.float32]
    dist_mm: NDArray[np.int64]
    drive_us: NDArray[np.int64]
    undirected: NDArray[np.int8]
    ping_start: NDArray[np.int64]
    ping_lat: NDArray[np.float32]
    ping_lon: NDArray[np.float32]
    ping_progress: NDArray[np.float32]
    text_start: NDArray[np.int64]
    text: NDArray[np.uint8]
    by_path: NDArray[np.int32]
    street: NDArray[np.int32]
    street_start: NDArray[np.int64]
    street_text: NDArray[np.uint8]
    warning: str = ""

    @property
    def n_customers(self) -> int:
        """Number of customers."""
        return len(self.lat)

    @property
    def max_pings(self) -> int:
        """Most pings of one delivery."""
        return int((self.ping_start[1:] - self.ping_start[:-1]).max())

    @property
    def events_per_order(self) -> float:
        """Mean events of an order: the seven that every order has, and its pings."""
        # A plain mean over the customers, who are all equally likely to order (docs/model.md, 4.3).
        return 7.0 + len(self.ping_lat) / self.n_customers
