"""Define what decides the events of a dataset, in whatever form they are read or written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from fastgen.dataset.manifest_entries import Network, Source
from fastgen.errors import ScenarioError
from fastgen.events.body import encode_items
from fastgen.events.day_digest import digest_version
from fastgen.events.schema import MAX_PINGS_I16, TableForm, sequence_kind
from fastgen.inputs.timezones import load_zone
from fastgen.orders.source import StatisticalSource
from fastgen.rng import Purpose, Stream, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias
    from zoneinfo import ZoneInfo

    from fastgen.cooking.source import StationsSource
    from fastgen.events.kernels.expand import ItemTexts
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.order_source import OrderSource
    from fastgen.model.route_table import RouteTable
    from fastgen.model.scenario import Scenario

    # Makes the orders of a scenario over its tables and the route tables of the locations built.
    MakeSource: TypeAlias = Callable[[Scenario, Dimensions, Mapping[int, RouteTable]], OrderSource]


class Span(NamedTuple):
    """A location and some days of it, both ends included."""

    location_id: int
    first_day: int
    last_day: int


@dataclass(frozen=True, eq=False)
class Simulation:
    """All that is needed to make the events of any location-day, independent of all others.

    Attributes
    ----------
    scenario, dims
        The scenario and its tables.
    tables
        Route table of each location built, by location_id.
    source
        Source of the orders.
    items
        JSON texts of the items, as the bodies of events have them.
    sequence_kind
        "i8" or "i16".
    """

    scenario: Scenario
    dims: Dimensions
    tables: Mapping[int, RouteTable]
    source: OrderSource
    items: ItemTexts
    sequence_kind: str

    @property
    def networks(self) -> tuple[Network, ...]:
        """Road networks of the locations built."""
        codes = {place.location_id: place.code for place in self.scenario.locations}
        return tuple(
            Network(key, codes[key], table.network_hash, *table.provenance)
            for key, table in self.tables.items()
        )

    @property
    def stated_source(self) -> Source | None:
        """What manifest and build id say of the source; None for the statistical one."""
        source = self.source
        if source.name is None:
            return None
        return Source(source.name, source.longest_preparation_s, source.may_end_early)

    @property
    def table_form(self) -> TableForm:
        """What the event table has of its own."""
        return TableForm(self.sequence_kind, self.source.may_end_early)

    @property
    def digest_version(self) -> int:
        """Version of the digests."""
        return digest_version(may_end_early=self.source.may_end_early)

    @property
    def epoch_s(self) -> int:
        """Unix seconds of day 0, 00:00."""
        return int(dt.datetime.combine(self.scenario.start, dt.time(), dt.UTC).timestamp())

    @property
    def order_ids(self) -> Stream:
        """Stream of the keys by which numbers of orders become order ids."""
        # Of no location: the ids have to be unique in the whole dataset.
        return stream(self.scenario.seed, 0, Purpose.ORDER_ID)

    @property
    def events_expected(self) -> float:
        """Expected number of events."""
        expected = self.source.expected_orders
        return sum(float(expected[key].sum()) * table.events_per_order for key, table in self.tables.items())

    def count_events(self, span: Span) -> float:
        """Count the events of a span, with the mean of its location's routes."""
        orders = self.source.n_orders[span.location_id][span.first_day : span.last_day + 1]
        return float(orders.sum()) * self.tables[span.location_id].events_per_order


def make_simulation(
    scenario: Scenario,
    dims: Dimensions,
    tables: Mapping[int, RouteTable],
    make_source: MakeSource | None = None,
) -> Simulation:
    """Make a simulation from inputs that are loaded.

    Parameters
    ----------
    scenario, dims
        The scenario and its tables.
    tables
        Route table of each location to build, by location_id.
    make_source
        Makes the source of orders; None: the statistical one.

    Raises
    ------
    ScenarioError
        If the scenario expects more orders than a dataset can hold, or a route has more pings than a sequence
        can count.
    """
    make_source = make_source or (
        make_statistical_source if scenario.kitchen is None else make_stations_source
    )
    return Simulation(
        scenario=scenario,
        dims=dims,
        tables=tables,
        source=make_source(scenario, dims, tables),
        items=encode_items(dims.items),
        sequence_kind=_choose_sequence_kind(scenario, tables),
    )


def make_statistical_source(
    scenario: Scenario, dims: Dimensions, _: Mapping[int, RouteTable]
) -> StatisticalSource:
    """Make the source of orders that scenario, tables and seed decide alone."""
    return StatisticalSource.of(scenario, dims, _load_zones(scenario))


def make_stations_source(scenario: Scenario, dims: Dimensions, _: Mapping[int, RouteTable]) -> StationsSource:
    """Make the source of the same orders whose times come from kitchens with stations and couriers."""
    # Only for scenarios with such kitchens: others needn't load the engine.
    from fastgen.cooking.source import StationsSource  # noqa: PLC0415

    return StationsSource.of(scenario, dims, _load_zones(scenario))


def _load_zones(scenario: Scenario) -> dict[int, ZoneInfo]:
    # By the local clock, no time zone matters.
    places = scenario.locations if scenario.clock == "utc" else ()
    return {place.location_id: load_zone(place.timezone) for place in places}


def _choose_sequence_kind(scenario: Scenario, tables: Mapping[int, RouteTable]) -> str:
    for place in scenario.locations:
        # A sequence number is at most 16 bits wide.
        max_pings = tables[place.location_id].max_pings if place.location_id in tables else 0
        if max_pings > MAX_PINGS_I16:
            where = f"locations.{place.code}.driver" if place.driver else "driver"
            raise ScenarioError(
                f"{where}.ping_interval_s: expected at most {MAX_PINGS_I16} pings on the longest route, "
                f"got {max_pings}."
            )
    return sequence_kind(max(table.max_pings for table in tables.values()))
