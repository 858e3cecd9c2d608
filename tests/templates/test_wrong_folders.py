"""A wrong template folder is refused in one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.errors import ScenarioError
from fastgen.model.location import CODE_RULE
from fastgen.templates.reading import read_universe
from tests.templates.folders import OLDER, Files, changed, write

if TYPE_CHECKING:
    from pathlib import Path

SITE, BRAND, SOUPS, INGREDIENTS = (
    "sites/london.json",
    "brands/toasts.json",
    "brands/soups.json",
    "ingredients.json",
)
STATION = "kitchens.0.stations.0"
STEP = "items.0.instructions.0"
WRONG: list[tuple[Files, str, str]] = [
    (changed(SITE, "radius_mile", 3), SITE, "radius_mile: unknown key, did you mean radius_mi?"),
    (
        changed(SITE, "population", {"custmers": 3}),
        SITE,
        "population.custmers: unknown key, did you mean customers?",
    ),
    (
        changed(SITE, "population", {"customers": 0}),
        SITE,
        "population.customers: expected 1 <= customers <= 10000000, got 0.",
    ),
    (
        changed(SITE, "population", {"customers": 10_000_000}),
        SITE,
        "population: expected at most 5000000 steps of recipes a day, got 12000000 of 3000000 orders; make",
    ),
    (
        changed(SITE, "kitchens", [{"info": {"name": f"{n}"}, "stations": []} for n in range(1001)]),
        SITE,
        "kitchens: expected at most 1000, got 1001.",
    ),
    (changed(SITE, "population", 5), SITE, "population: expected a table, got 5."),
    (
        changed(SITE, "couriers", {"mode": "bike"}),
        SITE,
        'couriers.mode: expected "foot" or "bicycle" or "car", got \'bike\'.',
    ),
    (
        changed(SITE, "couriers", {"mode": "foot", "modes": {"car": 1}}),
        SITE,
        "couriers.modes: expected either mode or modes, got both: mode is 'foot'.",
    ),
    (
        changed(SITE, "couriers", {"modes": {"bike": 1}}),
        SITE,
        "couriers.modes.bike: unknown key, expected one of foot, bicycle, car.",
    ),
    (
        changed(SITE, "couriers", {"modes": {"car": 0}}),
        SITE,
        "couriers.modes: expected a part above 0 of foot, bicycle or car, got none.",
    ),
    (
        changed(SITE, "couriers", {"modes": {"car": -1}}),
        SITE,
        "couriers.modes.car: expected 0 <= car <= 100000, got -1.",
    ),
    (
        changed(SITE, "packing_s", 3601),
        SITE,
        "packing_s: expected 0 <= packing_s <= 3600, got 3601.",
    ),
    (
        changed(SITE, "couriers", {"number": -1}),
        SITE,
        "couriers.number: expected 0 <= number <= 100000, got -1.",
    ),
    (changed(SITE, "info.latitude", 91), SITE, "info.latitude: expected -85 <= latitude <= 85, got 91."),
    *(
        (
            changed(SITE, "info.name", name),
            SITE,
            f"info.name: expected a name of {CODE_RULE}, got {name!r}.",
        )
        for name in ("a/b", "a,b", ".a", " a", "a ", "a\nb")
    ),
    (changed(SITE, "info.name", None), SITE, "info.name: expected a name of 1 to 63 characters"),
    (changed(SITE, "timezone", "Europe/Londn"), SITE, "timezone: expected an IANA time zone such as"),
    (changed(SITE, "kitchens", []), SITE, "kitchens: expected one at least, got an empty list."),
    (changed(SITE, "brands", []), SITE, "brands: expected one at least, got an empty list."),
    (
        changed(SITE, "brands", ["toast"]),
        SITE,
        "brands: expected names of brands, got 'toast': did you mean toasts?",
    ),
    (
        changed(SITE, f"{STATION}.station_type", "KITCHEN_STATION_GRILL"),
        SITE,
        'kitchens[0].stations[0].station_type: expected "KITCHEN_STATION_UNSPECIFIED" or "KITCHEN_',
    ),
    (
        changed(SITE, f"{STATION}.name", "oven-1"),
        SITE,
        "kitchens[0].stations: expected each name once, got 'oven-1' twice.",
    ),
    (
        changed(SITE, "kitchens", OLDER[SITE]["kitchens"] * 2),
        SITE,
        "kitchens: expected each name once, got 'kitchen-1' twice.",
    ),
    (
        changed(
            SITE,
            "kitchens.0.stations",
            [{"name": str(n), "station_type": "KITCHEN_STATION_OVEN"} for n in range(63)],
        ),
        SITE,
        "kitchens[0].stations: expected at most 62 of a station_type, got 63 of KITCHEN_STATION_OVEN.",
    ),
    (
        changed(BRAND, f"{STEP}.required_station", "KITCHEN_STATION_UNSPECIFIED"),
        SITE,
        "kitchens[0].stations: expected a station of each type that its recipes need, got no KITCHEN_ST",
    ),
    (
        changed(BRAND, f"{STEP}.expected_duration", 0),
        BRAND,
        "items[0].instructions[0].expected_duration: expected 0 < expected_duration <= 86400, got 0.",
    ),
    (
        changed(BRAND, f"{STEP}.expected_duraton", 5),
        BRAND,
        "items[0].instructions[0].expected_duraton: unknown key, did you mean expected_duration?",
    ),
    (changed(BRAND, "items", []), BRAND, "items: expected one at least, got an empty list."),
    (
        changed(BRAND, "items.0.instructions", []),
        BRAND,
        "items[0].instructions: expected 1 to 64 steps, got 0.",
    ),
    (
        changed(BRAND, "items.0.instructions", OLDER[SOUPS]["items"][0]["instructions"] * 65),
        BRAND,
        "items[0].instructions: expected 1 to 64 steps, got 65.",
    ),
    (
        changed(BRAND, "items.1.name", "Egg Toast"),
        BRAND,
        "items: expected each name once, got 'Egg Toast' twice.",
    ),
    (changed(BRAND, "items.0.name", "a/b"), BRAND, "items[0].name: expected 1 to 200 characters on one line"),
    (changed(BRAND, "items.0.price", -1), BRAND, "items[0].price: expected 0 <= price <= 1e+06, got -1."),
    (
        changed(BRAND, "items.0.ingredients.0.ingredient_ref", "ingredients/eg"),
        BRAND,
        "items[0].ingredients[0].ingredient_ref: expected an ingredient of ingredients.json, got ",
    ),
    (
        changed(BRAND, "name", "soups"),
        BRAND,
        "name: expected a name of its own, got 'soups', as in soups.json.",
    ),
    (changed(INGREDIENTS, "0.fat", 3), INGREDIENTS, "[0].fat: unknown key, "),
    (
        changed(INGREDIENTS, "0.nutritional_value.sugar", "3g"),
        INGREDIENTS,
        "[0].nutritional_value: expected a table of texts or numbers with the keys calories, ",
    ),
    (
        OLDER | {INGREDIENTS: OLDER[INGREDIENTS] * 2},
        INGREDIENTS,
        "[1].name: expected each name once, got 'ingredients/egg' twice.",
    ),
    (OLDER | {INGREDIENTS: {}}, INGREDIENTS, "expected a list [...], got a table."),
    (OLDER | {INGREDIENTS: [3]}, INGREDIENTS, "[0]: expected an object {...}, got 3."),
    (OLDER | {SITE: []}, SITE, "expected an object {...}, got []."),
]


@pytest.mark.parametrize(("files", "file", "message"), WRONG, ids=lambda v: str(v)[:60])
def test_a_wrong_folder_is_refused_in_one_line(files: Files, file: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_universe(write(files, tmp_path))
    assert str(caught.value).startswith(f"{tmp_path / file}: {message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (INGREDIENTS, "ingredients.json: expected a readable list of ingredients, got: No such file"),
        (SITE, "sites: expected 1 to 127 .json files, got 0."),
        ("sites", "sites: expected a folder of .json files, got: No such file or directory."),
        ("", "expected a template folder with sites/, brands/ and ingredients.json, got none: 'fastgen uni"),
    ],
)
def test_a_missing_file_is_named(file: str, message: str, tmp_path: Path) -> None:
    folder = write(OLDER, tmp_path / "u")
    path = folder / file
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(ScenarioError) as caught:
        read_universe(folder)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected JSON, got an error: "),
        (b"[" * 100_000, "expected JSON, got an error: "),
        (b"\xff", "expected UTF-8, got byte 0 that is not."),
        (b'{"name": "a", "name": "b"}', 'expected JSON, got an error: the key "name" twice.'),
        (b'{"name": NaN}', "expected JSON, got an error: NaN where a number belongs."),
        (b" " * 8_000_001, "expected JSON, got an error: more than 8,000,000 bytes."),
    ],
    ids=lambda v: str(v)[:20],
)
def test_hostile_bytes_are_refused(data: bytes, message: str, tmp_path: Path) -> None:
    write(OLDER, tmp_path)
    (tmp_path / BRAND).write_bytes(data)
    with pytest.raises(ScenarioError) as caught:
        read_universe(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / BRAND}: {message}")


def _leaves(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(leaf for key, part in below for leaf in _leaves(part, (*path, key)))]


@pytest.mark.parametrize("value", [None, [], {}, "\n", "", 10**400, -1, True], ids=lambda v: str(v)[:9])
@pytest.mark.parametrize("file", OLDER)
def test_any_value_anywhere_is_taken_or_refused_in_one_line(file: str, value: object, tmp_path: Path) -> None:
    write(OLDER, tmp_path)
    refused = []
    for path in _leaves(OLDER[file]):
        tree = {"top": json.loads(json.dumps(OLDER[file]))}
        at: Any = tree
        for key in ("top", *path)[:-1]:
            at = at[key]
        at[("top", *path)[-1]] = value
        try:
            read_universe(write({file: tree["top"]}, tmp_path))
        except ScenarioError as error:
            refused.append(str(error))
    assert refused
    assert [line for line in refused if not line.startswith(str(tmp_path)) or "\n" in line] == []


def test_an_error_names_the_step_that_a_kitchen_lacks_a_station_for(tmp_path: Path) -> None:
    stations = [s for s in OLDER[SITE]["kitchens"][0]["stations"] if "OVEN" not in s["station_type"]]
    with pytest.raises(ScenarioError) as caught:
        read_universe(write(changed(SITE, "kitchens.0.stations", stations), tmp_path))
    assert "KITCHEN_STATION_OVEN, which brands/toasts.json needs at items[1].instructions[0]" in str(
        caught.value
    )
    # A site that doesn't sell the brand needs no oven.
    write(changed(SITE, "kitchens.0.stations", stations), tmp_path)
    site = json.loads((tmp_path / SITE).read_text()) | {"brands": ["soups"]}
    (tmp_path / SITE).write_text(json.dumps(site))
    read_universe(tmp_path)
