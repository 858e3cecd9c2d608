"""Hold the templates of a universe, and give each of its things a path and an id."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.model.brand_template import Brand, Ingredient
    from fastgen.model.site_template import Site

# Our own, so that an id equals no id that another program makes of the same path. Never changed: ids follow.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_OID, "fastgen universe")


@dataclass(frozen=True)
class Universe:
    """A checked template folder.

    Attributes
    ----------
    folder
        The folder.
    sites, brands
        By the name of their file, sorted by it. Brands that no site sells are included.
    ingredients
        In the order of ingredients.json.
    """

    folder: Path
    sites: dict[str, Site]
    brands: dict[str, Brand]
    ingredients: tuple[Ingredient, ...]

    def brands_of(self, site: Site) -> list[Brand]:
        """List the brands that a site sells, in the order of the folder."""
        return [b for b in self.brands.values() if site.brands is None or b.name in site.brands]


def site_path(site: str) -> str:
    """Make the path of a site by its name."""
    return f"sites/{site}"


def kitchen_path(site: str, kitchen: str) -> str:
    """Make the path of a kitchen by its names."""
    return f"{site_path(site)}/kitchens/{kitchen}"


def station_path(site: str, kitchen: str, station: str) -> str:
    """Make the path of a station by its names."""
    return f"{kitchen_path(site, kitchen)}/stations/{station}"


def person_path(site: str, role: str, number: int) -> str:
    """Make the path of a site's person by role, "customer" or "courier", and number."""
    return f"{site_path(site)}/{role}s/{number}"


def brand_path(brand: str) -> str:
    """Make the path of a brand by its name."""
    return f"brands/{brand}"


def item_path(brand: str, item: str) -> str:
    """Make the path of an item by its names."""
    return f"{brand_path(brand)}/items/{item}"


def id_of(path: str) -> uuid.UUID:
    """Make the id of a thing: UUID version 5 of its path. Names have no slash, so no two paths are equal."""
    return uuid.uuid5(NAMESPACE, path)
