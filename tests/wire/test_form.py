"""Live rows: the two encoders agree byte for byte, and each value is what its definition says."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastgen.errors import DataError
from fastgen.wire.bulk import WireEncoder, sort_rows
from fastgen.wire.form import Place, WireForm
from fastgen.wire.formats import WRITERS, Encoders
from fastgen.wire.plain import encode_few_lines, sort_few
from fastgen.wire.rows import WireChunk, WireRows
from tests.wire.reference import event_id, live_order_id
from tests.wire.test_plain import ANY_TEXT, NUMBERS, START_S, TEXTS, make_rows

PLACES = {
    1: Place("0b7f6f0e-8c5e-8a55-9d5e-0c8a3f3f2b11", "sanfrancisco", bytes(range(32))),
    7: Place('gk "7"\\', "Caff\u00e8\n\x00\u2028", bytes(range(100, 132))),
    127: Place("", "", b"\xff" * 32),
}
FORMS = (WireForm.live(PLACES), WireForm.live_canonical(PLACES))
STORED = st.tuples(
    st.integers(1, 9),
    st.sampled_from(list(PLACES)),
    st.integers(0, 300),
    st.sampled_from([0, 0, 3]),
    st.integers(0, 2),
)
US = st.sampled_from([0, 1, 999, 1000, 999_999]) | st.integers(0, 999_999)
MADE = st.tuples(US, st.integers(0, 12) | st.integers(0, 100_000))
ROWS = st.lists(st.tuples(STORED, st.lists(NUMBERS, min_size=5, max_size=5), TEXTS, MADE), max_size=12)
PICKED_UP = ((6, 7, 5, 0, 1), [0.0] * 5, ("AB12CD", "", "", '[[1.0,"x"]]'), (60_042, 123))


def make_live(rows: list[Any]) -> WireRows:
    """Make rows that have microseconds and minutes of the drive."""
    stored = make_rows(rows)
    made = np.array([row[3] for row in rows], np.int64).reshape(-1, 2)
    return stored._replace(ints=np.concatenate([stored.ints, made], 1))


def sort_key(row: Any) -> tuple[Any, ...]:
    (_, location_id, sequence, loop, second), _, (order_id, *_), (us, _) = row
    return second, us, order_id + (f"-L{loop}" if loop else ""), sequence, location_id


@settings(deadline=None)
@given(rows=ROWS, form=st.sampled_from(FORMS))
@example(
    rows=[PICKED_UP, ((1, 127, 0, 0, 1), [0.0] * 5, ("AB12CD", "a", "[]", "[]"), (60_042, 0))], form=FORMS[0]
)
def test_order_and_lines_of_both_encoders_are_equal(rows: list[Any], form: WireForm) -> None:
    made, keep = make_live(rows), np.ones(len(rows), bool)
    order = sort_rows(made, keep, START_S, START_S + 3)
    expected = sorted(rows, key=sort_key)
    assert [sort_key(rows[i]) for i in order] == list(map(sort_key, expected))
    assert [sort_key(rows[i]) for i in sort_few(made, keep, START_S, START_S + 3)] == list(
        map(sort_key, expected)
    )
    lines = WireEncoder(form).encode_lines(made, order, 86_400).tobytes()
    assert encode_few_lines(made, order, 86_400, form) == lines


@settings(deadline=None)
@given(rows=ROWS)
def test_values_are_those_defined(rows: list[Any]) -> None:
    made = make_live(
        [((*row[0][:3], 0, row[0][4]), *row[1:2], (row[2][0], "a", "[]", "[]"), row[3]) for row in rows]
    )
    order = np.arange(len(rows))
    for form in FORMS:
        lines = WireEncoder(form).encode_lines(made, order, 0).tobytes().splitlines()
        for line, row in zip(map(json.loads, lines), rows, strict=True):
            (kind, location_id, sequence, _, second), _, (order_id, *_), (us, eta) = row
            place = PLACES[location_id]
            decimals = 6 if form is FORMS[0] else 3
            time = dt.datetime.fromtimestamp(START_S + second, dt.UTC).replace(microsecond=us)
            assert line["event_id"] == event_id(place.key32.hex(), 0, order_id, sequence)
            assert line["order_id"] == live_order_id(place.key32, order_id)
            assert line["ts"] == f"{time:%Y-%m-%d %H:%M:%S.%f}"[: 20 + decimals]
            if form is FORMS[0]:
                assert (line["gk_id"], line["location"]) == place[:2]
                names = ["event_id", "event_type", "ts", "gk_id", "location", "order_id", "sequence", "body"]
            else:
                assert line["location_id"] == location_id
                names = ["event_id", "event_type", "ts", "location_id", "order_id", "sequence", "body"]
            assert list(line) == names
            if kind == 6:
                body = {"route_points": []} | ({"eta_mins": eta / 10} if form is FORMS[0] else {})
                assert json.loads(line["body"]) == body


def test_a_line_as_it_is_written() -> None:
    row = ((6, 1, 5, 0, 1), [0.0] * 5, ("AB12CD", "", "", "[[37.500000,-122.250000]]"), (60_042, 123))
    made, order = make_live([row]), np.zeros(1, np.int64)
    line = WireEncoder(FORMS[0]).encode_lines(made, order, 0).tobytes().decode()
    assert line == (
        f'{{"event_id":"{event_id(PLACES[1].key32.hex(), 0, "AB12CD", 5)}","event_type":"driver_picked_up",'
        '"ts":"2023-11-14 22:13:21.060042","gk_id":"0b7f6f0e-8c5e-8a55-9d5e-0c8a3f3f2b11",'
        f'"location":"sanfrancisco","order_id":"{live_order_id(PLACES[1].key32, "AB12CD")}","sequence":5,'
        '"body":"{\\"route_points\\":[[37.500000,-122.250000]],\\"eta_mins\\":12.3}"}\n'
    )


@settings(deadline=None)
@given(rows=ROWS, form=st.sampled_from(FORMS))
def test_tables_have_the_values_of_the_lines(rows: list[Any], form: WireForm) -> None:
    valid = [(row[0], [0.5] * 5, (row[2][0], row[2][1], "[]", "[]"), row[3]) for row in rows]
    made, order = make_live(valid), np.arange(len(rows))
    encoder = WireEncoder(form)
    table = encoder.encode_table(made, order, 0)
    table.validate(full=True)
    lines = encoder.encode_lines(made, order, 0).tobytes().splitlines()
    assert table.to_pylist() == list(map(json.loads, lines))
    assert table.schema == Encoders(form).schema


def test_files_have_the_columns_of_live_rows() -> None:
    made, order = make_live([PICKED_UP]), np.zeros(1, np.int64)
    expected = json.loads(WireEncoder(FORMS[0]).encode_lines(made, order, 0).tobytes())
    kinds = {name: pa.int32() if name == "sequence" else pa.string() for name in expected}
    out = {name: io.BytesIO() for name in ("parquet", "csv", "jsonl")}
    for name, stream in out.items():
        writer = WRITERS[name](stream, Encoders(FORMS[0]), 0)
        writer.write(WireChunk(made, order))
        writer.close()
        stream.seek(0)
    table = pq.read_table(out["parquet"])
    assert {field.name: field.type for field in table.schema} == kinds
    assert table.to_pylist() == [expected]
    parse = pa_csv.ParseOptions(newlines_in_values=True)
    convert = pa_csv.ConvertOptions(column_types=kinds)
    assert pa_csv.read_csv(out["csv"], parse_options=parse, convert_options=convert).to_pylist() == [expected]
    assert json.loads(out["jsonl"].read()) == expected


@given(gk_id=ANY_TEXT, location=ANY_TEXT)
def test_any_place_is_read_as_it_was(gk_id: str, location: str) -> None:
    form = WireForm.live({1: Place(gk_id, location, bytes(32))})
    assert json.loads(f"{{{form.place_json(1)}}}") == {"gk_id": gk_id, "location": location}


@pytest.mark.parametrize(
    "encode", [encode_few_lines, lambda *args: WireEncoder(args[3]).encode_lines(*args[:3])]
)
def test_rows_that_lack_what_the_form_needs_are_refused(encode: Any) -> None:
    stored, order = make_rows([PICKED_UP]), np.zeros(1, np.int64)
    with pytest.raises(DataError, match="ts: expected rows with microseconds"):
        encode(stored, order, 0, FORMS[0])
    elsewhere = make_live([((6, 2, 5, 0, 1), *PICKED_UP[1:])])
    with pytest.raises(DataError, match="location_id: expected 1, 7, 127, got 2"):
        encode(elsewhere, order, 0, FORMS[1])
    assert len(encode(stored, order[:0], 0, FORMS[0])) == 0
