"""Make the template folders of the presets, and write one whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
import unicodedata
from importlib import resources
from typing import TYPE_CHECKING, Any

from fastgen.errors import OutputError
from fastgen.files import check_folder, sync_folder, write_whole
from fastgen.inputs.menus import read_menus
from fastgen.paths import hidden_beside
from fastgen.templates.reading import INGREDIENTS
from fastgen.templates.shapes import read_recipes, scale_steps, shapes_by_category

if TYPE_CHECKING:
    from pathlib import Path

Tree = dict[str, Any]

PRESETS = ("canonical", "european")
# With bicycles a mean ride of about 10 minutes, as real couriers of meals ride: with 4 miles it is 20.
_RADIUS_MI = 2.0


def write_preset(name: str, folder: Path) -> None:
    """Write a preset into a new folder.

    Parameters
    ----------
    name
        One of `PRESETS`.
    folder
        Path at which nothing is yet.

    Raises
    ------
    OutputError
        If something is there, or the folder can't be written; nothing is left then.
    """
    if os.path.lexists(folder):
        raise OutputError(f"{folder}: expected no file or folder of that name yet, but there is one.")
    check_folder(folder)
    # Made beside it and renamed as a whole: a killed command leaves no folder of that name.
    unfinished = hidden_beside(folder, f".{os.getpid()}.tmp")
    try:
        unfinished.mkdir(parents=True, exist_ok=True)
        for file, content in make_preset(name).items():
            text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
            write_whole(unfinished / file, text.encode(), name=folder / file)
        unfinished.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        raise OutputError(f"{folder}: expected to make a folder, got: {error.strerror}.") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def make_preset(name: str) -> dict[str, Any]:
    """Make the files of a preset: JSON values by their path in the folder."""
    preset = _read(name)
    brands = read_menus() if preset.get("menus") == "shipped" else preset["brands"]
    files: dict[str, Any] = {}
    for code, site in preset["sites"].items():
        files[f"sites/{code}.json"] = _make_site(code, site)
    for brand in brands:
        files[f"brands/{_file_name(brand['name'])}.json"] = _make_brand(brand)
    files[INGREDIENTS] = [_make_ingredient(key, row) for key, row in read_recipes()["ingredients"].items()]
    return files


def _read(name: str) -> Tree:
    source = resources.files("fastgen.templates") / "presets" / f"{name}.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


def _make_site(code: str, site: Tree) -> Tree:
    return {
        "info": {"name": code, "latitude": site["latitude"], "longitude": site["longitude"]},
        "timezone": site["timezone"],
        "radius_mi": _RADIUS_MI,
        "population": {"customers": site["customers"]},
        "couriers": {"number": site["couriers"]},
        "kitchens": [
            {"info": {"name": f"kitchen-{k}"}, "stations": _make_stations(site)}
            for k in range(1, site["kitchens"] + 1)
        ],
    }


def _make_stations(site: Tree) -> list[Tree]:
    return [
        {"name": f"{kind}-{n}", "station_type": f"KITCHEN_STATION_{kind.upper()}"}
        for kind in ("workstation", "stove", "oven")
        for n in range(1, site[f"{kind}s"] + 1)
    ]


def _make_brand(brand: Tree) -> Tree:
    shape_of = shapes_by_category()
    listed = [(c["name"], item, shape_of[c["name"]]) for c in brand["categories"] for item in c["items"]]
    seconds = scale_steps([shape for _, _, shape in listed], brand["avg_prep_time_min"])
    return {
        "name": brand["name"],
        "description": f"{brand['menu']}: {brand['cuisine_type']}",
        "category": brand["cuisine_type"],
        "items": [
            {
                "name": item["name"],
                "category": category,
                "description": f"{item['name']}, from {category}",
                "price": item["price"],
                "ingredients": [
                    {"ingredient_ref": f"ingredients/{key}", "quantity": quantity}
                    for key, quantity in shape.ingredients
                ],
                "instructions": [
                    {
                        "step": step.name,
                        "required_station": f"KITCHEN_STATION_{step.station}",
                        "expected_duration": expected_s,
                        "description": step.description,
                    }
                    for step, expected_s in zip(shape.steps, of_steps, strict=True)
                ],
            }
            for (category, item, shape), of_steps in zip(listed, seconds, strict=True)
        ],
    }


def _make_ingredient(key: str, row: list[Any]) -> Tree:
    title, calories, protein, fat, carbohydrates, allergens = row
    return {
        "name": f"ingredients/{key}",
        "display_name": title,
        "description": f"{title}, values for 100 g.",
        "nutritional_value": {
            "calories": f"{calories} kcal/100g",
            "protein": f"{protein}g/100g",
            "fat": f"{fat}g/100g",
            "carbohydrates": f"{carbohydrates}g/100g",
        },
        "potential_allergens": allergens,
    }


def _file_name(brand: str) -> str:
    """Make a plain file name of a brand's name: "mai-hien-pho-banh-mi"."""
    # NFKD splits letters from their accents, which ASCII then lacks.
    plain = unicodedata.normalize("NFKD", brand).encode("ascii", "ignore").decode().lower().replace("'", "")
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())
