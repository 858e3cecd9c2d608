"""Digest location-days that were never written, and keep the digests in the cache.

An event's id on the wire is derived from the dataset's digest, and that digest from all rows: so all rows
have to be made once. The cache has one file for each location, which is named after all that decides the
location's events except the number of days. So a longer or shorter dataset of the same scenario finds the
days that both have. Builds keep their digests there too.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from typing import TYPE_CHECKING

from fastgen.dataset.seal import seal, unseal
from fastgen.events.digest import DayDigest, digest_day
from fastgen.files import read_regular
from fastgen.generating.maker import WHOLE_DAY_EVENTS, EventMaker, whole_day
from fastgen.generating.simulation import Span
from fastgen.records import make_record, parse_json
from fastgen.rng import STREAM_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from fastgen.generating.simulation import Simulation

# Seconds between two writes of the cache: a run that is ended loses no more work than that.
SAVE_EVERY_S = 5.0


def digest_days(
    simulation: Simulation, cache_dir: Path, advance: Callable[[int], None] = lambda _: None
) -> list[DayDigest]:
    """Digest every location-day of a simulation, from the cache or by making it.

    Parameters
    ----------
    simulation
        The simulation.
    cache_dir
        Folder of the cache.
    advance
        Called with the number of events of each location-day, found or made.
    """
    found, maker = list[DayDigest](), EventMaker(simulation)
    for location_id, path in _cache_paths(simulation, cache_dir).items():
        # May have days that this dataset lacks: they stay in the file, for a longer one.
        known, saved = _decode(_read_bytes(path) or b""), time.monotonic()
        n_known = len(known)
        for day in range(simulation.scenario.days):
            if day not in known:
                known[day] = _digest(simulation, maker, location_id, day)
                if time.monotonic() > saved + SAVE_EVERY_S:
                    _write(path, _encode(known.values()))
                    saved = time.monotonic()
            found.append(known[day])
            advance(known[day].rows)
        if len(known) > n_known:
            _write(path, _encode(known.values()))
    return found


def keep_digests(simulation: Simulation, days: Iterable[DayDigest], cache_dir: Path) -> None:
    """Store the digests of a build in the cache; without an error if the disk refuses them."""
    by_location: dict[int, list[DayDigest]] = {}
    for one in days:
        by_location.setdefault(one.location_id, []).append(one)
    paths = _cache_paths(simulation, cache_dir)
    for location_id, digests in by_location.items():
        path, own = paths[location_id], _encode(digests)
        # Mostly the file has the same digests, or there is none: then nothing has to be decoded.
        there = _read_bytes(path)
        if there != own:
            known = {} if there is None else _decode(there)
            _write(path, own if not known else _encode((known | {d.day: d for d in digests}).values()))


def _digest(simulation: Simulation, maker: EventMaker, location_id: int, day: int) -> DayDigest:
    """Make the events of a location-day, and digest them."""
    if simulation.count_events(Span(location_id, day, day)) > WHOLE_DAY_EVENTS:
        from fastgen.generating.large_days import digest_large_day  # noqa: PLC0415  # loads PyArrow

        return digest_large_day(simulation, maker, location_id, day)
    whole = whole_day(simulation, location_id, day)
    maker.begin(location_id, [whole])
    maker.buffers.expand(0, whole.n_orders)
    return digest_day(location_id, day, maker.buffers, 0, whole.n_orders)


def _cache_paths(simulation: Simulation, cache_dir: Path) -> dict[int, Path]:
    """Name the file of each location's digests after all that decides them but the number of days."""
    tree = simulation.scenario.to_dict()
    # The name decides no event, and the file has its digests by day.
    scenario = {key: value for key, value in tree.items() if key not in {"days", "name"}}
    stated = simulation.stated_source
    # None for the statistical source: the version of its draws stands for it.
    source = None if stated is None else list(stated.to_dict().values())
    shared = [STREAM_VERSION, simulation.digest_version, scenario, simulation.dims.content_hash(), source]
    hashed = hashlib.sha256(json.dumps(shared, sort_keys=True).encode()).hexdigest()
    keys = {n.location_id: f"{hashed} {n.hash} {n.location_id}" for n in simulation.networks}
    return {
        location_id: cache_dir / f"digests-{hashlib.sha256(key.encode()).hexdigest()}.json"
        for location_id, key in keys.items()
    }


def _read_bytes(path: Path) -> bytes | None:
    try:
        return read_regular(path)
    except OSError:
        return None


def _encode(digests: Iterable[DayDigest]) -> bytes:
    lines = ",\n  ".join(map(json.dumps, sorted(digests)))
    return seal(f'{{\n "days": [\n  {lines}\n ]\n}}\n').encode()


def _decode(data: bytes) -> dict[int, DayDigest]:
    """Decode the digests of a file; a damaged or missing file has none."""
    try:
        raw = parse_json(unseal(data.decode()))
        digests = [make_record(DayDigest, one) for one in raw["days"]]
    except (ValueError, KeyError, TypeError):
        return {}
    return {one.day: one for one in digests}


def _write(path: Path, data: bytes) -> None:
    """Replace a file of digests as a whole; one that a power cut leaves empty counts as missing."""
    # The cache only saves time: where it can't be written, the digests are computed again.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two processes may keep the same digests at the same time.
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_bytes(data)
        temporary.replace(path)
