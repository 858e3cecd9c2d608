"""Template folders load as they are, also older ones."""

from __future__ import annotations

import copy
import uuid
from typing import TYPE_CHECKING

import pytest

from fastgen.errors import ScenarioError
from fastgen.model.fields import to_dict
from fastgen.model.site_template import Couriers, Customers
from fastgen.templates.reading import read_universe
from fastgen.templates.universe import id_of, item_path, kitchen_path, station_path
from tests.effort import repeats
from tests.fuzzing.oracle import bounded
from tests.templates.folders import OLDER, write

if TYPE_CHECKING:
    from pathlib import Path

SITE, BRAND, INGREDIENTS = "sites/london.json", "brands/toasts.json", "ingredients.json"


def test_an_older_folder_loads_with_our_defaults(tmp_path: Path) -> None:
    universe = read_universe(write(OLDER, tmp_path))
    (site,) = universe.sites.values()
    assert (site.population, site.couriers) == (Customers(1000, 0.3, 30.0, 5), Couriers())
    assert (site.couriers.lead_min, site.couriers.dispatch) == (10.0, "nearest")
    assert site.couriers.deal_modes(2) == ("bicycle", "bicycle")
    assert (site.n_couriers, site.radius_mi, site.timezone, site.brands) == (100, 4.0, "UTC", None)
    assert site.packing_s == 120
    assert site.kitchens[0].count_stations() == (0, 2, 2, 2)
    assert [s.name for s in site.kitchens[0].stations][:3] == ["workstation-1", "workstation-2", "oven-1"]
    assert [brand.name for brand in universe.brands_of(site)] == ["soups", "toasts"]
    egg, _ = universe.brands["toasts.json"].items
    assert (egg.category, egg.image_url) == ("Snacks", "https://example.com/egg.png")
    assert (egg.ingredients[0].display_name, egg.ingredients[0].description) == ("Egg", "Fried")
    assert dict(universe.ingredients[0].nutritional_value)["fat"] == "5"


def test_every_key_comes_back_out(tmp_path: Path) -> None:
    universe = read_universe(write(OLDER, tmp_path))
    assert to_dict(universe.brands["toasts.json"]) == OLDER[BRAND]
    site = to_dict(universe.sites["london.json"])
    assert {key: site[key] for key in OLDER[SITE]} == OLDER[SITE]


def test_our_keys_are_read(tmp_path: Path) -> None:
    own = {
        "population": {"customers": 77, "orders_per_customer_day": 1.5, "eating_min": 5, "lines_max": 2},
        "couriers": {"number": 3, "mode": "foot", "lead_min": 0, "dispatch": "oldest"},
        "radius_mi": 1,
        "timezone": "Europe/London",
        "brands": ["toasts"],
        "packing_s": 30,
    }
    universe = read_universe(write(OLDER | {SITE: OLDER[SITE] | own}, tmp_path))
    (site,) = universe.sites.values()
    assert {key: to_dict(site)[key] for key in own} == own
    assert [brand.name for brand in universe.brands_of(site)] == ["toasts"]


def test_files_of_editors_and_of_other_kinds_are_left_alone(tmp_path: Path) -> None:
    write(OLDER, tmp_path)
    for name in ("sites/._london.json", "brands/notes.txt"):
        (tmp_path / name).write_text("no JSON")
    assert len(read_universe(tmp_path).brands) == 2


def test_ids_follow_from_paths_alone() -> None:
    paths = [
        kitchen_path("london", "kitchen-1"),
        station_path("london", "kitchen-1", "oven-1"),
        item_path("toasts", "Egg Toast"),
    ]
    assert paths == [
        "sites/london/kitchens/kitchen-1",
        "sites/london/kitchens/kitchen-1/stations/oven-1",
        "brands/toasts/items/Egg Toast",
    ]
    ids = [id_of(path) for path in paths]
    assert {one.version for one in ids} == {5}
    assert len(set(ids)) == 3
    # Never another one: tables and events of older runs have it.
    assert id_of("sites/london") == uuid.UUID("315d2a57-732a-5cd9-b701-a0183d857b48")


def test_large_files_are_read_in_time_that_grows_with_their_size(tmp_path: Path) -> None:
    # With the full number, a search through all names for each use would take a minute.
    n = repeats(10_000, 100_000)
    names = [f"ingredients/{number}" for number in range(n)]
    files = copy.deepcopy(OLDER) | {INGREDIENTS: [{"name": name} for name in names]}
    files[BRAND]["items"][0]["ingredients"] = [
        {"ingredient_ref": name, "quantity": "1"} for name in names[n // 2 :]
    ]
    write(files, tmp_path)
    twice = ",".join(f'"key{n}": 1' for n in (*range(200_000), 199_999))
    with bounded():
        read_universe(tmp_path)
    (tmp_path / BRAND).write_text(f"{{{twice}}}")
    with bounded(), pytest.raises(ScenarioError, match='the key "key199999" twice'):
        read_universe(tmp_path)
