"""The page as a text: what it has, that it is closed, and that it never changes."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from fastgen.reporting.certificate import certify
from fastgen.reporting.make_figures import make_figures
from fastgen.reporting.map_section import make_map_section
from fastgen.reporting.model import expect
from fastgen.reporting.page import make_page
from fastgen.reporting.survey import survey_dataset
from tests.reporting.page.conftest import page_of

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.reporting.survey import Survey


def test_the_same_dataset_has_the_same_page(weeks: str, dataset: Path) -> None:
    """Also from another reading of it."""
    assert page_of(survey_dataset(dataset), dataset.parent / "roads") == weeks
    assert str(dataset) not in weeks


def test_the_policy_allows_the_pages_own_scripts_alone(weeks: str) -> None:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', weeks)
    assert found is not None
    policy = html.unescape(found[1])
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    scripts = re.findall(r"<script>(.*?)</script>", weeks, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", weeks, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts + styles]
    assert re.findall(r"'sha256-([^']*)'", policy) == hashes
    assert " style=" not in re.sub(r"<script.*?</script>", "", weeks, flags=re.DOTALL)


def test_rows_of_the_page_are_those_of_the_figures(weeks: str, survey: Survey, dataset: Path) -> None:
    found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', weeks, re.DOTALL)
    assert found is not None
    assert not set("<>&") & set(found[1])
    data = json.loads(found[1])
    figures = make_figures(survey, expect(survey, dataset.parent / "roads"))
    assert data["figures"].keys() == figures.keys()
    for key, figure in figures.items():
        packed = data["figures"][key]
        assert packed["n"] == len(figure.table)
        assert [column["name"] for column in packed["columns"]] == figure.table.columns
    days = {column["name"]: column for column in data["figures"]["orders_by_day"]["columns"]}
    table = figures["orders_by_day"].table
    assert days["orders"]["values"] == table["orders"].to_list()
    assert [days["location"]["levels"][code] for code in days["location"]["values"]] == table[
        "location"
    ].to_list()
    assert days["revenue_usd"]["values"] == table["revenue_usd"].to_list()
    assert days["date"]["values"][1] - days["date"]["values"][0] == 86_400_000


def test_the_page_tells_how_the_dataset_was_made(weeks: str, survey: Survey) -> None:
    text = html.unescape(weeks)
    what = "--days 70 --seed 42 --scale 0.06 --start 2024-01-01 --locations sf,chicago"
    assert f"fastgen build {what} --roads ROADS -o dataset" in text
    for said in (survey.manifest.digest, survey.manifest.build_id, survey.manifest.scenario_hash):
        assert said in text
    assert "Streets are synthetic" in text
    assert re.search(r"All \d+ checks and tests passed", text)


def test_a_failed_test_is_named_in_the_verdict(survey: Survey, dataset: Path) -> None:
    roads = dataset.parent / "roads"
    expected = expect(survey, roads)
    sound = certify(survey, expected)
    first, *others = sound.tests
    failed = replace(first, passed=False, verdict="too far out")
    page = make_page(
        survey,
        make_figures(survey, expected),
        replace(sound, tests=(failed, *others)),
        make_map_section(survey, roads),
    )
    text = html.unescape(page)
    assert f"1 of {len(sound.rows)} checks and tests failed: {first.name}." in text
    assert '<section class="verdict bad"' in text
    assert "too far out" in text[text.index('<h2 id="certificate">') :]
