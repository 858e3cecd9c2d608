"""A small universe of tests: two sites in invented towns, short of stations and couriers."""

from __future__ import annotations

import copy
import hashlib
from typing import TYPE_CHECKING, Any

from tests.small_town import KITCHENS, write_towns
from tests.templates.folders import OLDER, write

if TYPE_CHECKING:
    from pathlib import Path


def make_files(**sites: dict[str, Any]) -> dict[str, Any]:
    """Make the files of templates whose sites have names of `KITCHENS`; values change parts of a site."""
    files = {name: content for name, content in copy.deepcopy(OLDER).items() if "sites/" not in name}
    for name, changes in sites.items():
        latitude, longitude = KITCHENS[name]
        site = copy.deepcopy(OLDER["sites/london.json"])
        site["info"] = {"name": name, "latitude": latitude, "longitude": longitude}
        site |= {"timezone": "America/Los_Angeles", "radius_mi": 2.0}
        site |= {"population": {"customers": 150}, "couriers": {"number": 3}, **changes}
        files[f"sites/{name}.json"] = site
    return files


def write_universe(folder: Path, **sites: dict[str, Any]) -> tuple[Path, Path]:
    """Write templates, of sf and chicago where no site is stated, and their roads; return both folders."""
    templates = write(
        make_files(**(sites or {"sf": {}, "chicago": {"timezone": "America/Chicago"}})), folder / "templates"
    )
    roads = folder / "roads"
    write_towns(roads)
    return templates, roads


def hash_files(dataset: Path) -> dict[str, str]:
    """Hash every file of a dataset, by its path: events, manifest, dimensions, and all of a run's folder."""
    files = [path for path in dataset.rglob("*") if path.is_file()]
    return {str(p.relative_to(dataset)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
