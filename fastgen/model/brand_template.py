"""Define a brand of a universe: its items, the steps that make each, and what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastgen.errors import ScenarioError
from fastgen.model.dimensions import MAX_PRICE
from fastgen.model.field_kinds import Metadata, absent, choice, matching, number, rows, text, texts
from fastgen.model.fields import Spec, check_fields
from fastgen.model.site_template import NAME_PATTERN, NAME_RULE, check_names, in_file_order
from fastgen.model.stations import STATION_TYPES

# A line's draws have an address for each of that many steps.
MAX_STEPS = 64
_LONG = 2000  # characters of a description
_INGREDIENT_PATTERN = r"ingredients/[^/\s]+"
_INGREDIENT_RULE = '"ingredients/" and a word without blanks'


def _prose(doc: str) -> Metadata:
    """Describe a text that may be missing; it reaches no event."""
    return absent(text(doc, _LONG, empty=True))


@dataclass(frozen=True)
class IngredientUse:
    """How much of an ingredient is in an item."""

    ingredient_ref: str = field(
        metadata=matching("name of the ingredient in ingredients.json", _INGREDIENT_PATTERN, _INGREDIENT_RULE)
    )
    quantity: str = field(metadata=text("how much of it, in words such as 150g"))
    display_name: str | None = field(metadata=_prose("what the menu calls it"), default=None)
    description: str | None = field(metadata=_prose("how it is used"), default=None)

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


@dataclass(frozen=True)
class Instruction:
    """One step of a recipe, done at one station."""

    step: str = field(metadata=text("name of the step"))
    required_station: str = field(metadata=choice("station_type that it needs", *STATION_TYPES))
    expected_duration: float = field(
        metadata=number("seconds that it takes on average", 0, 86_400, above=True)
    )
    description: str | None = field(metadata=_prose("what is done"), default=None)

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


@dataclass(frozen=True)
class BrandItem:
    """An item on a brand's menu."""

    name: str = field(metadata=matching("name of the item, once a brand", NAME_PATTERN, NAME_RULE))
    price: float = field(metadata=number("price", 0, MAX_PRICE))
    instructions: tuple[Instruction, ...] = field(
        metadata=rows(Instruction, "steps that make it, one after the other", in_file_order)
    )
    ingredients: tuple[IngredientUse, ...] = field(
        metadata=rows(IngredientUse, "what is in it", in_file_order), default=()
    )
    description: str | None = field(metadata=_prose("what it is"), default=None)
    category: str | None = field(metadata=_prose("part of the menu that it stands in"), default=None)
    image_url: str | None = field(metadata=_prose("address of a picture; never opened"), default=None)

    def __post_init__(self) -> None:
        """Check the fields, and the number of steps."""
        check_fields(self)
        if not 1 <= len(self.instructions) <= MAX_STEPS:
            raise ScenarioError(
                f"instructions: expected 1 to {MAX_STEPS} steps, got {len(self.instructions)}."
            )


@dataclass(frozen=True)
class Brand:
    """A brand with its menu."""

    name: str = field(metadata=matching("name of the brand, once a folder", NAME_PATTERN, NAME_RULE))
    items: tuple[BrandItem, ...] = field(metadata=rows(BrandItem, "its menu", in_file_order))
    description: str | None = field(metadata=_prose("what it stands for"), default=None)
    category: str | None = field(metadata=_prose("kind of cooking"), default=None)

    def __post_init__(self) -> None:
        """Check the fields, and the items' names."""
        check_fields(self)
        if not self.items:
            raise ScenarioError("items: expected one at least, got an empty list.")
        check_names("items", (item.name for item in self.items))


def _nutrients(doc: str) -> Metadata:
    """Describe what is in an ingredient, as texts such as "26g/100g" or plain numbers."""
    keys = ("calories", "protein", "fat", "carbohydrates")
    amount = text("")["spec"]

    def check(value: object) -> tuple[tuple[str, str], ...]:
        tree = dict(value) if isinstance(value, tuple) else value
        if not isinstance(tree, Mapping) or not set(tree) <= set(keys):
            raise ValueError
        texts_of = {key: str(part) if isinstance(part, int | float) else part for key, part in tree.items()}
        return tuple((key, amount.check(texts_of[key])) for key in keys if key in texts_of)

    def dump(value: tuple[tuple[str, str], ...]) -> dict[str, Any]:
        return dict(value)

    rule = f"a table of texts or numbers with the keys {', '.join(keys)}"
    anything = {"type": ["string", "number"], "maxLength": 200}
    schema = {"type": "object", "properties": dict.fromkeys(keys, anything), "additionalProperties": False}
    return {"spec": Spec(doc, rule, check, dump=dump, schema=schema)}


@dataclass(frozen=True)
class Ingredient:
    """An ingredient that items refer to."""

    name: str = field(metadata=matching("name that items refer to", _INGREDIENT_PATTERN, _INGREDIENT_RULE))
    display_name: str | None = field(metadata=_prose("what menus call it"), default=None)
    description: str | None = field(metadata=_prose("what it is"), default=None)
    nutritional_value: tuple[tuple[str, str], ...] = field(
        metadata=_nutrients("calories, protein, fat and carbohydrates"), default=()
    )
    potential_allergens: tuple[str, ...] = field(metadata=texts("what people may be allergic to"), default=())

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)
