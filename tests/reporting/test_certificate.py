"""A certificate passes what the scenario has made, and fails what was altered, however slightly and well.

Altered datasets pass every check of `fastgen verify`: nothing but a test against the model can tell. How
often an alteration is found, and at which size, is stated in docs/certificate.md.
"""

from __future__ import annotations

import html
import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import jinja2
import numpy as np
import pytest
from scipy import stats

import fastgen
from fastgen.reporting.axes import INTERVALS
from fastgen.reporting.certificate import LEVEL, certify
from fastgen.reporting.model import expect
from fastgen.reporting.untested import OF_BRANDS, OF_CUSTOMERS
from tests.effort import repeats
from tests.helpers import build_small, copy_of, first_part, reseal, rewrite
from tests.reporting.altering import (
    alter,
    cluster_customers,
    cook_evenly,
    drop_brand,
    move_evenings,
    stretch_cooking,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.reporting.certificate import Certificate
    from tests.reporting.altering import Change

OVEN = "KITCHEN_STATION_OVEN"
DISTURBED = (
    "kitchen = { model = 'stations' }\n[locations.sf.kitchen]\ndisturbances = [\n"
    f'{{ kind = "station_outage", name = "a", from = "1 18:00", to = "1 19:00", station_type = "{OVEN}" }},\n'
    '{ kind = "demand_surge", name = "c", from = "1 12:00", to = "3 13:00", factor = 2.5 }]\n'
)


def certificate_of(dataset: Path, roads: Path) -> Certificate:
    return fastgen.certificate(dataset, roads=roads)


def failed(certificate: Certificate) -> set[str]:
    return {row.name.removesuffix("_at_worst") for row in certificate.failed}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dataset of 15,000 orders."""
    return build_small(tmp_path_factory.mktemp("large"), days=70, scale=0.4)


def cooking_s(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the quantiles of the canonical time to cook."""
    quantiles: NDArray[np.float64] = stats.norm.ppf(share, 600.0, 180.0).clip(6.0)
    return quantiles


# Brand 4 has a sixth of the orders of sf.
ALTERED: dict[str, tuple[Change, set[str]]] = {
    "a brand is dropped": (drop_brand(4), {"brand_shares", "brand_changes"}),
    "cooking takes 3 % longer": (stretch_cooking(0.03), {"started_to_finished", "created_to_delivered"}),
    "evenings are ten minutes late": (move_evenings(10), {"intraday"}),
    "a tenth of the customers live in the south": (cluster_customers(0.1), {"customers", "customers_again"}),
    "cooking is spread too evenly": (cook_evenly(cooking_s), {"started_to_finished"}),
}
UNTOUCHED = {"orders", "orders_by_day", "weekdays", "growth", "quantities", "finished_to_ready"}


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_dataset_is_found(name: str, large: Path, tmp_path: Path) -> None:
    change, found = ALTERED[name]
    certificate = certificate_of(alter(large, tmp_path, change), large.parent / "roads")
    assert all(row.passed for row in certificate.checks)
    assert not certificate.passed
    assert found <= failed(certificate)
    # What wasn't touched still fits, so that the reader is led to the place.
    assert not UNTOUCHED & failed(certificate)
    assert certificate.verdict.split(":")[0].endswith("tests differ from the model")
    is_even = name == "cooking is spread too evenly"
    words = {row.name: row.verdict for row in certificate.failed}[min(found, key=len)]
    assert words.startswith("fits more closely than chance" if is_even else "differs by more than chance")


def test_what_is_not_altered_passes(large: Path, tmp_path: Path) -> None:
    """Rewritten by the same means, so that nothing but the change itself can be what is found."""
    certificate = certificate_of(alter(large, tmp_path, lambda rows, _: rows), large.parent / "roads")
    assert certificate.passed
    assert certificate.to_dict() == certificate_of(large, large.parent / "roads").to_dict()


# Share of its orders of a dataset that an alteration needs to be found nine times of ten, and more.
POWER: dict[str, tuple[Change, float]] = {
    "a brand is dropped": (drop_brand(4), 0.06),
    "cooking takes 3 % longer": (stretch_cooking(0.03), 0.3),
    "evenings are ten minutes late": (move_evenings(10), 0.4),
    "a tenth of the customers live in the south": (cluster_customers(0.1), 0.15),
}


@pytest.mark.parametrize("name", POWER)
def test_power(name: str, tmp_path: Path) -> None:
    """Over many seeds: the sizes that docs/certificate.md states."""
    change, scale = POWER[name]
    n_seeds, n_found = repeats(1, 20), 0
    for seed in range(n_seeds):
        folder = tmp_path / str(seed)
        dataset = build_small(folder, days=70, scale=scale, seed=1000 + seed)
        certificate = certificate_of(alter(dataset, folder, change), folder / "roads")
        assert all(row.passed for row in certificate.checks)
        n_found += bool(ALTERED[name][1] & failed(certificate))
    assert n_found >= 0.9 * n_seeds


def test_right_datasets_pass(tmp_path: Path) -> None:
    """Of seeds without a fault at most as many fail as the level says, by more than chance."""
    n_seeds = repeats(4, 150)
    certificates = []
    for seed in range(n_seeds):
        dataset = build_small(tmp_path / str(seed), days=40, scale=0.08, seed=5000 + seed)
        certificates.append(certificate_of(dataset, tmp_path / str(seed) / "roads"))
    n_failed = sum(not certificate.passed for certificate in certificates)
    assert stats.binom.sf(n_failed - 1, n_seeds, LEVEL) > 1e-4
    # Of each test about one of twenty is below 0.05.
    low = [row.p < 0.05 for one in certificates for row in one.tests if row.p is not None]
    assert 0.02 < np.mean(low) < 0.08


def test_each_row_is_complete_and_q_counts_all_tests(survey: Any, dataset: Path) -> None:
    certificate = certify(survey, expect(survey, dataset.parent / "roads"))
    assert [row.name for row in certificate.checks] == [check.name for check in survey.verified.checks]
    assert len({row.name for row in certificate.rows}) == len(certificate.rows)
    decided = [row for row in certificate.tests if row.p is not None]
    assert len(decided) > 40
    p = [row.p for row in decided if row.p is not None]
    assert [row.q for row in decided] == pytest.approx(stats.false_discovery_control(p))
    for row in decided:
        assert row.statistic is not None
        assert row.freedom is not None
        one_sided = stats.chi2.sf(row.statistic, row.freedom)
        assert (
            row.name == "minute_apart"
            or row.is_of_worst
            or row.p == pytest.approx(one_sided)
            or row.freedom >= 10
        )
        assert row.effect_name
        assert row.verdict
    headline = certificate.headline
    assert (headline.orders, headline.events) == (survey.manifest.orders, survey.manifest.rows)
    assert headline.revenue_usd == survey.tally.by_day[:, :, 2].sum() / 100
    assert headline.delivered == headline.orders


def test_the_document_is_plain_json(survey: Any, dataset: Path) -> None:
    certificate = certify(survey, expect(survey, dataset.parent / "roads"))
    document = json.loads(json.dumps(certificate.to_dict(), allow_nan=False))
    assert document["format"] == "fastgen-certificate"
    assert document["passed"] is True
    assert document["digest"] == survey.manifest.digest
    assert {test["name"] for test in document["tests"]} >= {*INTERVALS, *OF_CUSTOMERS, *OF_BRANDS, "minutes"}


def test_without_roads_it_says_what_it_can_not_test(survey: Any) -> None:
    certificate = certify(survey, expect(survey))
    assert certificate.passed
    missing = {name for one in certificate.untested for name in one.names if "--roads" in one.why}
    assert missing == {*OF_CUSTOMERS, "picked_up_to_delivered", "created_to_delivered"}
    assert not missing & {row.name for row in certificate.tests}


def test_kitchens_with_stations_are_tested_but_for_their_times(tmp_path: Path) -> None:
    path = tmp_path / "stations.toml"
    path.write_text(DISTURBED)
    dataset = build_small(tmp_path, scenario=path, days=4, scale=0.6)
    certificate = certificate_of(dataset, tmp_path / "roads")
    assert certificate.passed
    names = {row.name for row in certificate.tests}
    assert names >= {"orders", "minutes", "brand_shares", "customers"}
    assert not names & set(INTERVALS)
    assert any(set(one.names) == set(INTERVALS) for one in certificate.untested)


def test_brands_that_are_launched_are_not_tested(tmp_path: Path) -> None:
    path = tmp_path / "launch.toml"
    launch = '{ kind = "brand_launch", name = "d", from = "1 10:00", brand = "Tangelo & Thyme" }'
    path.write_text(
        f"kitchen = {{ model = 'stations' }}\n[locations.sf.kitchen]\ndisturbances = [{launch}]\n"
    )
    dataset = build_small(tmp_path, scenario=path, days=4, scale=0.6)
    certificate = certificate_of(dataset, tmp_path / "roads")
    assert certificate.passed
    assert not {row.name for row in certificate.tests} & set(OF_BRANDS)
    assert any(set(one.names) == set(OF_BRANDS) for one in certificate.untested)


def test_a_universe_has_checks_and_no_tests(run_universe: Path) -> None:
    certificate = fastgen.certificate(run_universe)
    assert certificate.passed
    assert certificate.tests == ()
    assert "no model" in certificate.verdict
    assert certificate.headline.open > 0
    assert certificate.untested[0].names == ("all tests",)


def test_a_damaged_dataset_is_not_tested(dataset: Path, tmp_path: Path) -> None:
    copy = copy_of(dataset, tmp_path)
    rewrite(
        first_part(copy), lambda rows: rows.with_columns(rows["ts_seconds"] + (rows["event_type_id"] == 1))
    )
    reseal(copy)
    certificate = certificate_of(copy, dataset.parent / "roads")
    assert failed(certificate) >= {"times"} or not certificate.passed
    assert certificate.tests == ()
    assert "checks fail" in certificate.verdict
    json.dumps(certificate.to_dict(), allow_nan=False)


def test_no_orders_are_nothing_to_decide_by(no_orders: Path) -> None:
    certificate = certificate_of(no_orders, no_orders.parent / "roads")
    assert certificate.passed
    assert all(row.p is None for row in certificate.tests)
    json.dumps(certificate.to_dict(), allow_nan=False)


def test_the_section_of_the_page_has_every_row(survey: Any, dataset: Path) -> None:
    assets = resources.files("fastgen.reporting").joinpath("assets")
    loader = jinja2.FunctionLoader(lambda name: assets.joinpath(name).read_text("utf-8"))
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, loader=loader)
    template = environment.get_template("certificate.html.jinja")
    for expected in (expect(survey, dataset.parent / "roads"), None):
        certificate = certify(survey, expected)
        text = html.unescape(template.render(certificate=certificate))
        assert certificate.verdict in text
        for row in certificate.rows:
            assert row.what in text
        assert text.count("<tr") == text.count("</tr>") == len(certificate.rows) + text.count("<thead>")
