"""Tables of the documents list what the code has: columns, events, wire rows, checks, formats."""

from __future__ import annotations

import re

from fastgen.dataset.verify.report import CHECKS
from fastgen.events.schema import EVENT_TYPE_IDS, EVENT_TYPES, digest_columns
from fastgen.faults.fault import Fault
from fastgen.model.dimensions import TABLES
from fastgen.model.fields import field_specs
from fastgen.replaying import options as replay_options
from fastgen.roads.synthetic.styles import STYLES
from fastgen.wire import slice_file
from fastgen.wire.body_fields import BODY_FIELDS
from fastgen.wire.bulk import WIRE_SCHEMA
from fastgen.wire.formats import WRITERS
from tests.documents import DOCUMENTS

TABLES_BELOW = "Beside the events lie six tables, each a Parquet file:"
TYPES = {"str": "string", "i8": "int8", "i16": "int8, or int16", "i64": "int64", "f32": "float32"}


def rows_of(document: str, heading: str) -> list[list[str]]:
    """Cells of the first table below a heading, without the names of its columns."""
    text = DOCUMENTS[document].split(f"\n{heading}\n")[1]
    lines = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert lines is not None
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[0].splitlines()[2:]]


def test_columns_of_events() -> None:
    """Each has its name, type and event types, in the order of the files."""
    columns = digest_columns(may_end_early=True)
    for document, heading in (("docs/model.md", "### 5.1 Columns"), ("docs/datasets.md", "## Columns")):
        listed = [
            (name, kind, set_on)
            for names, kind, set_on in rows_of(document, heading)
            for name in names.split(", ")
        ]
        assert [name for name, *_ in listed] == [column.name for column in columns]
        for column, (_, kind, set_on) in zip(columns, listed, strict=True):
            assert kind.startswith(TYPES[column.kind]), column.name
            types = re.match(r"[\w, ]+", set_on)
            assert types is not None
            expected = [EVENT_TYPES[number - 1] for number in column.set_on] or ["all"]
            assert types[0].split(", ") == expected, column.name


def test_event_types() -> None:
    rows = rows_of("docs/model.md", "### 5.2 Rows of an order")
    assert {event.split(",")[0]: int(number) for number, event, *_ in rows} == EVENT_TYPE_IDS


def test_wire_rows_and_bodies() -> None:
    assert [key for key, *_ in rows_of("docs/model.md", "### 7.1 Rows")] == WIRE_SCHEMA.names
    bodies = {
        event: tuple(re.findall(r'"(\w+)":', body))
        for event, body in rows_of("docs/model.md", "### 7.2 Bodies")
    }
    assert bodies.pop("the others") == ()
    # eta_mins is on the wire of live kitchens only: docs/model.md, 7.5.
    assert bodies == {
        event: tuple(name for name in fields if name != "eta_mins")
        for event, fields in BODY_FIELDS.items()
        if fields
    }


def test_checks_of_verify() -> None:
    assert [name for name, _ in rows_of("docs/model.md", "### 6.6 What verify checks")] == list(CHECKS)


def test_formats() -> None:
    offered = {*slice_file.FORMATS, *replay_options.FORMATS}
    assert offered == WRITERS.keys()
    for name in offered - {"jsonl"}:
        assert re.search(rf"--format {re.escape(name)}(?![.\w])", DOCUMENTS["docs/replay.md"]), name


def test_dimension_tables() -> None:
    for document, heading in (
        ("docs/model.md", "### 2.2 Dimension tables"),
        ("docs/datasets.md", TABLES_BELOW),
    ):
        listed = {
            name: [column.split(" ")[0] for column in columns.split(", ")]
            for name, columns, *_ in rows_of(document, heading)
        }
        assert listed == {name: list(table._fields) for name, table in TABLES.items()}


def test_styles_of_invented_roads() -> None:
    (row,) = re.findall(r"^\| `--style` .*$", DOCUMENTS["docs/roads.md"], re.MULTILINE)
    assert re.findall(r"`([\w-]+)`(?: \(default\))?:", row) == list(STYLES)


def test_keys_of_faults() -> None:
    page = DOCUMENTS["docs/faults.md"]
    keys = [spec.key or name for name, spec in field_specs(Fault).items()]
    # As code, as the key of an example, or in the first cell of a row.
    forms = r"`{0}\b|^{0} = |^\| (?:\w+, )?{0}\b"
    assert [key for key in keys if not re.search(forms.format(key), page, re.MULTILINE)] == []
