"""Make the kitchens of a live run: each a scenario of one location, whose days are made when they are due."""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fastgen.errors import ScenarioError
from fastgen.live_kitchens.config import LiveConfig, make_config
from fastgen.live_kitchens.places import Place
from fastgen.live_kitchens.scenario import as_scenario, derive_gk_id
from fastgen.model.field_kinds import integer
from fastgen.model.fields import apply
from fastgen.records import make_record
from fastgen.rng import STREAM_VERSION
from fastgen.roads.area import Area
from fastgen.wire.form import Place as WirePlace

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from fastgen.generating.simulation import Simulation
    from fastgen.model.scenario import Scenario

# Keys that decide only how events are written, not which: they may change from one start to the next.
_FREE_KEYS = ("batch_rows", "batch_seconds")
_SEED = integer("seed of its orders", 0, 2**64 - 1)["spec"]


@dataclass(frozen=True)
class Kitchen:
    """A kitchen: its config, where it is, and the date of its day 0.

    Attributes
    ----------
    config
        The config.
    place
        The place that was found at the first start. A later start doesn't look for it again: a server might
        answer otherwise, and the kitchen would move.
    start
        Date of day 0, fixed at the first start.
    seed
        Seed of its orders that a state keeps; None: the kitchen begins now, and its seed is derived.
    """

    config: LiveConfig
    place: Place
    start: dt.date
    seed: int | None = None

    @property
    def gk_id(self) -> str:
        """Identifier of the kitchen, a UUID: the same for the same name and position."""
        return derive_gk_id(self.config.location_name, self.place)

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario of the kitchen's orders."""
        return as_scenario(self.config, self.place, self.start, self.seed)

    def wire_place(self, network_hash: str) -> WirePlace:
        """Make what the rows of the kitchen have on the wire: identifier, name, and the key of their ids.

        Parameters
        ----------
        network_hash
            Hash of its road network.
        """
        # All that decides the orders: with another scenario, network or generator, no id comes again.
        made_of = [self.gk_id, self.scenario.content_hash(), network_hash, STREAM_VERSION]
        key = hashlib.sha256(json.dumps(made_of).encode()).digest()
        return WirePlace(self.gk_id, self.config.location_name, key)

    def to_dict(self) -> dict[str, Any]:
        """Make what a state keeps of the kitchen."""
        return {
            "start": self.start.isoformat(),
            "seed": self.scenario.seed,
            "place": vars(self.place),
            "config": self.config.to_dict(),
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Kitchen:
        """Make a kitchen from what a state keeps; errors as `make_record`, and ScenarioError."""
        import datetime as dt  # noqa: PLC0415  # elsewhere only annotations need it

        config, start = make_config(raw["config"]), dt.date.fromisoformat(raw["start"])
        # A run that began when seeds were not derived yet has none in its state, and goes on as it began.
        seed = apply(_SEED.check, "seed", _SEED, raw.get("seed", config.random_seed))
        return cls(config, make_record(Place, raw["place"]), start, seed)


def check_same(
    kitchens: Sequence[Kitchen], configs: Sequence[tuple[Path, LiveConfig]], state: Path
) -> list[Kitchen]:
    """Check that a run goes on with the configs that it began with; only `_FREE_KEYS` may change.

    Parameters
    ----------
    kitchens
        The kitchens of the state.
    configs
        The configs of this start, each with its file.
    state
        The state file, to name it in errors.

    Returns
    -------
    list of Kitchen
        The kitchens of the state, with the configs of this start.

    Raises
    ------
    ScenarioError
        If another key of a config has changed, or a kitchen is new or missing.
    """
    named = {config.location_name: (path, config) for path, config in configs}
    known = [kitchen.config.location_name for kitchen in kitchens]
    if sorted(named) != sorted(known):
        raise ScenarioError(
            f"config: expected the kitchens {', '.join(sorted(known))}, as the run in {state} began, got "
            f"{', '.join(sorted(named))}. Start another run in another folder."
        )
    same = []
    for kitchen in kitchens:
        path, config = named[kitchen.config.location_name]
        asked, began = config.to_dict(), kitchen.config.to_dict()
        # The keys of both: dq and timezone may be in one of them alone.
        for key in {**began, **asked}:
            if key not in _FREE_KEYS and asked.get(key) != began.get(key):
                raise ScenarioError(
                    f"{path}: {key}: expected {_shown(began.get(key))}, as the run in {state} began, got "
                    f"{_shown(asked.get(key))}. Start another run in another folder."
                )
        same.append(replace(kitchen, config=config))
    return same


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004  # enough to recognise it


def simulate(
    kitchens: Sequence[Kitchen], roads: Path | None, announce: Callable[[str], None]
) -> dict[int, Simulation]:
    """Make the simulation of each kitchen, by its number, from 1.

    Parameters
    ----------
    kitchens
        The kitchens.
    roads
        Folder of CODE.roads files, or None.
    announce
        Called with a line before routes are computed.

    Raises
    ------
    ScenarioError, DataError
        If a kitchen has no roads, or too many orders.
    """
    from fastgen.generating.inputs import simulate_scenario  # noqa: PLC0415  # heavy

    return {
        number: simulate_scenario(kitchen.scenario, roads, announce, *_ways_out(kitchen.place.code))
        for number, kitchen in enumerate(kitchens, start=1)
    }


def describe_small_network(config: LiveConfig, place: Place, roads: Path | None) -> str:
    """Say in one line that customers of a config live beyond its roads; empty where they don't.

    Parameters
    ----------
    config, place
        The kitchen, and where it is.
    roads
        Folder of CODE.roads files, or None.
    """
    from fastgen.roads.coverage import describe_gap  # noqa: PLC0415  # heavy

    area = Area(place.lat, place.lon, config.radius_mi)
    return describe_gap(area, place.code, roads, *_ways_out(place.code))


def _ways_out(code: str) -> tuple[str, str]:
    """Make the options that tell `fastgen roads` a kitchen's place, and how to get the file of them."""
    file = shlex.quote(f"{code}.toml")
    how = f"'fastgen live --config CONFIG.json --as-scenario > {file}' writes that scenario."
    return f" --scenario {file}", how
