"""The figures of docs/universe.md are those that a reader gets by its commands."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import polars as pl
import pytest

import fastgen
from fastgen.cli import main
from fastgen.model.stations import STATION_TYPES
from fastgen.templates.reading import read_universe
from fastgen.universes.compare import compare
from fastgen.universes.site_plan import plan_sites
from tests.documents import DOCUMENTS, ROOT, blocks
from tests.effort import repeats

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.universes.site_plan import SitePlan


@pytest.fixture
def pizzeria(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Follow the document, which makes another one with two ovens beside it."""
    monkeypatch.chdir(tmp_path)
    (code,) = (text for text in blocks("docs/universe.md", "python") if "two-ovens" in text)
    made, _, _ = code.partition("found =")
    exec(made, {})  # noqa: S102  # our own documents
    return tmp_path / "pizzeria"


def copy_with(folder: Path, name: str, change: Callable[[dict[str, Any]], object]) -> Path:
    """Copy the templates, and change the site."""
    copied = folder.with_name(name)
    shutil.copytree(folder, copied)
    site = copied / "sites" / "sv.json"
    made = json.loads(site.read_text())
    change(made)
    site.write_text(json.dumps(made))
    return copied


def test_a_second_oven_buys_what_is_written(pizzeria: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = run("universe", "compare", pizzeria.name, "two-ovens", capsys=capsys)
    assert shown in blocks("docs/universe.md", "text")
    low, high = (-bound for bound in bounds(shown, "time in system, mean"))
    assert f"second oven makes orders {high:.1f} to {low:.1f} minutes faster" in prose()


def test_a_third_workstation_buys_what_is_written(pizzeria: Path) -> None:
    station = {"name": "workstation-3", "station_type": "KITCHEN_STATION_WORKSTATION"}
    more = copy_with(pizzeria, "more", lambda site: site["kitchens"][0]["stations"].append(station))
    found = compare(pizzeria, more)
    (row,) = found.differences.filter(figure="time_in_system").to_dicts()
    assert f"makes them {-row['high']:.1f} to {-row['low']:.1f} minutes faster" in prose()


def test_the_same_customers_make_narrower_intervals(pizzeria: Path) -> None:
    """Runs of other customers in A and B would need as many times more as their variances are larger."""
    found = compare(pizzeria, "two-ovens", seeds=repeats(20, 100), days=repeats(3, 7))
    at = [figure.name for figure in found.figures].index("time_in_system")
    a, b = found.values[:, :, 0, at].T
    times_more = (a.var(ddof=1) + b.var(ddof=1)) / (b - a).var(ddof=1)
    assert 10 < times_more < 40
    assert "would have to be 23 times as many" in prose()


def test_a_broken_oven_costs_what_is_written(pizzeria: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outage = outage_of_the_story()
    copy_with(pizzeria, "broken", lambda site: site.update(json.loads(f"{{{outage}}}")))
    options = ("--without", "the oven broke", "--days", "1", "--seeds", "40")
    shown = run("universe", "compare", "broken", *options, capsys=capsys)
    assert shown in blocks("docs/universe.md", "text")
    low, high = bounds(shown, "time in system, mean")
    assert f"Orders of that day take {low:.0f} to {high:.0f} minutes longer" in prose()
    (line,) = (line for line in shown.splitlines() if "time in system, p90" in line)
    usual, with_outage = (round(float(word)) for word in line.split()[5:7])
    assert f"one in ten takes more than {with_outage} minutes, in place of {usual}" in prose()


def test_the_picture_shows_a_queue_that_outlasts_the_outage(pizzeria: Path) -> None:
    """With fewer runs than in the document: the shape, and the evening, which hardly differs."""
    outage = outage_of_the_story()
    broken = copy_with(pizzeria, "broken", lambda site: site.update(json.loads(f"{{{outage}}}")))
    spec = importlib.util.spec_from_file_location("draw_universe", ROOT / ".ci" / "draw_universe.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    runs = repeats(20, script.RUNS)
    (queue, minutes), (usual_queue, usual_minutes) = (
        script.measure(read_plan(templates), STATION_TYPES.index("KITCHEN_STATION_OVEN"), runs)
        for templates in (broken, pizzeria)
    )
    hour = 60 // script.QUEUE_MIN
    np.testing.assert_array_equal(queue[: 12 * hour], usual_queue[: 12 * hour])
    assert queue.argmax() == 14 * hour - 1
    assert 5 < queue.max() < 9
    assert usual_queue.max() < 2
    assert (queue[12 * hour : 16 * hour] > usual_queue[12 * hour : 16 * hour]).all()
    np.testing.assert_allclose(queue[20 * hour :], usual_queue[20 * hour :], rtol=0.01)
    half_an_hour = 60 // script.TIME_MIN
    noon = 12 * half_an_hour
    assert minutes[noon] > usual_minutes[noon] + 50
    np.testing.assert_array_equal(minutes[20 * half_an_hour :], usual_minutes[20 * half_an_hour :])
    if runs == script.RUNS:
        before, after = (f"{minutes[i]:.0f} in place of {usual_minutes[i]:.0f}" for i in (noon - 1, noon))
        usual = usual_queue[14 * hour - 1]
        assert before.replace(" in", " minutes in") in prose()
        assert f"half an hour {after}." in prose()
        assert (
            f"At 14:00 nearly {queue.max():.0f} lines wait for it, without the outage {usual:.1f}." in prose()
        )


def test_a_run_of_the_story_has_the_queue_that_is_written(pizzeria: Path) -> None:
    outage = outage_of_the_story()
    broken = copy_with(pizzeria, "broken", lambda site: site.update(json.loads(f"{{{outage}}}")))
    fastgen.universe.run(broken, "noon", days=2)
    (query,) = (text for text in blocks("docs/universe.md", "sql") if "station_metrics" in text)
    rows = duckdb.execute(query.replace("dataset/", "noon/").replace("'sf'", "'sv'")).fetchall()
    hours = {hour: (round(mean, 1), most) for day, hour, mean, most in rows if day == 1 and 11 <= hour <= 16}
    (table,) = (text for text in blocks("docs/universe.md", "text") if text.startswith("hour "))
    shown = [re.split(r"  +", line)[1:] for line in table.splitlines()]
    written = {int(hour): (float(mean), float(most)) for hour, mean, most in zip(*shown, strict=True)}
    assert written == hours
    labels = pl.read_parquet("noon/universe/tables/disturbances/*/*.parquet")
    assert labels["name"].to_list() == ["the oven broke"]


def outage_of_the_story() -> str:
    (outage,) = (text for text in blocks("docs/universe.md", "json") if '"from": "1 12:00"' in text)
    return outage


def read_plan(templates: Path) -> SitePlan:
    (plan,) = plan_sites(read_universe(templates), 0, dt.date(2024, 1, 1), None, lambda _: None)
    return plan


def run(*args: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(args)
    assert not ended.value.code
    return capsys.readouterr().out


def bounds(shown: str, figure: str) -> tuple[float, float]:
    """Read the interval of a figure off a table of one site."""
    (found,) = re.findall(rf"^  {figure}.*?(\S+) to (\S+) ", shown, re.MULTILINE)
    return float(found[0]), float(found[1])


def prose() -> str:
    return " ".join(DOCUMENTS["docs/universe.md"].split())
