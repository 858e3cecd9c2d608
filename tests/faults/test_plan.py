"""Faults files are read strictly: a mistake is one line that names file, fault, key, value and the remedy."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

import fastgen
from fastgen.cli import main
from fastgen.errors import ScenarioError
from fastgen.faults.plan import LINE_FORMATS, FaultPlan, faults_of_dq, load_faults, load_scenario_faults
from fastgen.faults.slice_file import write_slice
from fastgen.inputs.loading import load_inputs
from fastgen.wire.formats import WRITERS
from tests.faults.streams import broken_slice, faults_text, plan_of

if TYPE_CHECKING:
    from pathlib import Path

LOST = {"kind": "lost", "probability": 0.5}
LATE = {"kind": "late", "probability": 0.5}

WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, 'kind: expected "null" or "missing" or .*, got nothing: the key is missing'),
    ({"kind": "nil"}, "kind: expected \"null\" or .*, got 'nil'"),
    ({"kind": "lost"}, "probability: expected probability or every, got neither"),
    (
        {"kind": "lost", "probability": 0.1, "every": 2},
        "every: expected either probability or every, got both",
    ),
    ({"kind": "lost", "probability": 1.5}, "probability: expected 0 <= probability <= 1, got 1.5"),
    ({"kind": "lost", "probability": "x"}, "probability: expected a number, 0 <= probability <= 1, got 'x'"),
    ({"kind": "lost", "every": 0}, "every: expected 1 <= every <= 1000000000, got 0"),
    ({**LOST, "probabilty": 1}, "probabilty: unknown key, did you mean probability"),
    ({**LOST, "field": "ts"}, "field: expected no such key with kind lost, got 'ts'"),
    ({**LOST, "types": ["driver_pong"]}, "types: unknown type 'driver_pong', did you mean driver_ping"),
    ({**LOST, "types": "delivered"}, "types: expected a list of different strings, got 'delivered'"),
    ({**LOST, "types": []}, r"types: expected one at least, got \[\]: the fault would hit no event"),
    ({**LOST, "locations": []}, r"locations: expected one at least, got \[\]"),
    ({**LOST, "from": "noon"}, "from: expected a day such as 70, .*, got 'noon'"),
    ({**LOST, "from": True}, "from: expected a day such as 70, .*, got True"),
    ({**LOST, "to": 1.5}, "to: expected a day such as 70, .*, got 1.5"),
    (LATE, "max_delay_s: expected 1 <= max_delay_s <= 86400, got nothing: kind late needs the key"),
    ({**LATE, "max_delay_s": 86_401}, "max_delay_s: expected 1 <= max_delay_s <= 86400, got 86401"),
    ({"kind": "null", "probability": 1}, "field: expected a name .*, got nothing: kind null needs the key"),
    (
        {"kind": "null", "probability": 1, "field": "custmer_lat"},
        "field: .* got 'custmer_lat'; did you mean customer_lat",
    ),
    (
        {"kind": "null", "probability": 1, "field": "items", "types": ["delivered"]},
        "field: expected a field of these events, got 'items'",
    ),
    (
        {"kind": "null", "probability": 1, "field": "a b"},
        "field: expected a name of at most 64 letters, .*, got 'a b'",
    ),
    (
        {"kind": "noise", "probability": 1, "field": "ts", "form": "loud"},
        'form: expected "bytes" or "long", got \'loud\'',
    ),
    (
        {"kind": "noise", "probability": 1, "field": "ts", "length": 10**6},
        "length: expected 1 <= length <= 65536",
    ),
    (
        {"kind": "noise", "probability": 1, "field": "ts", "length": 10},
        'length: expected no such key unless form is "long", got 10',
    ),
    (
        {"kind": "drift", "field": "items", "from": 1},
        "change: expected .*, got nothing: kind drift needs the key",
    ),
    ({"kind": "drift", "field": "items", "change": "rename", "from": 1}, "name: expected .*, got nothing"),
    ({"kind": "drift", "field": "tip", "change": "add", "from": 1}, "value: expected .*, got nothing"),
    (
        {"kind": "drift", "field": "tip", "change": "add", "from": 1, "value": [1]},
        r"value: expected a text, .*, got \[1\]",
    ),
    (
        {"kind": "drift", "field": "tip", "change": "add", "from": 1, "value": 10**400},
        "value: expected a text, a finite number, true or false, got 1000",
    ),
    (
        {"kind": "drift", "field": "tip", "change": "add", "from": 1, "value": 1, "name": "gratuity"},
        "name: expected no such key unless change is \"rename\", got 'gratuity'",
    ),
    (
        {"kind": "drift", "field": "items", "change": "rename", "from": 1, "name": "lines", "value": 0},
        'value: expected no such key unless change is "add", got 0',
    ),
    (
        {"kind": "drift", "field": "items", "change": "retype", "from": 1, "level": "row"},
        "level: expected no such key unless change is \"add\", got 'row'",
    ),
    (
        {"kind": "drift", "field": "items", "change": "rename", "from": 1, "name": "items"},
        "name: expected another name than that of field, got 'items'",
    ),
    ({"kind": "skew", "locations": ["sf"], "skew_s": 10**6}, "skew_s: expected -86400 <= skew_s <= 86400"),
    (
        {"kind": "silence", "from": 0, "to": 1},
        "locations: expected .*, got nothing: kind silence needs the key",
    ),
]


@pytest.mark.parametrize(("fault", "message"), WRONG)
def test_wrong_fault_is_one_line(fault: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=rf"^{tmp_path}/faults.toml: fault 2: {message}") as raised:
        plan_of(tmp_path, LOST, fault)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[[faults]]\nkind='lost'\nevery=2",
            "seed: expected 0 <= seed <= .*, got nothing: the key is missing",
        ),
        ("seed = -1\n[[faults]]\nkind='lost'\nevery=2", "seed: expected 0 <= seed .*, got -1"),
        ("seed = 1", r"faults: expected 1 to 1000 tables \[\[faults\]\], got 0"),
        ("seed = 1\nfaults = 3", r"faults: expected tables \[\[faults\]\], got 3"),
        ("seed = 1\nfaults = [3]", "fault 1: expected a table, got 3"),
        ("seed = 1\nfault = 3", "fault: unknown key, did you mean faults"),
        ('seed = 1\n"fau\\nlts" = 3', r"'fau\\nlts': unknown key, did you mean faults"),
        ("seed = 1\ndq = 3", "dq: expected a table of event types, got 3"),
        ("seed = 1\ndq = {driver_ping = 3}", "dq.driver_ping: expected a table of fields, got 3"),
        (
            "seed = 1\n[dq.driver_ping]\nloc_lat = 2",
            "fault 1: probability: expected 0 <= probability <= 1, got 2",
        ),
        ("seed = ", "expected TOML, got an error"),
        (b"seed = '\xff'", "expected UTF-8, got byte 8"),
    ],
)
def test_wrong_file_is_one_line(text: str | bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ScenarioError, match=rf"^{path}: {message}"):
        load_faults(path)


def test_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none.toml: expected a readable faults file, got No such file"):
        load_faults(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            {**LOST, "locations": ["mars"]},
            r"locations: expected codes or ids among sf \(1\), chicago \(4\), got 'mars'",
        ),
        (
            {**LOST, "from": 1, "to": "2024-01-02"},
            "to: expected an instant after that of from, 1, got 2024-01-02",
        ),
    ],
)
def test_faults_that_do_not_fit_the_dataset_are_one_line(
    fault: dict[str, Any], message: str, dataset: Path, tmp_path: Path
) -> None:
    plan = plan_of(tmp_path, LOST, fault)
    with pytest.raises(ScenarioError, match=rf"^{tmp_path}/faults.toml: fault 2: {message}"):
        write_slice(dataset, 0, 1, io.BytesIO(), faults=plan, ledger=tmp_path / "l.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["faults.toml"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("fault", "what"),
    [
        ({"kind": "malformed"}, "kind malformed"),
        ({"kind": "truncated"}, "kind truncated"),
        ({"kind": "noise", "field": "customer_addr"}, "kind noise"),
        ({"kind": "null", "field": "ts"}, "kind null of the column ts"),
        (
            {"kind": "drift", "change": "add", "level": "row", "field": "n", "value": 1, "from": 0},
            "kind drift of the column n",
        ),
    ],
)
def test_line_faults_are_refused_with_tables(
    form: str, fault: dict[str, Any], what: str, dataset: Path, tmp_path: Path
) -> None:
    plan = plan_of(tmp_path, {"probability": 0.5, **fault})
    message = (
        f"fault 1: kind: expected faults of whole rows .* with format {form}, got {what}, which needs lines"
    )
    with pytest.raises(ScenarioError, match=message):
        write_slice(dataset, 0, 1, io.BytesIO(), format=form, faults=plan)
    if form == "parquet":
        with pytest.raises(ScenarioError, match=message):
            fastgen.replay(dataset, tmp_path / "out", format=form, faults=plan)
    assert [path.name for path in tmp_path.iterdir()] == ["faults.toml"]


def test_digest_knows_what_acts_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    found = set()
    for text in (
        "seed = 1\n[[faults]]\nkind = 'lost'\nprobability = 0.5\nfrom = 70",
        "# same\n[[faults]]\nfrom = '70'\nprobability = 5e-1\nkind = 'lost'\n[dq]\n",
    ):
        path.write_text(text.replace("[dq]", "") if "seed" in text else f"seed = 1\n{text}")
        found.add(load_faults(path).digest)
    assert len(found) == 1
    others = [plan_of(tmp_path, LOST, seed=seed).digest for seed in (1, 2)]
    others += [plan_of(tmp_path, LOST, LATE | {"max_delay_s": 1}).digest]
    others += [plan_of(tmp_path, LATE | {"max_delay_s": 1}, LOST).digest]
    assert len({*others, *found}) == 5


def test_older_form_gives_null_faults(dataset: Path, tmp_path: Path) -> None:
    assert faults_of_dq({"driver_ping": {"loc_lat": 0.5, "loc_lon": 0.25}}) == [
        {"kind": "null", "types": ["driver_ping"], "field": "loc_lat", "probability": 0.5},
        {"kind": "null", "types": ["driver_ping"], "field": "loc_lon", "probability": 0.25},
    ]
    (tmp_path / "dq.toml").write_text("seed = 7\n[dq.driver_ping]\nloc_lat = 0.5\nloc_lon = 0.25\n")
    older = broken_slice(dataset, tmp_path, load_faults(tmp_path / "dq.toml")).lines
    newer = plan_of(tmp_path, *faults_of_dq({"driver_ping": {"loc_lat": 0.5, "loc_lon": 0.25}}))
    assert older == broken_slice(dataset, tmp_path, newer).lines


def test_faults_of_a_scenario_file_change_its_stream_and_nothing_else(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    tables = faults_text(LOST).partition("\n")[2]
    (tmp_path / "clean.toml").write_text("seed = 5\ndays = 1\nscale = 0.05\n")
    (tmp_path / "broken.toml").write_text(f"seed = 5\ndays = 1\nscale = 0.05\n{tables}")
    plan = load_scenario_faults(tmp_path / "broken.toml")
    assert plan is not None
    assert plan == FaultPlan(5, plan.faults, str(tmp_path / "broken.toml"))
    assert load_scenario_faults(tmp_path / "clean.toml") is None
    assert load_inputs(tmp_path / "broken.toml", None)[0] == load_inputs(tmp_path / "clean.toml", None)[0]
    args = ["--from", "0", "--to", "0T12:00"]
    lines = {}
    for name in ("clean", "broken"):
        with pytest.raises(SystemExit) as ended:
            main(["slice", f"scenario:{tmp_path}/{name}.toml", *args])
        assert ended.value.code in (0, None)
        lines[name] = capsysbinary.readouterr().out.splitlines()
    assert 0.3 < len(lines["broken"]) / len(lines["clean"]) < 0.7
    assert set(lines["broken"]) < set(lines["clean"])
    (tmp_path / "broken.toml").write_text("[[faults]]\nkind = 'lots'\n")
    with pytest.raises(SystemExit) as ended:
        main(["scenario", "check", str(tmp_path / "broken.toml")])
    assert ended.value.code == 2
    assert b"broken.toml: fault 1: kind: expected" in capsysbinary.readouterr().err


def test_every_format_of_lines_can_be_broken_and_undone() -> None:
    assert {name for name in WRITERS if name.startswith("jsonl")} == set(LINE_FORMATS)
