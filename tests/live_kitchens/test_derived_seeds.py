"""A kitchen draws by a seed of its own, which follows from its config alone and is kept by the state."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastgen
from fastgen.emitting.state_file import checksum
from fastgen.errors import DamageError
from fastgen.inputs.render import render_scenario
from fastgen.live_kitchens.places import find_place
from fastgen.live_kitchens.scenario import as_scenario, derive_gk_id, derive_seed, first_day
from tests.live_kitchens.runs import NOON, FakeClock, config_of, rows, run

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.live_kitchens.config import LiveConfig

SMALL: dict[str, Any] = {
    "start_days_ago": 1,
    "end_days_ahead": 2,
    "orders_day_1": 200,
    "orders_last": 200,
    "random_seed": 5,
    "speed_up": 360,
    "batch_seconds": 3600,
    "batch_rows": 100_000,
}
OTHERS = [
    config_of("chicago", **SMALL),
    config_of(**{**SMALL, "location_name": "kitchen 3"}),
    config_of(**{**SMALL, "location_name": "kitchen 6"}),
]
NAMESPACE = uuid.UUID("b6a3c1de-8d6f-5f1a-9a63-6f0f5f4b7c21")


def seed_of(config: LiveConfig) -> int:
    return as_scenario(config, find_place(config), NOON.date()).seed


@pytest.mark.parametrize(
    ("name", "position", "random_seed", "seed"),
    [
        ("sanfrancisco", "37.791600 -122.393100", 72, 2284905874935931046),
        ("chicago", "41.880700 -87.636200", 42, 1815960246312758286),
    ],
)
def test_the_seed_is_the_documented_hash(name: str, position: str, random_seed: int, seed: int) -> None:
    """docs/model.md, 7.6, written down once more; the examples never get other orders."""
    gk_id = uuid.uuid5(NAMESPACE, f"{name} {position}")
    digest = hashlib.sha256(f"{random_seed} {gk_id}".encode()).hexdigest()
    assert int(digest[:16], 16) == seed == seed_of(config_of(name))


def test_near_seeds_and_names_give_seeds_that_share_nothing() -> None:
    """Each bit of the seed is set in half of the kitchens, and no two of them have the same seed."""
    ids = [derive_gk_id(f"kitchen {n}", find_place(config_of())) for n in range(100)]
    seeds = [derive_seed(random_seed, gk_id) for gk_id in ids for random_seed in range(100)]
    assert len(set(seeds)) == len(seeds)
    # 6 standard deviations of a binomial count on each side of the half of 10,000.
    assert all(4700 < sum(seed >> bit & 1 for seed in seeds) < 5300 for bit in range(64))


@given(st.integers(0, 2**64 - 1), st.uuids())
def test_every_derived_seed_is_one_that_a_scenario_takes(random_seed: int, gk_id: uuid.UUID) -> None:
    assert 0 <= derive_seed(random_seed, str(gk_id)) < 2**64


@pytest.mark.parametrize(
    "spelling",
    ["160  SPEAR st; san francisco ca 94105", "37.7916, -122.3931", "+37.79160, -122.39310"],
)
def test_a_place_has_the_same_orders_in_every_spelling(spelling: str, tmp_path: Path) -> None:
    run(config_of(**SMALL), tmp_path / "one")
    run(config_of(**SMALL, gk_location=spelling), tmp_path / "other")
    assert orders_in(tmp_path / "one") == orders_in(tmp_path / "other")


def test_a_position_is_one_where_its_identifier_is_one() -> None:
    """Beyond the sixth decimal, and in the sign of 0, positions are not told apart."""
    spellings = ("0, -0", "-0.0, 0.0", "0.0000001, -0.0000004")
    places = [find_place(config_of(gk_location=text, timezone="UTC")) for text in spellings]
    assert {(repr(place.lat), repr(place.lon)) for place in places} == {("0.0", "0.0")}


def test_company_and_order_of_configs_change_nothing(tmp_path: Path) -> None:
    """Rows of a kitchen, ids included, are those of a run of its own."""
    own = config_of(**SMALL)
    run(own, tmp_path / "alone")
    run([own, *OTHERS], tmp_path / "first")
    run([*reversed(OTHERS), own], tmp_path / "last")
    alone = rows(tmp_path / "alone")
    assert len(alone) > 1000
    together = rows(tmp_path / "first")
    assert [row for row in together if row["location"] == own.location_name] == alone
    assert rows(tmp_path / "last") == together


def orders_in(folder: Path) -> Counter[str]:
    """Count rows by all but their ids, which depend on the whole config."""
    found = rows(folder)
    assert len(found) > 500
    return Counter(plain(row) for row in found)


def plain(row: dict[str, Any]) -> str:
    """Show what a live row and one of a slice have in common."""
    body = json.loads(row["body"]) if isinstance(row["body"], str) else {**row["body"]}
    body.pop("eta_mins", None)
    return f"{row['ts'][:19]} {row['event_type']} {row['sequence']} {json.dumps(body)}"


def change_seed(state: Path, **seed: Any) -> None:
    """Take the seed of the only kitchen out of a state, and put another one in."""
    fields = json.loads(state.read_text())
    del fields["sha256"], fields["kitchens"][0]["seed"]
    fields["kitchens"][0].update(seed)
    state.write_text(json.dumps({**fields, "sha256": checksum(fields)}))


def test_a_run_that_began_before_seeds_were_derived_goes_on_with_its_orders(tmp_path: Path) -> None:
    """Its state has no seed. The rest of it is what a dataset with the seed of the config has."""
    config, clock, landing = config_of(**SMALL), FakeClock(), tmp_path / "landing"
    place = find_place(config)
    state = tmp_path / ".landing.fastgen" / "state.json"
    run(config, landing, clock=clock)
    history = {path.name for path in landing.glob("events-*")}
    change_seed(state)
    for _ in range(2):  # three hours of the kitchen each
        run(config, landing, clock=clock, hours=3 / 360)
    assert json.loads(state.read_text())["kitchens"][0]["seed"] == config.random_seed
    for name in history:
        (landing / name).unlink()

    scenario = as_scenario(config, place, first_day(config, place, NOON), config.random_seed)
    (tmp_path / "old.toml").write_text(render_scenario(scenario))
    window, sliced = (NOON, NOON + dt.timedelta(hours=6)), io.BytesIO()
    fastgen.build(tmp_path / "dataset", scenario=tmp_path / "old.toml")
    fastgen.write_slice(tmp_path / "dataset", *window, sliced)
    expected = map(json.loads, sliced.getvalue().decode().splitlines())
    assert orders_in(landing) == Counter(map(plain, expected))


@pytest.mark.parametrize("seed", ["5", 1.5, True, None, -1, 2**64])
def test_a_wrong_seed_in_a_state_is_damage(seed: object, tmp_path: Path) -> None:
    run(config_of(**SMALL), tmp_path / "landing")
    change_seed(tmp_path / ".landing.fastgen" / "state.json", seed=seed)
    with pytest.raises(DamageError, match=r"state\.json: expected a whole state file.*seed: expected"):
        run(config_of(**SMALL), tmp_path / "landing")
