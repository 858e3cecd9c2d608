"""Hypothesis strategies of valid scenarios, within the ranges that the fields themselves state."""

from __future__ import annotations

import datetime as dt
import math

from hypothesis import strategies as st

from fastgen.model.demand import Demand, DemandEvent, DemandWindow
from fastgen.model.location import Location, Placement
from fastgen.model.momentum import Momentum
from fastgen.model.order_rules import Baskets, Delivery, Driver, ServiceTime, ServiceTimes
from fastgen.model.scenario import Scenario
from fastgen.model.station_kitchens import StationKitchens

ZONES = ("UTC", "America/Chicago", "Asia/Kathmandu", "Australia/Lord_Howe")
names = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20).filter(
    lambda name: bool(name.strip())
)
codes = st.from_regex(r"[A-Za-z0-9_-]{1,12}( [a-zé\"']{1,5})?", fullmatch=True)


def number(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers of a closed range."""
    return st.floats(low, high, allow_nan=False)


# Peaks of at least 1 never make a negative demand, however the windows meet.
windows = st.builds(
    lambda name, ends, peak, shape: DemandWindow(name, min(ends), max(ends), peak, shape),
    names,
    st.lists(st.integers(0, 1439), min_size=2, max_size=2, unique=True),
    number(1, 1000),
    st.sampled_from(["bell", "flat"]),
)
window_sets = st.lists(windows, max_size=3, unique_by=lambda w: w.name).map(tuple)
weeks = st.lists(number(0, 100), min_size=7, max_size=7).map(tuple)
service_times = st.builds(ServiceTime, number(0, 1440), number(0, 240))


@st.composite
def demands(draw: st.DrawFn) -> Demand:
    """Demand of all locations."""
    low, high = sorted(draw(st.tuples(number(0, 100), number(0, 100))))
    return Demand(draw(weeks), low, high, draw(window_sets))


@st.composite
def basket_rules(draw: st.DrawFn) -> Baskets:
    """Basket rules, least numbers not above largest ones."""

    def pair(high: int) -> tuple[int, int]:
        low, top = sorted(draw(st.tuples(st.integers(1, high), st.integers(1, high))))
        return low, top

    brands, items, quantities = pair(16), pair(16), pair(9)
    floor = draw(st.floats(0, 1, exclude_min=True))
    return Baskets(draw(number(0, 1)), *brands, *items, *quantities, floor, draw(number(1, 36_500)))


drivers = st.builds(
    Driver,
    number(0, 1),
    number(0.1, 100),
    number(0.1, 100),
    number(1, 200),
    st.integers(1, 86_400),
    st.sampled_from(["distance", "node"]),
)
deliveries = st.builds(Delivery, number(0.1, 50), st.integers(1, 999_999), names)
all_service_times = st.builds(ServiceTimes, *[service_times] * 4, minimum_min=number(0.001, 60))


@st.composite
def momenta(draw: st.DrawFn, growth_max: float = 10) -> Momentum:
    """Momentum of brands: shares as whole hundredths, which add up to 1 but for the last bits."""
    ends = sorted(draw(st.tuples(st.integers(0, 100), st.integers(0, 100))))
    shares = (ends[0] / 100, (ends[1] - ends[0]) / 100, (100 - ends[1]) / 100)
    return Momentum(*shares, draw(number(0, growth_max)), draw(number(0, 0.99)))


def most_growth(days: int, start_day: int, period_days: float) -> float:
    """Largest growth a month that keeps a popularity within its bounds."""
    return min(10.0, math.expm1(200 / max(1.0, (days - start_day) / period_days)))


@st.composite
def placements(draw: st.DrawFn, brand_id: int, days: int, period_days: float) -> Placement:
    """One brand's placement, its popularity within bounds."""
    start = draw(st.integers(-100, 100))
    end = draw(st.none() | st.integers(start + 1, 200))
    words = st.sampled_from([None, "growing", "flat", "declining"])
    most = most_growth(days, start, period_days)
    return Placement(brand_id, start, end, draw(number(-0.99, most)), draw(words))


station_kitchens = st.builds(
    StationKitchens,
    model=st.just("stations"),
    kitchens=st.integers(1, 1000),
    workstations=st.integers(1, 62),
    stoves=st.integers(1, 62),
    ovens=st.integers(1, 62),
    couriers=st.integers(1, 100_000),
    lead_min=number(0, 120),
    dispatch=st.sampled_from(["oldest", "nearest"]),
    packing_min=number(0, 60),
    longest_min=st.integers(60, 14_400),
    accept_overload=st.booleans(),
)


@st.composite
def locations(
    draw: st.DrawFn,
    location_id: int,
    code: str,
    days: int,
    period_days: float,
    noise: tuple[float, float],
    own_kitchens: st.SearchStrategy[StationKitchens | None],
) -> Location:
    """One location with some of the 24 built-in brands, or all."""
    brand_ids = draw(st.none() | st.lists(st.integers(1, 24), max_size=5, unique=True))
    linear = draw(st.just(0.0) | number(-1e9, 1e9))
    # Of a location's own baskets the period counts, which most_growth of momentum must know.
    own_baskets = draw(st.none() | basket_rules())
    period_days = own_baskets.popularity_period_days if own_baskets else period_days
    return Location(
        location_id=location_id,
        code=code,
        name=draw(names),
        address=draw(names | st.just("")),
        lat=draw(number(-85, 85)),
        lon=draw(number(-180, 180)),
        narrative=draw(names | st.just("")),
        base_orders_day=draw(st.integers(0, 10**9)),
        growth_rate_daily=0.0 if linear else draw(number(-1, 10)),
        timezone=draw(st.sampled_from(ZONES)),
        growth_orders_daily=linear,
        max_orders_day=draw(st.none() | number(0, 1e12)),
        weekday_factors=draw(st.none() | weeks),
        windows=draw(window_sets),
        brands=None
        if brand_ids is None
        else tuple(draw(placements(b, days, period_days)) for b in brand_ids),
        # Placements begin on day -100 at the earliest.
        momentum=draw(st.none() | momenta(most_growth(days, -100, period_days))),
        baskets=own_baskets,
        service_times=draw(st.none() | all_service_times),
        driver=draw(st.none() | drivers),
        delivery=draw(st.none() | deliveries),
        kitchen=draw(own_kitchens),
        **draw(own_noise(noise)),
    )


@st.composite
def own_noise(draw: st.DrawFn, noise: tuple[float, float]) -> dict[str, float]:
    """Noise bounds of a location: none, one or both of its own, in order with the scenario's."""
    low, high = noise
    bounds = st.fixed_dictionaries({}, optional={"noise_low": number(0, high)})
    own = draw(bounds)
    low = own.get("noise_low", low)
    return own | draw(st.fixed_dictionaries({}, optional={"noise_high": number(low, 100)}))


@st.composite
def events(draw: st.DrawFn, name: str, known: list[str]) -> DemandEvent:
    """One event at some of the locations known, or all."""
    where = draw(st.lists(st.sampled_from(known), max_size=len(known), unique=True))
    first, last = sorted(draw(st.tuples(st.integers(0, 36_500), st.integers(0, 36_500))))
    start = draw(st.integers(0, 1439))
    return DemandEvent(
        name, tuple(where), first, last, draw(number(0, 1000)), start, draw(st.integers(start + 1, 1440))
    )


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Any valid scenario of one to four locations."""
    days = draw(st.integers(1, 36_500))
    baskets, demand = draw(basket_rules()), draw(demands())
    kitchen = draw(st.none() | station_kitchens)
    own_kitchens = st.none() if kitchen is None else st.none() | station_kitchens
    ids = draw(st.lists(st.integers(1, 127), min_size=1, max_size=4, unique=True))
    known = draw(st.lists(codes, min_size=len(ids), max_size=len(ids), unique=True))
    places = [
        draw(
            locations(
                i,
                c,
                days,
                baskets.popularity_period_days,
                (demand.noise_low, demand.noise_high),
                own_kitchens,
            )
        )
        for i, c in zip(ids, known, strict=True)
    ]
    titles = draw(st.lists(names, max_size=2, unique=True))
    return Scenario(
        name=draw(names),
        seed=draw(st.integers(0, 2**64 - 1)),
        start=draw(st.dates(dt.date(1970, 1, 1), dt.date(2400, 1, 1))),
        days=days,
        scale=draw(st.floats(0, 1e9, exclude_min=True)),
        clock=draw(st.sampled_from(["kitchen", "utc"])),
        demand=demand,
        baskets=baskets,
        service_times=draw(all_service_times),
        driver=draw(drivers),
        delivery=draw(deliveries),
        locations=tuple(places),
        events=tuple(draw(events(title, known)) for title in titles),
        kitchen=kitchen,
    )
