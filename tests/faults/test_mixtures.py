"""Any mixture of faults can be undone, and any line of a stream is found and changed in its right part."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fastgen.events.schema import EVENT_TYPES
from fastgen.faults.draws import Purpose, event_keys, new_ids, shares, words_of
from fastgen.faults.kinds import ROW_FIELDS
from fastgen.faults.lines import find_members, splice, split_lines, wrap
from fastgen.wire.body_fields import BODY_FIELDS
from tests.effort import repeats
from tests.faults.streams import broken_slice, plan_of
from tests.helpers import slice_of
from tests.kernels.plain import philox

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = sorted({name for fields in BODY_FIELDS.values() for name in fields} | set(ROW_FIELDS))
START, END = "0T17:00", "0T19:00"

names = st.sampled_from([*FIELDS, "tip", "extra"])
delays: dict[str, Any] = {"max_delay_s": st.integers(1, 6000)}
times: dict[str, Any] = {
    "from": st.sampled_from([0, "0T17:30", "2024-01-01T18:00"]),
    "to": st.sampled_from([2, "0T18:30", "2024-01-01T18:45"]),
}
selections: dict[str, Any] = {
    "types": st.lists(st.sampled_from(EVENT_TYPES), min_size=4, max_size=8, unique=True),
    "locations": st.sampled_from([["sf"], ["4"], ["sf", "chicago"]]),
    **times,
}
shares_or_every = st.one_of(
    st.fixed_dictionaries({"probability": st.sampled_from([0.02, 0.3, 1.0])}),
    st.fixed_dictionaries({"every": st.integers(1, 20)}),
)
printable = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=9)
values = st.one_of(printable, st.integers(-9, 9), st.booleans(), st.floats(-1, 1))


def of_kind(kind: str, needed: dict[str, Any] | None = None, **optional: Any) -> st.SearchStrategy[Any]:
    keys = {"kind": st.just(kind), **(needed or {})}
    chosen = {key: value for key, value in (selections | optional).items() if key not in keys}
    return st.tuples(st.fixed_dictionaries(keys, optional=chosen), shares_or_every).map(
        lambda two: two[0] | two[1]
    )


fields = st.sampled_from(FIELDS)
FAULTS = st.one_of(
    *(of_kind(kind, {"field": fields}) for kind in ("null", "missing", "wrong_type")),
    *(of_kind(kind, delays) for kind in ("late", "disordered")),
    *(of_kind(kind) for kind in ("lost", "malformed", "truncated")),
    of_kind("duplicate", id=st.sampled_from(["same", "new"]), **delays),
    of_kind("noise", {"field": fields}, form=st.just("bytes")),
    of_kind("noise", {"field": fields, "form": st.just("long")}, length=st.integers(1, 50)),
    of_kind("burst", hold_s=st.integers(600, 7000)),
    of_kind("skew", {"skew_s": st.integers(-86_400, 86_400), "locations": selections["locations"]}),
    of_kind("silence", {"locations": st.just(["sf"]), "from": st.just("0T17:30"), "to": st.just("0T18:00")}),
    of_kind(
        "drift",
        {"change": st.just("add"), "field": names, "value": values, "from": times["from"]},
        level=st.sampled_from(["body", "row"]),
    ),
    of_kind("drift", {"change": st.just("rename"), "field": fields, "name": names, "from": times["from"]}),
    of_kind("drift", {"change": st.just("retype"), "field": fields, "from": times["from"]}),
)


def fits(fault: dict[str, Any]) -> bool:
    """Say whether a body of its types has its field, and a new name is another one."""
    field = fault.get("field")
    if field is not None and field == fault.get("name"):
        return False
    known = {name for kind in fault.get("types", EVENT_TYPES) for name in BODY_FIELDS[kind]} | set(ROW_FIELDS)
    return field is None or field in known or fault.get("change") == "add"


@settings(
    max_examples=repeats(40, 1500),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(faults=st.lists(FAULTS.filter(fits), min_size=1, max_size=7), seed=st.integers(0, 2**63 - 1))
def test_any_mixture_is_undone(
    faults: list[dict[str, Any]], seed: int, dataset: Path, tmp_path: Path
) -> None:
    clean = slice_of(dataset, START, END)
    broken = broken_slice(dataset, tmp_path, plan_of(tmp_path, *faults, seed=seed), START, END)
    assert b"".join(broken.undone()) == clean
    changed = set(broken.ledger["event_id"])
    hit = {json.loads(line)["event_id"] for line in set(clean.splitlines()) - {x[:-1] for x in broken.lines}}
    assert hit <= changed


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.floats(allow_nan=False, allow_infinity=False)
)
jsons = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
keys = st.sampled_from(["a", "ab", "b", "body", "items", ""])
objects = st.dictionaries(keys, jsons, max_size=4)


def dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def as_body(text: bytes) -> bytes:
    return text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


@settings(max_examples=repeats(100, 5000), deadline=None)
@given(rows=st.lists(st.tuples(objects, objects), min_size=1, max_size=4), key=keys.filter(bool))
def test_members_are_found_as_a_reader_of_json_finds_them(rows: list[tuple[Any, Any]], key: str) -> None:
    texts = [
        dumped({**row, "body": None})[:-5] + b'"' + as_body(dumped(body)) + b'"}\n'
        for row, body in (({k: v for k, v in row.items() if k != "body"}, body) for row, body in rows)
    ]
    lines = split_lines(np.frombuffer(b"".join(texts), np.uint8))
    for in_body in (False, True):
        found = find_members(lines, key, in_body=in_body)
        for n, (row, body) in enumerate(rows):
            value, after = int(found.value[n]), int(found.after[n])
            text = lines.text[value:after].tobytes()
            if in_body:
                assert (value >= 0) == (key in body)
                assert value < 0 or text == as_body(dumped(body[key]))
            elif key != "body":
                assert (value >= 0) == (key in row)
                assert value < 0 or text == dumped(row[key])
            assert int(found.close[n]) == int(lines.start[n + 1]) - (4 if in_body else 2)


@settings(max_examples=repeats(200, 5000), deadline=None)
@given(texts=st.lists(st.binary(max_size=30), min_size=1, max_size=4), key=st.sampled_from(["a", "body"]))
def test_lines_of_any_bytes_are_searched_within_their_bounds(texts: list[bytes], key: str) -> None:
    whole = [b'{"body":"' + text.replace(b"\n", b"") + b'"}\n' for text in texts]
    cut = [text.replace(b"\n", b"") + b"\n" for text in texts]
    lines = split_lines(np.frombuffer(b"".join([*whole, *cut]), np.uint8))
    for in_body in (False, True):
        found = find_members(lines, key, in_body=in_body)
        is_found = found.value >= 0
        assert (found.key[is_found] > lines.start[:-1][is_found]).all()
        assert (found.after[is_found] < lines.start[1:][is_found]).all()
        assert ((found.close < lines.start[1:]) | (found.close < 0)).all()


def test_parts_are_replaced() -> None:
    lines = split_lines(np.frombuffer(b"abc\n\ndefgh\n", np.uint8))
    first = lines.start[:-1]
    new = split_lines(np.frombuffer(b"1\n22\n\n", np.uint8))
    assert splice(lines, first, first, new).text.tobytes() == b"1\nabc\n22\n\n\ndefgh\n"
    assert splice(lines, first, lines.start[1:], new).text.tobytes() == new.text.tobytes()
    assert wrap(lines, b"<", b">").text.tobytes() == b"<abc\n><\n><defgh\n>"
    assert lines.take(np.array([2, 0])).series().to_list() == [b"defgh\n", b"abc\n"]


@given(
    raw=st.lists(st.binary(min_size=36, max_size=36), min_size=1, max_size=5),
    seed=st.integers(0, 2**64 - 1),
    fault=st.integers(1, 1000),
    purpose=st.sampled_from(Purpose),
)
@settings(max_examples=repeats(50, 1000), deadline=None)
def test_draws_are_those_of_a_plain_program(
    raw: list[bytes], seed: int, fault: int, purpose: Purpose
) -> None:
    """The key of an event is the low half of XXH3-128 of its id; words are Philox4x32-10."""
    keys = event_keys(np.frombuffer(b"".join(raw), np.uint8).reshape(-1, 36))
    assert keys.tolist() == [xxhash.xxh3_128_intdigest(text) & (2**64 - 1) for text in raw]
    words = words_of(keys, seed, fault, purpose)
    low = 2**32 - 1
    for key, own, share, uuid in zip(
        keys.tolist(), words.tolist(), shares(words).tolist(), new_ids(words), strict=True
    ):
        expected = philox((key & low, key >> 32, fault, purpose), (seed & low, seed >> 32))
        assert tuple(own) == expected
        assert share == (own[0] * 2**32 + own[1]) / 2**64
        digits = "".join(f"{word:08x}" for word in own)
        text = f"{digits[:12]}8{digits[13:16]}{int(digits[16], 16) & 3 | 8:x}{digits[17:]}"
        assert bytes(uuid).decode().replace("-", "") == text


def test_draws_are_pinned() -> None:
    """The same event is hit in every version: a change of these numbers breaks replays that run."""
    ids = np.frombuffer(b"c36d0183-1455-8d51-b952-604236f5d5ac" * 2, np.uint8).reshape(-1, 36)
    assert event_keys(ids).tolist() == [17779618995399501983] * 2
    assert words_of(event_keys(ids), 7, 1, Purpose.CHOICE)[0].tolist() == [
        3432091380,
        1574605450,
        2377812427,
        106678440,
    ]
