"""Draw scenarios: any that is valid, of one or two locations and some hundred orders."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

from fastgen.inputs.loading import load_inputs
from fastgen.model.demand import Demand, DemandEvent, DemandWindow
from fastgen.model.location import Location, Placement
from fastgen.model.momentum import Momentum
from fastgen.model.order_rules import Baskets, Delivery, Driver, ServiceTime, ServiceTimes
from fastgen.model.scenario import Scenario
from tests.small_town import KITCHENS

CANONICAL = load_inputs(None, None)[0]
ZONES = ("UTC", "America/Chicago", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Santiago")
BRANDS = st.integers(1, 24)


def number(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


@st.composite
def ranges(draw: st.DrawFn, low: int, high: int) -> tuple[int, int]:
    """Draw a least and a largest number."""
    ends = draw(st.tuples(st.integers(low, high), st.integers(low, high)))
    return min(ends), max(ends)


@st.composite
def windows(draw: st.DrawFn, name: str) -> DemandWindow:
    """Draw a window of the day, its peak anything that leaves some demand."""
    start, end = draw(ranges(0, 1439).filter(lambda r: r[0] < r[1]))
    return DemandWindow(name, start, end, draw(number(1, 50)), draw(st.sampled_from(["bell", "flat"])))


@st.composite
def placements(draw: st.DrawFn, brand: int) -> Placement:
    start = draw(st.integers(-40, 4))
    end = draw(st.none() | st.integers(start + 1, start + 60))
    return Placement(brand, start, end, draw(number(-0.99, 3)))


steps = st.builds(ServiceTime, number(0, 1440), number(0, 240))
service_times = st.builds(ServiceTimes, steps, steps, steps, steps, number(0.001, 60))
drivers = st.builds(
    Driver,
    number(0, 1),
    number(0.1, 100),
    number(0.1, 100),
    number(5, 200),
    st.sampled_from([5, 17, 60, 3600]),
    st.sampled_from(["distance", "node"]),
)
deliveries = st.builds(
    Delivery, number(0.2, 10), st.integers(1, 999_999), st.sampled_from(["X", "Ulica Łąka"])
)


@st.composite
def baskets(draw: st.DrawFn) -> Baskets:
    brands, items, qty = draw(ranges(1, 16)), draw(ranges(1, 16)), draw(ranges(1, 9))
    return Baskets(draw(number(0, 1)), *brands, *items, *qty, draw(number(0.001, 1)), draw(number(1, 365)))


@st.composite
def momenta(draw: st.DrawFn) -> Momentum:
    first, second = draw(ranges(0, 10))
    shares = (first / 10, (second - first) / 10, (10 - second) / 10)
    return Momentum(*shares, draw(number(0, 3)), draw(number(0, 0.99)))


@st.composite
def locations(draw: st.DrawFn, location_id: int, code: str) -> Location:
    brands = draw(st.none() | st.lists(BRANDS, max_size=4, unique=True))
    lat, lon = KITCHENS[code]
    linear = draw(st.just(0.0) | number(-20, 20))
    noise = draw(st.none() | st.tuples(number(0, 2), number(0, 2)))
    return Location(
        location_id=location_id,
        code=code,
        name=draw(st.sampled_from(["Ñandú", "Place 'n' \"Time\"", "拉面"])),
        address="",
        lat=lat,
        lon=lon,
        narrative="",
        base_orders_day=draw(st.integers(0, 60)),
        growth_rate_daily=0.0 if linear else draw(number(-1, 1)),
        growth_orders_daily=linear,
        timezone=draw(st.sampled_from(ZONES)),
        max_orders_day=draw(st.none() | number(0, 100)),
        weekday_factors=draw(st.none() | st.lists(number(0, 3), min_size=7, max_size=7).map(tuple)),
        windows=tuple(draw(windows(f"w{i}")) for i in range(draw(st.integers(0, 2)))),
        brands=None if brands is None else tuple(draw(placements(b)) for b in brands),
        noise_low=min(noise) if noise else None,
        noise_high=max(noise) if noise else None,
        momentum=draw(st.none() | momenta()),
        baskets=draw(st.none() | baskets()),
        service_times=draw(st.none() | service_times),
        driver=draw(st.none() | drivers),
        delivery=draw(st.none() | deliveries),
    )


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Any scenario of one or two locations and some hundred orders."""
    codes = draw(st.lists(st.sampled_from(sorted(KITCHENS)), min_size=1, max_size=2, unique=True))
    ids = draw(st.lists(st.integers(1, 127), min_size=len(codes), max_size=len(codes), unique=True))
    noise = draw(st.tuples(number(0, 2), number(0, 2)))
    first, last = draw(ranges(0, 5))
    start, end = draw(ranges(0, 1440).filter(lambda r: r[0] < r[1]))
    where = draw(st.lists(st.sampled_from(codes), unique=True))
    return Scenario(
        name="any",
        seed=draw(st.integers(0, 2**64 - 1)),
        start=draw(st.dates(dt.date(1970, 1, 1), dt.date(2400, 1, 1))),
        days=draw(st.integers(1, 4)),
        scale=draw(number(0.01, 2)),
        clock=draw(st.sampled_from(["kitchen", "utc"])),
        demand=Demand(
            draw(st.lists(number(0, 3), min_size=7, max_size=7).map(tuple)),
            min(noise),
            max(noise),
            (draw(windows("meal")),),
        ),
        baskets=draw(baskets()),
        service_times=draw(service_times),
        driver=draw(drivers),
        delivery=draw(deliveries),
        locations=tuple(draw(locations(i, code)) for i, code in zip(ids, codes, strict=True)),
        events=(DemandEvent("feast", tuple(where), first, last, draw(number(0, 5)), start, end),),
    )
