"""Read JSON from outside into dataclasses and named tuples, and check it against their field types."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

# Larger numbers fit neither int64 nor uint64.
_INT_MAX = 2**64


def parse_json(data: str | bytes) -> Any:
    """Decode JSON.

    Raises
    ------
    ValueError
        If it is not valid JSON. That includes brackets nested too deep, NaN and infinity, and halves of
        surrogate pairs, which can't be written as UTF-8.
    """
    return _parse(data.decode() if isinstance(data, bytes) else data)


def parse_document(text: str) -> Any:
    """Decode JSON that people write: a key that is there twice is an error, and 5.0 is the whole number 5.

    Raises
    ------
    ValueError
        As `parse_json`, or if an object has a key twice.
    """
    return _parse(text, object_pairs_hook=_refuse_repeated, parse_float=_whole_or_float)


def _parse(text: str, **hooks: Any) -> Any:
    try:
        raw = json.loads(text, parse_constant=_refuse_constant, **hooks)
        if "\\u" in text:  # the only way to half of a surrogate pair; encoding it fails
            json.dumps(raw, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("brackets nested too deep") from None
    return raw


def _whole_or_float(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) < len(pairs):
        # The most common one comes first. Counting each key by itself would take hours for a large object.
        ((key, _),) = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {_shown(key)} twice")
    return tree


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


# By the text of a field's type: the check of its value, and the words for it in an error.
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
    """Make a dataclass or a named tuple from a JSON object.

    Parameters
    ----------
    cls
        The class. The type of each field is one of `_KINDS`, or one of them `| None`.
    raw
        A JSON object whose keys are the fields of the class; fields with a default may be missing. For a
        named tuple, also the list of its values.

    Raises
    ------
    ValueError
        If it is not an object, a key is missing or unknown, or a value has another type.
    """
    # Modules postpone annotations, so types are texts; a named tuple wraps them as ForwardRef.
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
    return json.dumps(value)[:60]  # enough to recognise it, in an error of one line
