"""Read a template folder: sites/*.json, brands/*.json and ingredients.json."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

from fastgen.errors import ScenarioError
from fastgen.inputs.json_file import read_json_file
from fastgen.inputs.timezones import zone_names
from fastgen.model.brand_template import Brand, Ingredient
from fastgen.model.dimensions import MAX_LOCATION_ID
from fastgen.model.disturbances import BRAND_LAUNCH
from fastgen.model.fields import did_you_mean, from_dict, shown
from fastgen.model.site_template import Site
from fastgen.model.stations import STATION_TYPES
from fastgen.templates.universe import Universe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

T = TypeVar("T", Site, Brand)

INGREDIENTS = "ingredients.json"
# A brand of 300 items has half a megabyte.
_MAX_BYTES = 8_000_000
# A site's number is in the address of its draws, as a location's is.
MAX_SITES, MAX_BRANDS = MAX_LOCATION_ID, 1000
# The orders of three days are in memory together, with some 150 bytes a step of their recipes: 2 GB.
MAX_STEPS_PER_DAY = 5_000_000


def read_universe(folder: Path) -> Universe:
    """Read and check a template folder.

    Raises
    ------
    ScenarioError
        "FILE: KEY: expected ..., got VALUE." for the first file that is missing or wrong, or contradicts
        another one.
    """
    if not os.path.isdir(folder):  # noqa: PTH112  # Path.is_dir raises for some impossible names
        raise ScenarioError(
            f"{folder}: expected a template folder with sites/, brands/ and {INGREDIENTS}, got none: "
            "'fastgen universe init' makes one."
        )
    # All files before what is between them, so that an error about two is never due to a third.
    sites = _read_files(folder / "sites", Site, MAX_SITES)
    brands = _read_files(folder / "brands", Brand, MAX_BRANDS)
    ingredients = _read_ingredients(folder / INGREDIENTS)
    _check_once(folder / "sites", "info.name", {file: site.info.name for file, site in sites.items()})
    _check_once(folder / "brands", "name", {file: brand.name for file, brand in brands.items()})
    universe = Universe(folder, sites, brands, ingredients)
    _check_references(universe)
    for file, site in sites.items():
        _check_site(universe, file, site)
    return universe


def _read_files(folder: Path, cls: type[T], most: int) -> dict[str, T]:
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))  # noqa: PTH208
    except OSError as error:
        raise ScenarioError(f"{folder}: expected a folder of .json files, got: {error.strerror}.") from None
    # Hidden files are those of editors and of archives of other systems.
    names = [name for name in names if not name.startswith(".")]
    if not 1 <= len(names) <= most:
        raise ScenarioError(f"{folder}: expected 1 to {most} .json files, got {len(names)}.")
    return {name: _read_file(folder / name, cls) for name in names}


def _read_file(path: Path, cls: type[T]) -> T:
    try:
        made: T = _make(cls, read_json_file(path, "template", _MAX_BYTES))
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from None
    return made


def _make(cls: type[Any], raw: object) -> Any:
    try:
        return from_dict(cls, raw)
    except ValueError:
        raise ScenarioError(f"expected an object {{...}}, got {shown(raw)}.") from None


def _read_ingredients(path: Path) -> tuple[Ingredient, ...]:
    try:
        raw = read_json_file(path, "list of ingredients", _MAX_BYTES)
        if not isinstance(raw, list):
            raise ScenarioError(f"expected a list [...], got {shown(raw)}.")  # noqa: TRY301
        found: dict[str, Ingredient] = {}
        for i, part in enumerate(raw):
            one = _make_ingredient(i, part)
            if one.name in found:
                raise ScenarioError(f"[{i}].name: expected each name once, got {one.name!r} twice.")  # noqa: TRY301
            found[one.name] = one
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from None
    return tuple(found.values())


def _make_ingredient(number: int, raw: object) -> Ingredient:
    try:
        made: Ingredient = _make(Ingredient, raw)
    except ScenarioError as error:
        # The element of a list is written [N], and a key in it follows a dot.
        of_key = not str(error).startswith("expected")
        raise ScenarioError(f"[{number}]{'.' if of_key else ': '}{error}") from None
    return made


def _check_once(folder: Path, key: str, names: Mapping[str, str]) -> None:
    """Check that no two files of a folder have the same name inside."""
    files: dict[str, str] = {}
    for file, name in names.items():
        if name in files:
            raise ScenarioError(
                f"{folder / file}: {key}: expected a name of its own, got {name!r}, as in {files[name]}."
            )
        files[name] = file


def _check_references(universe: Universe) -> None:
    """Check that items refer to ingredients that are there."""
    # A dictionary finds a name at once, however many there are, and keeps their order.
    known = dict.fromkeys(ingredient.name for ingredient in universe.ingredients)
    for file, brand in universe.brands.items():
        for i, item in enumerate(brand.items):
            for k, use in enumerate(item.ingredients):
                if use.ingredient_ref not in known:
                    hint = did_you_mean(use.ingredient_ref, list(known)) if known else "there is none."
                    raise ScenarioError(
                        f"{universe.folder / 'brands' / file}: items[{i}].ingredients[{k}].ingredient_ref: "
                        f"expected an ingredient of {INGREDIENTS}, got {use.ingredient_ref!r}: {hint}"
                    )


def _check_site(universe: Universe, file: str, site: Site) -> None:
    """Check a site's time zone, brands and size, and that each of its kitchens has what its recipes need."""
    path = universe.folder / "sites" / file
    if site.timezone not in zone_names():
        raise ScenarioError(
            f"{path}: timezone: expected an IANA time zone such as America/Chicago, got {site.timezone!r}."
        )
    names = [brand.name for brand in universe.brands.values()]
    for name in site.brands or ():
        if name not in names:
            raise ScenarioError(
                f"{path}: brands: expected names of brands, got {name!r}: {did_you_mean(name, names)}"
            )
    _check_size(universe, path, site)
    _check_launches(universe, path, site)
    needed = _find_needed(universe, site)
    for k, kitchen in enumerate(site.kitchens):
        has = {kind for kind, n in zip(STATION_TYPES, kitchen.count_stations(), strict=True) if n}
        lacking = next((kind for kind in needed if kind not in has), None)
        if lacking is not None:
            raise ScenarioError(
                f"{path}: kitchens[{k}].stations: expected a station of each type that its recipes need, got "
                f"no {lacking}, which {needed[lacking]}; add one, or leave the brand out of the site's "
                "brands."
            )


def _check_size(universe: Universe, path: Path, site: Site) -> None:
    """Check that the orders of a day fit into memory."""
    counts = [len(item.instructions) for brand in universe.brands_of(site) for item in brand.items]
    population = site.population
    orders = population.customers * population.orders_per_customer_day * site.highest_surge
    steps = orders * (1 + population.lines_max) / 2 * sum(counts) / len(counts)
    if steps > MAX_STEPS_PER_DAY:
        surges = (
            f", {site.highest_surge:g} times as many as usual in a surge" if site.highest_surge > 1 else ""
        )
        raise ScenarioError(
            f"{path}: population: expected at most {MAX_STEPS_PER_DAY} steps of recipes a day, got "
            f"{steps:.0f} of {orders:.0f} orders{surges}; make several sites of it, or give it fewer "
            "customers."
        )


def _check_launches(universe: Universe, path: Path, site: Site) -> None:
    """Check that launched brands are there, and that a site sells something before."""
    known = [brand.name for brand in universe.brands_of(site)]
    always = set(known) - {one.brand for one in site.disturbances_of(BRAND_LAUNCH)}
    for i, one in enumerate(site.disturbances):
        where = f"{path}: disturbances[{i}].brand"
        if one.brand is not None and one.brand not in known:
            raise ScenarioError(
                f"{where}: expected a brand of the site, got {one.brand!r}: {did_you_mean(one.brand, known)}"
            )
        if one.brand is not None and not always:
            raise ScenarioError(
                f"{where}: expected a brand that is sold from the beginning beside those that are launched, "
                "got none."
            )


def _find_needed(universe: Universe, site: Site) -> dict[str, str]:
    """Find the types of stations that the recipes of a site need, each with the first step that needs it."""
    needed: dict[str, str] = {}
    for file, brand in universe.brands.items():
        if site.brands is not None and brand.name not in site.brands:
            continue
        for i, item in enumerate(brand.items):
            for k, step in enumerate(item.instructions):
                if step.required_station not in needed:
                    where = f"items[{i}].instructions[{k}].required_station"
                    needed[step.required_station] = f"brands/{file} needs at {where}"
    return needed
