"""Simulations of busy kitchens in small towns, which disturbances of sf make different."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.generating.inputs import SimulationOptions, load_simulation
from tests.cooking.kitchens import BUSY, simulate
from tests.small_town import write_towns

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.generating.simulation import Simulation

DAYS = 4
OVEN = "KITCHEN_STATION_OVEN"
# A disturbance of every kind, with all kitchens closed on the evening of day 2.
ALL_KINDS = (
    f'{{ kind = "station_outage", name = "a", from = "1 18:00", to = "1 19:00", station_type = "{OVEN}" }}',
    '{ kind = "fewer_couriers", name = "b", from = "2 12:00", to = "2 13:00", share = 0.5 }',
    '{ kind = "demand_surge", name = "c", from = "1 12:00", to = "1 13:00", factor = 2.5 }',
    '{ kind = "brand_launch", name = "d", from = "2 10:00", brand = "Tangelo & Thyme" }',
    '{ kind = "rain", name = "e", from = "3 12:00", to = "3 20:00", slowdown_percent = 50 }',
    '{ kind = "kitchen_closed", name = "f", from = "2 19:00", to = "2 21:00" }',
)


def text_of(*disturbances: str) -> str:
    return f"{BUSY}\n[locations.sf.kitchen]\ncouriers = 2\ndisturbances = [{', '.join(disturbances)}]\n"


class Towns:
    """Simulations over small towns, by their disturbances in sf."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.roads = folder, write_towns(folder / "towns")

    def simulate(self, *disturbances: str, text: str = "", days: int = DAYS) -> Simulation:
        options = {"roads": self.roads, "days": days, "locations": ["sf", "chicago"], "scale": 0.5}
        return simulate(self.folder, text or text_of(*disturbances), **options)

    def announced(self, *disturbances: str) -> list[str]:
        """List the lines that a build or plan shows before it begins."""
        (self.folder / "it.toml").write_text(text_of(*disturbances), encoding="utf-8")
        options = SimulationOptions(scenario=self.folder / "it.toml", roads=self.roads, days=DAYS, scale=0.5)
        lines = list[str]()
        load_simulation(options, lines.append)
        return lines
