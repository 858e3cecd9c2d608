"""A config says what is wrong in one line: the file, the key, the value, and what would be right."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from fastgen.errors import ScenarioError
from fastgen.live_kitchens.config import LiveConfig, make_config, read_config
from fastgen.live_kitchens.examples import EXAMPLES, read_example
from fastgen.live_kitchens.schemas import config_schema
from fastgen.model.json_schema import make_json_schema

if TYPE_CHECKING:
    from pathlib import Path

SANFRANCISCO: dict[str, Any] = json.loads(read_example("sanfrancisco"))


def changed(path: str, value: Any) -> dict[str, Any]:
    """Change a value of the example, at a path such as svc.cs."""
    raw: dict[str, Any] = json.loads(json.dumps(SANFRANCISCO))
    *parents, key = path.split(".")
    table = raw
    for parent in parents:
        table = table[parent]
    table[key] = value
    return raw


def without(path: str) -> dict[str, Any]:
    """Leave a key of the example out."""
    raw = changed(path, None)
    *parents, key = path.split(".")
    table = raw
    for parent in parents:
        table = table[parent]
    del table[key]
    return raw


# Changes that the schema refuses too, and the message.
WRONG = [
    (changed("speedup", 2), "speedup: unknown key, did you mean speed_up?"),
    (without("ping_sec"), "ping_sec: expected 1 <= ping_sec <= 86400, got nothing: the key is missing."),
    (without("svc.fr"), "svc.fr: expected [mean, sd] in minutes, 0 <= mean <= 1440 and 0 <= sd <= 240"),
    (changed("svc.cs", [2, -1]), "svc.cs: expected [mean, sd] in minutes"),
    (changed("svc.cs", [2]), "svc.cs: expected [mean, sd] in minutes"),
    (changed("svc.cs", [2, 1, 1]), "svc.cs: expected [mean, sd] in minutes"),
    (changed("svc.cs", 2), "svc.cs: expected [mean, sd] in minutes"),
    (changed("svc.cs", ["2", 1]), "svc.cs: expected [mean, sd] in minutes"),
    (changed("svc.xy", [2, 1]), "svc.xy: unknown key, expected one of cs, sf, fr, rp."),
    (changed("svc", []), "svc: expected a table, got []."),
    (changed("brand_momentum.flat", 1.5), "brand_momentum.flat: expected 0 <= flat <= 1, got 1.5."),
    (changed("momentum_rates.decline", -0.1), "momentum_rates.decline: expected 0 <= decline <= 0.99"),
    (changed("momentum_rates.growth", "0.8"), "momentum_rates.growth: expected a number, 0 <= growth <= 10"),
    (changed("radius_mi", 0), "radius_mi: expected 0.1 <= radius_mi <= 50, got 0."),
    (changed("driver_mph", 0), "driver_mph: expected 1 <= driver_mph <= 200, got 0."),
    (changed("speed_up", 0), "speed_up: expected 1e-06 <= speed_up <= 1e+06, got 0."),
    (changed("speed_up", 1e-200), "speed_up: expected 1e-06 <= speed_up <= 1e+06, got 1e-200."),
    (changed("noise_pct", -1), "noise_pct: expected 0 <= noise_pct <= 100, got -1."),
    (changed("orders_day_1", -5), "orders_day_1: expected 0 <= orders_day_1 <= 1000000000, got -5."),
    (changed("orders_day_1", 5.5), "orders_day_1: expected a whole number, "),
    (changed("orders_day_1", bool(1)), "orders_day_1: expected a whole number, "),
    (changed("batch_rows", 0), "batch_rows: expected 1 <= batch_rows <= 250000, got 0."),
    (changed("batch_seconds", 0), "batch_seconds: expected 0 < batch_seconds <= 3600, got 0."),
    (changed("ping_sec", 0.5), "ping_sec: expected a whole number, 1 <= ping_sec <= 86400, got 0.5."),
    (changed("random_seed", -1), "random_seed: expected 0 <= random_seed <= 18446744073709551615, got -1."),
    (changed("location_name", "a/b"), "location_name: expected a name of 1 to 63 characters"),
    (changed("location_name", ""), "location_name: expected a name of 1 to 63 characters"),
    (changed("gk_location", " "), "gk_location: expected 1 to 200 characters on one line, got ' '."),
    (changed("gk_location", None), "gk_location: expected a string, "),
    (changed("driver_arrival.alpha", 0), "driver_arrival.alpha: expected 0.1 <= alpha <= 100, got 0."),
    (changed("timezone", None), "timezone: expected an IANA time zone such as America/Chicago, got None."),
    (changed("dq", {"delivred": {}}), "dq.delivred: unknown event type, did you mean delivered?"),
    (changed("dq", {"order_cancelled": {"reason": 0.1}}), "dq.order_cancelled: unknown event type"),
    (changed("dq", {"delivered": {"lat": 0.1}}), "dq.delivered.lat: unknown field of a body, "),
    (
        changed("dq", {"gk_ready": {"lat": 0.1}}),
        "dq.gk_ready.lat: unknown field of a body, its body is empty.",
    ),
    (changed("dq", {"delivered": 0.1}), "dq.delivered: expected an object, got 0.1."),
    (
        changed("dq", {"delivered": {"delivered_lat": 2}}),
        "dq.delivered.delivered_lat: expected a probability",
    ),
]
# Rules between keys, and names, which a schema can't say.
WRONG_TOGETHER = [
    (
        changed("brand_momentum.flat", 0.3),
        "brand_momentum.improving, flat, declining: expected shares that sum to 1, got 1.1.",
    ),
    (
        changed("start_days_ago", 0) | {"end_days_ahead": 0},
        "start_days_ago, end_days_ahead: expected 1 to 36500 days together, got 0.",
    ),
    (
        changed("timezone", "Mars/Base"),
        "timezone: expected an IANA time zone such as America/Chicago, got 'Mars/B",
    ),
]


@pytest.mark.parametrize(("raw", "message"), [*WRONG, *WRONG_TOGETHER], ids=lambda v: str(v)[:40])
def test_a_wrong_config_is_refused_in_one_line(raw: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(raw))
    with pytest.raises(ScenarioError) as caught:
        read_config(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected JSON, got an error: Expecting value"),
        (b"{", "expected JSON, got an error: "),
        (b"[]", "expected an object {...}, got []."),
        (b'{"ping_sec": 1, "ping_sec": 2}', 'expected JSON, got an error: the key "ping_sec" twice.'),
        (b'{"speed_up": NaN}', "expected JSON, got an error: NaN where a number belongs."),
        (b"[" * 100_000, "expected JSON, got an error: "),
        (b"\xff\xfe", "expected UTF-8, got byte 0 that is not."),
        (b" " * 1_000_001, "expected JSON, got an error: more than 1,000,000 bytes."),
    ],
    ids=lambda v: repr(v)[:30],
)
def test_a_file_that_is_no_config_is_refused(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(data)
    with pytest.raises(ScenarioError) as caught:
        read_config(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"nowhere\.json: expected a readable config, got: No such file"):
        read_config(tmp_path / "nowhere.json")
    with pytest.raises(ScenarioError, match="expected a readable config, got: Is a directory"):
        read_config(tmp_path)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_read_unchanged(name: str) -> None:
    raw = json.loads(read_example(name))
    assert make_config(raw).to_dict() == raw
    jsonschema.validate(raw, config_schema())


def test_a_whole_number_may_be_written_with_a_point(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(read_example("chicago").replace('"ping_sec": 60', '"ping_sec": 60.0'))
    assert read_config(path).ping_sec == 60


def test_the_shipped_schema_is_made_of_the_description() -> None:
    shipped = resources.files("fastgen.live_kitchens") / "schemas" / "config.schema.json"
    made = make_json_schema(LiveConfig, "Config of a live kitchen of fastgen")
    assert json.loads(shipped.read_text(encoding="utf-8")) == made == config_schema()
    jsonschema.Draft202012Validator.check_schema(made)


@pytest.mark.parametrize(("raw", "_message"), WRONG, ids=lambda v: str(v)[:40])
def test_the_schema_refuses_what_the_code_refuses(raw: Any, _message: str) -> None:
    assert not jsonschema.Draft202012Validator(config_schema()).is_valid(raw)
