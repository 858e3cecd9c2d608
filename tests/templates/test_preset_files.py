"""Presets are whole, cook what the shipped menus offer, and are not overloaded."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.errors import OutputError
from fastgen.files import write_whole
from fastgen.inputs.menus import load_built_in_menus, read_menus
from fastgen.inputs.scenario_file import load_scenario
from fastgen.queueing.load import COMFORTABLE
from fastgen.templates import preset_files
from fastgen.templates.preset_files import PRESETS, make_preset, write_preset
from fastgen.templates.reading import read_universe
from fastgen.templates.site_load import check_load, find_busy

if TYPE_CHECKING:
    from pathlib import Path

OVEN = "KITCHEN_STATION_OVEN"


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_valid_and_its_peak_load_comfortable(name: str, tmp_path: Path) -> None:
    write_preset(name, tmp_path / "u")
    universe = read_universe(tmp_path / "u")
    checked = check_load(universe, None, lambda _: None)
    assert [busy for one in checked for busy in find_busy(one, COMFORTABLE)] == []
    # Nor are they idle: something at each site is nearly as busy as that.
    assert all(find_busy(one, 0.7) for one in checked)
    assert {one.rides.source.split(" ")[0] for one in checked} == {
        "over" if name == "canonical" else "estimated"
    }


def test_the_canonical_preset_has_the_cities_and_the_menus(tmp_path: Path) -> None:
    write_preset("canonical", tmp_path / "u")
    universe = read_universe(tmp_path / "u")
    scenario, menus = load_scenario(None), load_built_in_menus()
    sites = {site.info.name: site for site in universe.sites.values()}
    for location in scenario.locations:
        site = sites.pop(location.code)
        assert (site.info.latitude, site.info.longitude) == (location.lat, location.lon)
        assert site.timezone == location.timezone
        per_day = site.population.customers * site.population.orders_per_customer_day
        assert per_day == pytest.approx(location.base_orders_day, abs=0.2)
    assert sites == {}
    items = [(b.name, item.name, item.price) for b in universe.brands.values() for item in b.items]
    brand_names = dict(zip(menus.brands.brand_id.tolist(), menus.brands.name, strict=True))
    shipped = zip(menus.items.brand_id.tolist(), menus.items.name, menus.items.price.tolist(), strict=True)
    assert sorted(items) == sorted((brand_names[brand], name, price) for brand, name, price in shipped)


def test_items_take_about_their_brands_time_and_bake_in_ovens() -> None:
    files = make_preset("canonical")
    brands = {content["name"]: content for name, content in files.items() if name.startswith("brands/")}
    for brand in read_menus():
        made = brands[brand["name"]]
        totals = [sum(s["expected_duration"] for s in item["instructions"]) for item in made["items"]]
        assert np.mean(totals) == pytest.approx(brand["avg_prep_time_min"] * 60, abs=10)
        assert min(totals) >= 60
    baked = Counter(
        name
        for name, brand in brands.items()
        for item in brand["items"]
        if any(step["required_station"] == OVEN for step in item["instructions"])
    )
    assert baked["Drawbridge Deep Dish"] == 4
    assert baked["Forno Civetta"] == 6
    assert baked["Puffin & Pistachio"] == baked["Sazanami Sushi Counter"] == 0


def test_no_shape_no_category_and_no_ingredient_is_left_over() -> None:
    recipes = preset_files._read("recipes")
    brands = [*read_menus(), *preset_files._read("european")["brands"]]
    categories = {category["name"] for brand in brands for category in brand["categories"]}
    listed = [name for names in recipes["categories"].values() for name in names]
    assert sorted(listed) == sorted(categories)
    assert recipes["categories"].keys() == recipes["shapes"].keys()
    used = {key for shape in recipes["shapes"].values() for key, _ in shape["ingredients"]}
    assert used == recipes["ingredients"].keys()
    for shape in recipes["shapes"].values():
        assert sum(share for _, share, _, _ in shape["steps"]) == pytest.approx(1)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "empty", "link"):
        with pytest.raises(OutputError, match="expected no file or folder of that name yet"):
            write_preset("european", tmp_path / name)
    assert (tmp_path / "file").read_text() == "mine"
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []

    def fail_late(path: Path, data: bytes, *, name: Path) -> None:
        if len(written) == 3:
            raise OutputError("no space")
        written.append(path)
        write_whole(path, data, name=name)

    monkeypatch.setattr(preset_files, "write_whole", fail_late)
    with pytest.raises(OutputError, match="no space"):
        write_preset("european", tmp_path / "below" / "u")
    assert len(written) == 3
    assert list((tmp_path / "below").iterdir()) == []


def test_files_are_plain_names_and_text_that_people_read(tmp_path: Path) -> None:
    write_preset("canonical", tmp_path / "u")
    names = sorted(path.name for path in (tmp_path / "u" / "brands").iterdir())
    assert len(names) == 24
    assert "mai-hien-pho-banh-mi.json" in names
    assert "ottavianos-italian-beef.json" in names
    text = (tmp_path / "u" / "brands" / "mai-hien-pho-banh-mi.json").read_text(encoding="utf-8")
    assert '"Mái Hiên Phở & Bánh Mì"' in text
    assert json.loads(text)["category"] == "Vietnamese"
