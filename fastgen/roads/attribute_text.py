"""Read attribute values that other programs wrote as text: numbers, flags, lists of names.

No text is evaluated as code, and possessive quantifiers (++) bound the time by the length of the text.
"""

from __future__ import annotations

import re

# What pandas, Python and JSON write for a missing value.
_MISSING = frozenset({"", "nan", "NaN", "None", "null", "NULL", "<NA>"})
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})
_NUMBER = re.compile(r"\s*[-+]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][-+]?[0-9]++)?\s*")
# A quoted text as Python or JSON writes it, or a bare word; then a comma or a space.
_ITEM = re.compile(
    r"""\s*+(?:'((?:[^'\\]|\\.)*+)'|"((?:[^"\\]|\\.)*+)"|([^\s,'"\\\[\](){}:]++))\s*+,?\s*+""", re.DOTALL
)
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U(000[0-9a-fA-F]{5}|0010[0-9a-fA-F]{4})|(.))", re.DOTALL
)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
# A list as the constructor of another type writes it: array(['A'], dtype=object), frozenset({'A'}).
_CONSTRUCTOR = re.compile(r"[A-Za-z_.]++\(\s*+([\[({].*[\])}])\s*+(?:,\s*+dtype=[^()\[\]{}]*+)?\)", re.DOTALL)
_PAIRS = frozenset({("[", "]"), ("{", "}"), ("(", ")")})
# Characters; OpenStreetMap's own texts have at most 255.
_MAX_TEXT = 4_000


def is_missing(text: str) -> bool:
    """Say whether a text stands for a missing value."""
    return text.strip() in _MISSING


def read_number(text: str) -> float:
    """Read a number; NaN where the value is missing.

    Raises
    ------
    ValueError
        If it is something else.
    """
    if is_missing(text):
        return float("nan")
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(text)
    return float(text)


def read_flag(text: str) -> bool | None:
    """Read true or false in the spellings of Python, XML and integers; None where there is no value.

    Raises
    ------
    ValueError
        If it is something else.
    """
    word = text.strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    if not is_missing(text):
        raise ValueError(text)
    return None


def is_list(text: str) -> bool:
    """Say whether a text is bracketed like a list of Python or JSON, or like a tuple or an array."""
    bracketed = _unwrap(text)
    return (bracketed[:1], bracketed[-1:]) in {("[", "]"), ("(", ")")}


def _unwrap(text: str) -> str:
    """Strip blanks, and the constructor around a list if there is one."""
    match = _CONSTRUCTOR.fullmatch(text.strip())
    return match[1] if match else text.strip()


def split_list(text: str) -> list[str]:
    """List the texts in a value: of a flat list, set, tuple or array its quoted texts, else the value itself.

    A value in brackets that is another structure (a mapping, nested lists, numbers) holds no text.

    Raises
    ------
    ValueError
        If a text, or such a structure, is very long.
    """
    found = _quoted_texts(text)
    if found is None:
        found = [text]
    if any(len(name) > _MAX_TEXT for name in found):
        raise ValueError(text)
    return [name for name in found if not is_missing(name)]


def _quoted_texts(text: str) -> list[str] | None:
    """List the quoted texts of a list; None where the value is a text, even one in brackets."""
    bracketed = _unwrap(text)
    if (bracketed[:1], bracketed[-1:]) not in _PAIRS or len(bracketed) == 1:
        return None
    inner = bracketed[1:-1]
    found, words, place = [], [], 0
    while item := _ITEM.match(inner, place):
        single, double, word = item.groups()
        if word is None:
            found.append(_unescape(single if double is None else double))
        else:
            words.append(word)
        place = item.end()
    are_values = all(is_missing(word) or _NUMBER.fullmatch(word) for word in words)
    if bracketed[0] == "(":
        # A name such as "(Old) Main Street (East)" or "(2)" is no tuple.
        return found if place == len(inner) and are_values and (found or "," in inner) else None
    if place < len(inner):
        return None if len(text) > _MAX_TEXT or not {'"', "'"} & set(text) else []
    # A name such as "[Closed]" quotes nothing, and is itself.
    return found if found or are_values else None


def _unescape(text: str) -> str:
    """Resolve the escapes of a quoted text, JSON's pairs of surrogates included."""

    def resolve(match: re.Match[str]) -> str:
        *codes, letter = match.groups()
        code = next((c for c in codes if c), None)
        return chr(int(code, 16)) if code else _LETTERS.get(letter, letter)

    if "\\" not in text:
        return text
    return join_surrogates(_ESCAPE.sub(resolve, text))


def join_surrogates(text: str) -> str:
    """Join pairs of surrogates to their characters, and replace halves of pairs, which no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
