"""Read JSON from outside into records whose fields hold what their types say."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

# As many as 64 bits hold, with a sign or without.
_INT_MAX = 2**64


def parse_json(data: str | bytes) -> Any:
    """Decode JSON.

    Raises
    ------
    ValueError
        If it is none: also for brackets nested too deep, for NaN and infinity, and for halves of surrogate
        pairs, which no file in UTF-8 could hold.
    """
    text = data.decode() if isinstance(data, bytes) else data
    try:
        raw = json.loads(text, parse_constant=_refuse_constant)
        if "\\u" in text:
            json.dumps(raw, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("brackets nested too deep") from None
    return raw


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} where a number belongs")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_INT_MAX < value < _INT_MAX


def _is_number(value: object) -> bool:
    return isinstance(value, float) or _is_whole(value)


def _are(check: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _is_map_of_texts(value: object) -> bool:
    return isinstance(value, Mapping) and all(map(_is_text, value.values()))


# What a field of each type may be in JSON, and in words.
_KINDS: dict[str, tuple[Callable[[object], bool], str]] = {
    "str": (_is_text, "a text"),
    "int": (_is_whole, "a whole number"),
    "float": (_is_number, "a number"),
    "bool": (lambda value: isinstance(value, bool), "true or false"),
    "tuple[str, ...]": (_are(_is_text), "a list of texts"),
    "tuple[int, ...]": (_are(_is_whole), "a list of whole numbers"),
    "Mapping[str, str]": (_is_map_of_texts, "an object of texts"),
}


def make_record(cls: type[T], raw: object) -> T:
    """Make a dataclass or a named tuple of an object of JSON.

    Parameters
    ----------
    cls
        The class; its fields are texts, numbers, truth values, tuples of texts or whole numbers, maps from
        text to text, or one of these or None.
    raw
        The object, with the class's fields and no others; those that have a default may be missing. For a
        named tuple, also the list of its values.

    Raises
    ------
    ValueError
        For anything else than an object, a key that is missing or unknown, or a value of another type.
    """
    # Annotations are text; those of a named tuple come wrapped.
    annotations = cls.__annotations__.items()
    types = {name: str(getattr(kind, "__forward_arg__", kind)) for name, kind in annotations}
    if isinstance(raw, list) and issubclass(cls, tuple):
        raw = dict(zip(types, raw, strict=True))
    if not isinstance(raw, Mapping):
        raise ValueError(f"expected an object, got {_shown(raw)}")  # noqa: TRY004
    missing = types.keys() - raw.keys() - _with_default(cls)
    if missing:
        raise ValueError(f"no {min(missing)}")
    for key, value in raw.items():
        if key not in types:
            raise ValueError(f"the unknown key {_shown(key)}")
        matches, words = _KINDS[types[key].removesuffix(" | None")]
        if not matches(value) and not (value is None and types[key].endswith(" | None")):
            raise ValueError(f"{key}: expected {words}, got {_shown(value)}")
    return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()})


def _with_default(cls: type) -> set[str]:
    if not dataclasses.is_dataclass(cls):
        return set()
    return {field.name for field in dataclasses.fields(cls) if field.default is not dataclasses.MISSING}


def _shown(value: object) -> str:
    return json.dumps(value)[:60]
