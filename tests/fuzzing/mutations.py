"""Change valid and formerly faulty inputs a little, as strategies of hypothesis.

Hypothesis draws the mutations: it repeats a run from a fixed seed, shrinks what failed to a few small
changes, and is a tool of these tests already. Coverage-guided fuzzers (atheris) would have to rebuild the
parsers in C below the readers (osmium, Arrow, expat, XZ) to see into them, and what is Python here is reached
by mutations that know the form: bytes, tokens of text, and places in a tree of JSON.
"""

from __future__ import annotations

import contextlib
import copy
import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_BYTES = 200_000
_TOKEN = re.compile(
    rb'"[^"\n]{0,80}"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_][A-Za-z0-9_.-]*|[\[\]{}<>/=:,]'
)
_ODD_NUMBERS = (
    *(
        "0",
        "-1",
        "1.5",
        "-0",
        "1e999",
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "1e-99",
        "1e400",
        "0x10",
        "1_0",
        "\u0661",
    ),
    *("127", "128", "255", "65536", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808"),
    *("18446744073709551616", "1" + "0" * 40, "9" * 400, "9" * 5000, "0." + "3" * 500, "1/3", "1e308"),
    *("90.000001", "-91", "180.1", "-179.9999999", "86400", "99999999999999"),
)
_ODD_TEXTS = (
    *(
        "",
        " ",
        "null",
        "None",
        "true",
        "false",
        "[]",
        "{}",
        '""',
        "\\",
        "%s",
        "{0}",
        "../../x",
        "-",
        "a" * 3000,
    ),
    *(
        "\x00",
        "\n",
        "\r",
        "\t",
        "\x07",
        "\x1b[2J",
        "\x1b]0;x\x07",
        "\x7f",
        "\x85",
        "\u2028",
        "\u202e",
        "\ufeff",
    ),
    *(
        "\ufffe",
        "é",
        "e\u0301",
        "İ",
        "ß",
        "名前",
        "\U0001f6b2",
        "\U0010ffff",
        "2024-02-30",
        "9999-12-31T23:59:60",
    ),
    *("0001-01-01", "24:00", "[" * 300 + "]" * 300, "&amp;", "<!--", "-->", "]]>", "=", ",", ":", ";"),
)
# No UTF-8: a lone surrogate, an overlong zero, a cut sequence, bytes of no character.
_ODD_BYTES = (b"\xed\xa0\x80", b"\xc0\x80", b"\xe2\x82", b"\xff", b"\xff\xfe", b"\x1f\x8b", b"\x00" * 64)
_DEPTHS = (1, 2, 50, 2000, 100_000)
_BRACKETS = ((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>"), (b"(", b")"))
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1.5, -0.0, 1e308, 1e-308, float("inf"), float("nan"), 127, 128, 10**9),
    *(2**31, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**400, 1e18, 86400.5, [], {}, [[]], [{}], {"": None}),
    *([None], [1, 2], ["a", "a"], {"a": {"b": [1]}}, "\ud800", *_ODD_TEXTS, *_ODD_NUMBERS),
)


def _spots(draw: st.DrawFn, data: bytes) -> tuple[int, int]:
    """Draw a slice of the data, mostly a short one."""
    start = draw(st.integers(0, len(data)))
    return start, min(len(data), start + draw(st.sampled_from((1, 2, 4, 8, 16, 64, 256, 4096))))


def _flip(draw: st.DrawFn, data: bytes) -> bytes:
    at = draw(st.integers(0, max(0, len(data) - 1)))
    return data[:at] + bytes(b ^ 1 << draw(st.integers(0, 7)) for b in data[at : at + 1]) + data[at + 1 :]


def _overwrite(draw: st.DrawFn, data: bytes) -> bytes:
    start, end = _spots(draw, data)
    return data[:start] + draw(st.binary(max_size=16)) + data[end:]


def _insert(draw: st.DrawFn, data: bytes) -> bytes:
    at = draw(st.integers(0, len(data)))
    return data[:at] + _draw_odd(draw) + data[at:]


def _remove(draw: st.DrawFn, data: bytes) -> bytes:
    start, end = _spots(draw, data)
    return data[:start] + data[end:]


def _repeat(draw: st.DrawFn, data: bytes) -> bytes:
    start, end = _spots(draw, data)
    return data[:start] + data[start:end] * draw(st.sampled_from((2, 3, 100))) + data[end:]


def _truncate(draw: st.DrawFn, data: bytes) -> bytes:
    return data[: draw(st.integers(0, len(data)))]


def _move(draw: st.DrawFn, data: bytes) -> bytes:
    start, end = _spots(draw, data)
    rest = data[:start] + data[end:]
    at = draw(st.integers(0, len(rest)))
    return rest[:at] + data[start:end] + rest[at:]


def _draw_odd(draw: st.DrawFn) -> bytes:
    texts = st.sampled_from(_ODD_NUMBERS + _ODD_TEXTS).map(str.encode)
    return draw(texts | st.sampled_from(_ODD_BYTES) | st.text(max_size=4).map(lambda t: t.encode()))


def _change_token(draw: st.DrawFn, data: bytes) -> bytes:
    """Replace, remove, double or nest a word, number, quoted text or bracket, or put another in its place."""
    tokens = list(_TOKEN.finditer(data[:MAX_BYTES]))
    if not tokens:
        return _insert(draw, data)
    token, other = (tokens[draw(st.integers(0, len(tokens) - 1))] for _ in range(2))
    start, end = token.span()
    quote = b'"' if token[0].startswith(b'"') else b""
    changes: dict[str, Callable[[], bytes]] = {
        "number": lambda: draw(st.sampled_from(_ODD_NUMBERS)).encode(),
        "odd": lambda: quote + _draw_odd(draw) + quote,
        "other": lambda: other[0],
        "remove": lambda: b"",
        "double": lambda: token[0] * 2,
        "nest": lambda: _nest(draw, token[0]),
    }
    return data[:start] + changes[draw(st.sampled_from(sorted(changes)))]() + data[end:]


def _nest(draw: st.DrawFn, token: bytes) -> bytes:
    depth, (opening, closing) = draw(st.sampled_from(_DEPTHS)), draw(st.sampled_from(_BRACKETS))
    return opening * depth + token + closing * depth


_OF_BYTES: tuple[Callable[[st.DrawFn, bytes], bytes], ...] = (
    *(_flip, _overwrite, _insert, _remove, _repeat, _truncate, _move),
    # As often as all the others: what is no text any more is refused at the first check.
    *(_change_token,) * 7,
)


@st.composite
def mutated_bytes(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Draw one of the inputs with up to four changes of bytes and tokens, or the halves of two of them."""
    data = draw(st.sampled_from(seeds))
    if draw(st.integers(0, 9)) == 9:
        other = draw(st.sampled_from(seeds))
        data = data[: draw(st.integers(0, len(data)))] + other[draw(st.integers(0, len(other))) :]
    for _ in range(draw(st.integers(0, 4))):
        data = draw(st.sampled_from(_OF_BYTES))(draw, data)
    return data[:MAX_BYTES]


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """List where values are in a tree, as the container and the key or index in it."""
    found, waiting = [], [tree]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])
    return found


def _change_tree(draw: st.DrawFn, tree: Any) -> None:
    places = _places(tree)
    if not places:
        return
    (holder, key), (there, at) = (places[draw(st.integers(0, len(places) - 1))] for _ in range(2))
    changes: dict[str, Callable[[], Any]] = {
        "odd": lambda: copy.deepcopy(draw(st.sampled_from(ODD_VALUES))),
        "number": lambda: draw(st.integers() | st.floats() | st.integers(-5, 200)),
        "text": lambda: draw(st.text(max_size=8)),
        "other": lambda: copy.deepcopy(there[at]),
        "wrap": lambda: [holder[key]],
    }
    kind = draw(st.sampled_from(("odd", "remove", "add", *changes)))
    if kind == "remove":
        del holder[key]
    elif kind != "add":
        holder[key] = changes[kind]()
    elif isinstance(holder, dict):
        new_key = draw(st.sampled_from(_ODD_TEXTS) | st.text(max_size=4))
        holder[new_key] = copy.deepcopy(holder[key])
    else:
        holder.insert(key, copy.deepcopy(holder[key]))


def _trees(seeds: Sequence[bytes], parse: Callable[[str], Any]) -> list[Any]:
    """Parse the inputs that can be; among those that once failed are others."""
    found = []
    for data in seeds:
        with contextlib.suppress(ValueError, RecursionError):
            found.append(parse(data.decode()))
    return [tree for tree in found if isinstance(tree, dict)]


@st.composite
def mutated_json(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Draw one of the inputs, which are objects of JSON, with up to three values of its tree changed.

    Every sixth input is mutated as text instead.
    """
    trees = _trees(seeds, json.loads)
    if not trees or draw(st.integers(0, 5)) == 5:
        return draw(mutated_bytes(seeds))
    tree = copy.deepcopy(draw(st.sampled_from(trees)))
    for _ in range(draw(st.integers(1, 3))):
        _change_tree(draw, tree)
    return json.dumps(tree).encode()


@st.composite
def mutated_toml(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Draw one of the inputs, which are TOML, with changes of its text or, as often, of its tree."""
    trees = _trees(seeds, tomllib.loads)
    if not trees or draw(st.booleans()):
        return draw(mutated_bytes(seeds))
    tree = copy.deepcopy(draw(st.sampled_from(trees)))
    for _ in range(draw(st.integers(1, 3))):
        _change_tree(draw, tree)
    return "".join(f"{json.dumps(key)} = {_inline(value)}\n" for key, value in tree.items()).encode()


def _inline(value: Any) -> str:
    """Write a value of JSON as TOML on one line; what TOML doesn't have becomes something else odd."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_inline(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, default=str)


def sealed(
    mutated: Callable[[Sequence[bytes]], st.SearchStrategy[bytes]], seal: Callable[[dict[str, Any]], bytes]
) -> Callable[[Sequence[bytes]], st.SearchStrategy[bytes]]:
    """Give most mutated objects of JSON a checksum that is right, to reach what is checked after it."""

    def reseal(data: bytes) -> bytes:
        try:
            tree = json.loads(data)
        except (ValueError, RecursionError):
            return data
        return seal(tree) if isinstance(tree, dict) else data

    return lambda seeds: st.one_of(mutated(seeds).map(reseal), mutated(seeds).map(reseal), mutated(seeds))
