"""Draw template folders of a small site, also odd ones: no courier, a step of a microsecond, a closed day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st

from fastgen.model.stations import STATION_TYPES
from fastgen.units import S_PER_DAY, US_PER_S
from tests.universes.small_universe import make_files

if TYPE_CHECKING:
    from fastgen.universes.site_plan import SitePlan

# Which of a site's capacity is gone for a day: stations of one type, couriers, one kitchen, or all of them.
STATIONS, COURIERS, KITCHEN, KITCHENS = range(4)


class Outage(NamedTuple):
    """What a site has not for a whole day.

    Attributes
    ----------
    day
        Day number.
    what
        `STATIONS` of one type in one kitchen, `COURIERS`, `KITCHEN` or `KITCHENS`.
    pick
        Which one of them, modulo their number.
    """

    day: int
    what: int
    pick: int

    def changes(self, plan: SitePlan) -> list[tuple[int, int, int]]:
        """Make the changes of capacity, as `make_site` takes them."""
        sizes = plan.capacity.stations.ravel()
        n_kitchens = len(plan.capacity.stations)
        if self.what == STATIONS:
            pool = self.pick % len(sizes)
            whole = {pool: (1 << int(sizes[pool])) - 1}
        elif self.what == COURIERS:
            whole = {len(sizes): len(plan.capacity.paces)}
        else:
            closed = range(n_kitchens) if self.what == KITCHENS else [self.pick % n_kitchens]
            whole = dict.fromkeys((len(sizes) + 1 + kitchen for kitchen in closed), 1)
        begins_us, ends_us = self.bounds_us(plan)
        return [
            change
            for target, usual in whole.items()
            for change in ((begins_us, target, 0), (ends_us, target, usual))
        ]

    def bounds_us(self, plan: SitePlan) -> tuple[int, int]:
        """Return when it begins and ends."""
        begins_us = plan.day_start_us(self.day)
        return begins_us, begins_us + S_PER_DAY * US_PER_S


OUTAGES = st.builds(Outage, st.integers(0, 2), st.integers(0, 3), st.integers(0, 20))

# Seldom, stations that a recipe needs are missing, or no courier has a mode: such folders are refused.
_COUNTS = st.tuples(st.just(0), *[st.sampled_from([*[1] * 20, 2, 2, 2, 5, 5, 0])] * 3)
_TYPES = [STATION_TYPES[n] for n in (*[1] * 6, *[2] * 6, *[3] * 6, 0)]
_MODE_NAMES = ("foot", "bicycle", "car")
_MOVES = st.one_of(
    st.fixed_dictionaries({}, optional={"mode": st.sampled_from(_MODE_NAMES)}),
    st.fixed_dictionaries(
        {
            "modes": st.fixed_dictionaries(
                {}, optional={mode: st.sampled_from([0, 0.25, 1, 3]) for mode in _MODE_NAMES}
            )
        }
    ),
)
_COURIERS = st.fixed_dictionaries(
    {
        "number": st.sampled_from([0, 1, 1, 2, 10]),
        "lead_min": st.sampled_from([0, 10, 120]),
        "dispatch": st.sampled_from(["nearest", "oldest"]),
    }
)
_POPULATION = st.fixed_dictionaries(
    {
        "customers": st.sampled_from([1, 2, 30, 200]),
        "orders_per_customer_day": st.sampled_from([0, 0.001, 0.3, 3, 24]),
        "eating_min": st.sampled_from([0, 30, 1440]),
        "lines_max": st.sampled_from([1, 5, 16]),
    }
)
_STEP = st.fixed_dictionaries(
    {
        "step": st.just("make"),
        "required_station": st.sampled_from(_TYPES),
        "expected_duration": st.sampled_from([1e-9, 1, 60, 600, 86_400]),
    }
)
_RECIPES = st.lists(st.lists(_STEP, min_size=1, max_size=4), min_size=1, max_size=3)


def _make_kitchen(number: int, counts: tuple[int, ...]) -> dict[str, Any]:
    stations = [
        {"name": f"{kind}-{n}", "station_type": kind}
        for kind, count in zip(STATION_TYPES, counts, strict=True)
        for n in range(count)
    ]
    return {"info": {"name": f"kitchen-{number}"}, "stations": stations}


@st.composite
def template_files(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the files of a folder with one site, sf."""
    counts = draw(st.lists(_COUNTS, min_size=1, max_size=3))
    kitchens = [_make_kitchen(number, one) for number, one in enumerate(counts)]
    site = {
        "kitchens": kitchens,
        "population": draw(_POPULATION),
        "couriers": draw(_COURIERS) | draw(_MOVES),
        "packing_s": draw(st.sampled_from([0, 120, 3600])),
    }
    files = make_files(sf=site)
    files["brands/soups.json"]["items"] = [
        {"name": f"item {n}", "price": 1, "instructions": steps} for n, steps in enumerate(draw(_RECIPES))
    ]
    if draw(st.booleans()):
        files["sites/sf.json"]["brands"] = ["soups"]
    return files
