"""The JSON Schemas of template files are made of the classes, and agree with what is read."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from fastgen.model.brand_template import Brand, Ingredient
from fastgen.model.json_schema import make_json_schema, make_list_schema
from fastgen.model.site_template import Site
from fastgen.templates.preset_files import PRESETS, make_preset
from tests.templates.folders import OLDER, Files
from tests.templates.schemas import read_schema
from tests.templates.test_wrong_folders import WRONG

MADE = {
    "sites": make_json_schema(Site, "Site of a universe of fastgen"),
    "brands": make_json_schema(Brand, "Brand of a universe of fastgen"),
    "ingredients.json": make_list_schema(Ingredient, "Ingredients of a universe of fastgen"),
}
# What is between keys or files is left to the code, and so is what time zones and brands there are.
BETWEEN = (
    *(
        "either mode or modes",
        "a part above 0",
        "IANA",
        "names of brands",
        "each name once",
        "at most 62",
        "at most 100",
        "at most 5000000 steps",
    ),
    *("1 to 64 steps", "one at least", "a station of each type", "an ingredient of", "a name of its own"),
)


@pytest.mark.parametrize("folder", MADE)
def test_shipped_schemas_are_made_of_the_descriptions(folder: str) -> None:
    assert read_schema(folder) == MADE[folder]
    jsonschema.Draft202012Validator.check_schema(MADE[folder])


@pytest.mark.parametrize("files", [OLDER, *map(make_preset, PRESETS)], ids=["older", *PRESETS])
def test_folders_are_valid(files: Files) -> None:
    for file, content in files.items():
        jsonschema.Draft202012Validator(read_schema(file)).validate(content)


@pytest.mark.parametrize(("files", "file", "message"), WRONG, ids=lambda v: str(v)[:60])
def test_schemas_refuse_what_the_code_refuses_but_for_rules_between_keys(
    files: dict[str, Any], file: str, message: str
) -> None:
    is_valid = jsonschema.Draft202012Validator(read_schema(file)).is_valid(files[file])
    assert is_valid == any(words in message for words in BETWEEN)
