"""Draw template folders of a small site, odd ones too: no courier, a step of a microsecond, a closed day."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from fastgen.model.stations import STATION_TYPES
from tests.universes.small_universe import make_files

# Days of a run; disturbances begin on one of them.
DAYS = 3
_FROM = st.integers(0, DAYS - 1)
_SHARE = st.fixed_dictionaries({}, optional={"share": st.sampled_from([0.1, 0.5, 1])})
_KITCHEN = st.fixed_dictionaries(
    {}, optional={"kitchen": st.sampled_from(["kitchen-0", "kitchen-0", "kitchen-1"])}
)


def _of_kind(kind: str, **keys: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"kind": st.just(kind), **keys})


def _lasting_a_day(disturbance: dict[str, Any], day: int) -> dict[str, Any]:
    return {**disturbance, "from": f"{day} 00:00", "to": f"{day + 1} 00:00"}


DISTURBANCES = st.one_of(
    st.builds(
        _lasting_a_day,
        st.one_of(
            st.builds(
                lambda *parts: parts[0] | parts[1] | parts[2],
                _of_kind("station_outage", station_type=st.sampled_from(STATION_TYPES[1:])),
                _SHARE,
                _KITCHEN,
            ),
            st.builds(lambda *parts: parts[0] | parts[1], _of_kind("fewer_couriers"), _SHARE),
            _of_kind("demand_surge", factor=st.sampled_from([1.5, 20])),
            _of_kind("rain", slowdown_percent=st.sampled_from([5, 30, 400])),
            st.builds(lambda *parts: parts[0] | parts[1], _of_kind("kitchen_closed"), _KITCHEN),
        ),
        _FROM,
    ),
    st.builds(
        lambda launch, day: {**launch, "from": f"{day} 12:00"},
        _of_kind("brand_launch", brand=st.sampled_from(["soups", "toasts"])),
        _FROM,
    ),
)

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
    found = draw(st.lists(DISTURBANCES, max_size=2))
    if found:
        site["disturbances"] = [{**one, "name": f"number {n}"} for n, one in enumerate(found)]
    files = make_files(sf=site)
    files["brands/soups.json"]["items"] = [
        {"name": f"item {n}", "price": 1, "instructions": steps} for n, steps in enumerate(draw(_RECIPES))
    ]
    if draw(st.booleans()):
        files["sites/sf.json"]["brands"] = ["soups"]
    return files
