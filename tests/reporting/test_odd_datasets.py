"""Any scenario has a model and figures; damaged rows are counted as far as they can be, and never crash."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from fastgen.building.build import build
from fastgen.errors import DamageError
from fastgen.inputs.render import render_scenario
from fastgen.reporting.make_figures import make_figures
from fastgen.reporting.model import expect
from fastgen.reporting.survey import survey_dataset
from tests.any_scenario import scenarios
from tests.dataset.row_damage import BASKET_DAMAGE, ROUTE_DAMAGE, ROW_DAMAGE
from tests.effort import repeats
from tests.helpers import build_small, copy_of, first_part, reseal, rewrite
from tests.small_town import write_towns

if TYPE_CHECKING:
    from fastgen.model.scenario import Scenario

DAMAGE = {**ROW_DAMAGE, **BASKET_DAMAGE, **ROUTE_DAMAGE}


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_towns(tmp_path_factory.mktemp("towns"), n_side=5)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("few"))


@settings(
    max_examples=repeats(10, 200),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(scenario=scenarios())
def test_any_scenario_has_a_model_and_figures(scenario: Scenario, roads: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "scenario.toml"
        path.write_text(render_scenario(scenario), encoding="utf-8")
        build(Path(name) / "data", scenario=path, roads=roads, workers=1)
        survey = survey_dataset(Path(name) / "data")
        expected = expect(survey, roads)
        assert expected is not None
        orders = survey.tally.orders.sum(axis=1)
        assert (survey.tally.by_hour[..., 0].sum(axis=(1, 2)) == orders).all()
        for counts in (expected.by_minute, expected.first_brand.sum(axis=2), expected.brands_per_order):
            assert np.allclose(counts.sum(axis=1), orders)
        assert (expected.by_minute[survey.tally.by_minute > 0] > 0).all()
        sums = expected.seconds.sum(axis=2)
        assert np.allclose(sums[~np.isnan(sums)], 1.0)
        assert (expected.seconds[~np.isnan(expected.seconds)] > -1e-9).all()
        for figure in make_figures(survey, expected).values():
            assert figure.sentence


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_rows_are_refused_in_one_line(name: str, few: Path, tmp_path: Path) -> None:
    copy = copy_of(few, tmp_path)
    rewrite(first_part(copy), DAMAGE[name].change)
    reseal(copy, DAMAGE[name].more_orders)
    found = survey_dataset(copy)
    with pytest.raises(DamageError) as refused:
        found.check_sound()
    assert "\n" not in str(refused.value)
    assert found.tally.orders.sum() > 0
    make_figures(found, None)


def test_damaged_tables_are_refused_in_one_line(few: Path, tmp_path: Path) -> None:
    copy = copy_of(few, tmp_path)
    (copy / "items.parquet").write_bytes(b"PAR1")
    with pytest.raises(DamageError, match=r"items\.parquet: "):
        survey_dataset(copy)
