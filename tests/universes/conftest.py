"""Share runs of small universes among the tests of this folder; nobody changes them."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.model.stations import STATION_TYPES
from fastgen.templates.reading import read_universe
from fastgen.universes.site_plan import SitePlan, plan_sites
from tests.universes.eventful import Event, run_eventful_sites, write
from tests.universes.small_universe import write_universe
from tests.universes.tables import Run, run_sites, write_tables

if TYPE_CHECKING:
    from tests.universes.disturbed import PlanSite

# One station of each type, one courier, who walks, and many customers: orders are open after two days.
STATIONS = [{"name": f"{kind}-1", "station_type": kind} for kind in STATION_TYPES[1:]]
OVERLOADED = {
    "kitchens": [{"info": {"name": "kitchen-1"}, "stations": STATIONS}],
    "couriers": {"number": 1, "mode": "foot"},
    "population": {"customers": 400, "orders_per_customer_day": 2},
}


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    made = run_sites(tmp_path_factory.mktemp("universe"))
    write_tables(made)
    return made


@pytest.fixture(scope="session")
def overloaded(tmp_path_factory: pytest.TempPathFactory) -> Run:
    (run,) = run_sites(tmp_path_factory.mktemp("overloaded"), sf=OVERLOADED)
    write_tables([run])
    return run


@pytest.fixture(scope="session")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Run two sites in which every state occurs."""
    return run_eventful_sites(tmp_path_factory.mktemp("eventful"))


@pytest.fixture(scope="session")
def lines(eventful: list[Run], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path = tmp_path_factory.mktemp("events") / "events.jsonl"
    n = write(eventful, path)
    text = path.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    found = text.removesuffix("\n").split("\n")
    assert len(found) == n
    return found


@pytest.fixture(scope="session")
def events(lines: list[str]) -> list[Event]:
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def plan_site(tmp_path_factory: pytest.TempPathFactory) -> PlanSite:
    """Plan a busy site of two kitchens, with a disturbance or without one, and other keys changed."""
    folder = tmp_path_factory.mktemp("universe")
    made: list[SitePlan] = []

    def plan(*disturbances: dict[str, Any], is_finite: bool = True, **keys: Any) -> SitePlan:
        name = str(len(made))
        stations = [
            {"name": f"{kind}-{n}", "station_type": f"KITCHEN_STATION_{kind.upper()}"}
            for kind in ("workstation", "oven", "stove")
            for n in (1, 2)
        ]
        site = {
            "timezone": "UTC",
            "population": {"customers": 700, "orders_per_customer_day": 0.4},
            "couriers": {"number": 25, "modes": {"foot": 1, "bicycle": 3, "car": 1}},
            "kitchens": [{"info": {"name": name}, "stations": stations} for name in ("k-1", "k-2")],
            "disturbances": list(disturbances),
            **keys,
        }
        templates, roads = write_universe(folder / name, sf=site)
        (one,) = plan_sites(read_universe(templates), 3, dt.date(2024, 1, 1), roads, lambda _: None)
        made.append(one)
        return one if is_finite else replace(one, capacity=one.capacity._replace(n_customers=0))

    return plan
