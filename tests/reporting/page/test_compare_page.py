"""The page of two datasets: verdict first, both in every chart and table, closed, readable by everybody."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from typing import TYPE_CHECKING

import pytest

from fastgen.reporting.compare import compare
from fastgen.reporting.pair_charts import make_pair_charts
from fastgen.reporting.pair_engine import make_engine_figures
from fastgen.reporting.pair_figures import make_pair_figures
from tests.helpers import build_small, copy_of
from tests.reporting.page.accessibility import find_faults
from tests.reporting.page.conftest import wait_for_charts
from tests.reporting.page.seen import find_collisions, find_drawn, find_overflow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    Open = Callable[..., Page]

LONGER = "service_times = { started_to_finished = { mean_min = 11 } }\n"
WIDTHS = (1440, 768, 360)


@pytest.fixture(scope="module")
def longer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dataset as `dataset`, but for cooking, which takes a minute longer."""
    folder = tmp_path_factory.mktemp("longer")
    (folder / "it.toml").write_text(LONGER)
    return build_small(folder, days=70, scale=0.06, scenario=folder / "it.toml")


@pytest.fixture(scope="module")
def text(dataset: Path, longer: Path) -> str:
    return compare(dataset, longer).page()


@pytest.fixture(scope="module")
def page_file(text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(text, tmp_path_factory.mktemp("compared"))


@pytest.fixture(scope="module")
def engine_file(dataset: Path, run_universe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Page of a dataset and a universe, which is disturbed."""
    return save(compare(dataset, run_universe).page(), tmp_path_factory.mktemp("engine"))


def save(text: str, folder: Path) -> Path:
    path = folder / "compare.html"
    path.write_text(text, encoding="utf-8")
    return path


def wait(page: Page, condition: str) -> None:
    """Wait for a condition; Playwright's own wait uses eval, which the policy of the page forbids."""
    for _ in range(400):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(condition)


def test_the_same_datasets_have_the_same_page(text: str, dataset: Path, longer: Path, tmp_path: Path) -> None:
    """Wherever they are."""
    assert compare(copy_of(dataset, tmp_path), longer).page() == text
    assert str(dataset.parent) not in text
    assert str(longer.parent) not in text


def test_the_policy_allows_the_pages_own_scripts_alone(text: str) -> None:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert found is not None
    policy = html.unescape(found[1])
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    scripts, styles = (
        re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL) for name in ("script", "style")
    )
    hashes = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts + styles]
    assert len(hashes) == 3
    assert re.findall(r"'sha256-([^']*)'", policy) == hashes


def test_the_verdict_comes_first_and_says_how_much(text: str) -> None:
    body = html.unescape(text)
    verdict = body[body.index('<section class="verdict apart"') : body.index('id="totals"')]
    assert "4 of 20 comparisons differ by more than chance:" in verdict
    plain = " ".join(re.sub(r"<[^>]*>", "", verdict).split())
    assert re.search(r"Cooking, mean: 9\.\d\d min in A, 10\.\d\d min in B \(\+1\d\.\d%\)", plain)
    assert '<a href="#service_times">' in verdict
    assert "service_times.started_to_finished.mean_min" in body
    command = "fastgen build --scenario scenario.toml --days 70 --seed 42 --scale 0.06"
    assert command in body


def test_rows_of_the_page_are_those_of_the_figures(text: str, dataset: Path, longer: Path) -> None:
    found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    packed = json.loads(found[1])["figures"]
    figures = make_pair_figures(compare(dataset, longer).pair)
    assert packed.keys() == figures.keys()
    for key, figure in figures.items():
        assert packed[key]["n"] == len(figure.table), key
        columns = {column["name"]: column for column in packed[key]["columns"]}
        assert list(columns) == figure.table.columns, key
        assert columns["dataset"]["levels"] == ["A", "B"], key
        assert columns["orders" if "orders" in columns else list(columns)[3]]["values"], key


def test_every_chart_is_valid(dataset: Path, run_universe: Path) -> None:
    pair = compare(dataset, run_universe).pair
    charts = make_pair_charts(make_pair_figures(pair) | make_engine_figures(pair))
    assert len(charts) == 19
    for chart in charts.values():
        assert chart.to_dict()  # checked against the schema of Vega-Lite


def test_both_are_drawn_in_every_chart(open_page: Open, page_file: Path) -> None:
    """Apart by colour, and by dashes or hollow bars."""
    page = open_page(page_file)
    marks = find_drawn(page)
    assert len(marks) == 16
    assert {key: n for key, n in marks.items() if n < 2} == {}
    for key in ("orders_by_day", "intraday", "delivery_times", "prices", "distances"):
        lines = page.locator(f"[data-chart={key}] path[stroke='#0072b2']:not([stroke-dasharray='6,3'])")
        dashed = page.locator(f"[data-chart={key}] path[stroke='#d55e00'][stroke-dasharray='6,3']")
        assert lines.count() >= 1, key
        assert dashed.count() >= 1, key
    for key in ("weekdays", "basket_brands", "basket_lines", "quantities"):
        bars = page.locator(f"[data-chart={key}] path[aria-roledescription=bar]")
        hollow = page.locator(f"[data-chart={key}] path[aria-roledescription=bar][fill-opacity='0.2']")
        assert bars.count() == 2 * hollow.count() > 0, key


def test_a_location_can_be_picked(open_page: Open, page_file: Path) -> None:
    page = open_page(page_file)
    line = "document.querySelector('[data-chart=intraday] path[stroke=\"#0072b2\"]').getAttribute('d')"
    before = page.evaluate(line)
    page.locator("[data-chart=intraday] select").select_option("chicago")
    wait(page, f"{line} !== {json.dumps(before)}")


def test_queues_and_disturbances_of_a_universe_are_shown(open_page: Open, engine_file: Path) -> None:
    page = open_page(engine_file)
    marks = find_drawn(page)
    assert marks.keys() >= {"queue_length", "utilisation", "time_in_system"}
    words = page.locator("[data-chart=queue_length] svg").text_content() or ""
    assert "B: the match" in words
    assert page.locator("[data-chart=queue_length] select").count() == 2
    assert "A has no engine that measures this." in page.locator("article:has(#queue_length)").inner_text()
    page.locator("[data-chart=time_in_system] select").last.select_option("ride, mean")
    assert "Nothing can be judged" in page.locator(".verdict").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(open_page: Open, engine_file: Path, scheme: str) -> None:
    page = open_page(engine_file, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    # Further rows and marks are as those before them, and axe looks at each for a while.
    page.evaluate("document.querySelectorAll('tbody tr:nth-child(n + 4)').forEach(row => row.remove())")
    page.evaluate("document.querySelectorAll('svg path:nth-child(n + 9)').forEach(mark => mark.remove())")
    assert find_faults(page) == []


def test_fits_any_width(open_page: Open, engine_file: Path) -> None:
    """Nothing is wider than the window or than its card, and no two labels lie on each other."""
    page = open_page(engine_file, viewport={"width": WIDTHS[0], "height": 740})
    for width in WIDTHS:
        if width != WIDTHS[0]:
            page.evaluate("delete document.documentElement.dataset.ready")
            page.set_viewport_size({"width": width, "height": 740})
            wait_for_charts(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert find_overflow(page) == [], width
        assert find_collisions(page) == [], width
        assert {key: n for key, n in find_drawn(page).items() if n < 2} == {}, width


def test_readable_without_javascript(open_page: Open, page_file: Path) -> None:
    page = open_page(page_file, java_script_enabled=False)
    assert page.locator("noscript").inner_text().startswith("Charts need JavaScript.")
    assert page.locator("#comparisons ~ .card tbody tr").count() == 20
    assert page.locator("button:visible").count() == 0
    page.locator("details summary").first.click()
    assert page.locator("table[data-table=orders_by_day] td").first.is_visible()


def test_csv_and_table_have_both(open_page: Open, page_file: Path) -> None:
    page = open_page(page_file)
    page.locator("article:has(#orders_by_day) summary").click()
    with page.expect_download() as saved:
        page.click("[data-do=csv][data-key=orders_by_day]")
    lines = saved.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0] == "dataset,location,date,own_date,orders,trend"
    assert len(lines) == 1 + 2 * 2 * 70
    assert {line.split(",")[0] for line in lines[1:]} == {"A", "B"}
    page.click("[data-do=all][data-key=orders_by_day]")
    assert page.locator("table[data-table=orders_by_day] tbody tr").count() == 2 * 2 * 70


def test_the_reader_can_choose_the_theme(open_page: Open, page_file: Path) -> None:
    page = open_page(page_file, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(14, 17, 23)"
    page.locator("[data-do=theme]").click()
    assert page.evaluate(ground) == "rgb(244, 245, 248)"
    wait(page, "document.documentElement.dataset.drawn === 'light'")
    wait_for_charts(page)


def test_links_lead_to_places_of_the_page(open_page: Open, engine_file: Path) -> None:
    page = open_page(engine_file, java_script_enabled=False)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
    links = page.evaluate("[...document.querySelectorAll('a')].map(one => one.getAttribute('href'))")
    assert len(ids) == len(set(ids))
    assert {link for link in links if link[0] != "#" or link[1:] not in ids} == set()


@pytest.mark.parametrize("kind", ["same", "no_orders", "apart", "bare"])
def test_odd_pairs_have_pages(
    kind: str, open_page: Open, dataset: Path, no_orders: Path, tmp_path: Path
) -> None:
    other = {"same": dataset, "no_orders": no_orders}.get(kind) or tmp_path / "other"
    if kind == "apart":
        other = build_small(tmp_path, locations=("bellevue",), days=2)
    if kind == "bare":
        other = copy_of(dataset, tmp_path)
        (other / "manifest.json").unlink()
    comparison = compare(dataset, other)
    page = open_page(save(comparison.page(), tmp_path))
    said = {
        "same": "The datasets are the same.",
        "no_orders": "B has no orders.",
        "apart": "Nothing can be judged",
        "bare": "No difference beyond chance, in 20 comparisons",
    }
    assert said[kind] in page.locator(".verdict").inner_text()
    assert page.locator("[data-chart]").count() == page.locator("[data-chart] svg").count()
