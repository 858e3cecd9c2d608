"""What the commands do can be done from Python, without loading anything heavy before it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import fastgen
from fastgen.errors import ScenarioError
from fastgen.universes.compare import compare
from tests.universes.small_universe import write_universe


def test_a_folder_is_written_checked_run_and_resumed(tmp_path: Path) -> None:
    universe = fastgen.universe
    assert universe.init(tmp_path / "europe", "european") == tmp_path / "europe"
    assert [site.site.info.name for site in universe.check(tmp_path / "europe")] == ["amsterdam", "london"]
    templates, roads = write_universe(tmp_path, sf={})
    (checked,) = universe.check(templates, roads=roads, force=True)
    assert checked.load.orders_per_h[0] > 0
    first = universe.run(templates, tmp_path / "out", days=1, seed=3, roads=roads, force=True)
    events = tmp_path / "longer.jsonl", str(tmp_path / "once.jsonl")
    longer = universe.resume(tmp_path / "out", days=2, roads=str(roads), cloud_events=events[0])
    once = universe.run(
        templates, str(tmp_path / "once"), days=2, seed=3, roads=roads, cloud_events=events[1], force=True
    )
    assert events[0].read_bytes() == Path(events[1]).read_bytes()
    assert longer.manifest == once.manifest
    assert longer.manifest.days[:1] == first.manifest.days
    assert universe.compare is compare


def test_wrong_names_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="preset: expected 'canonical' or 'european', got 'asian'"):
        fastgen.universe.init(tmp_path / "asia", "asian")
    with pytest.raises(AttributeError, match="has no attribute 'walk'"):
        fastgen.universe.walk  # noqa: B018


def test_an_empty_path_is_not_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    universe = fastgen.universe
    monkeypatch.chdir(universe.init(tmp_path / "kitchens"))
    for name, act in (
        ("folder", lambda: universe.init("")),
        ("folder", lambda: universe.check("")),
        ("templates", lambda: universe.run("", tmp_path / "out")),
        ("dataset", lambda: universe.resume("", days=1)),
        ("a", lambda: universe.compare("", tmp_path)),
        ("b", lambda: universe.compare(tmp_path / "kitchens", "")),
    ):
        with pytest.raises(ScenarioError, match=f"^{name}: expected a path, got an empty text"):
            act()


def test_nothing_heavy_is_loaded_before_it_is_used() -> None:
    code = "import sys, fastgen; fastgen.universe.run; print({'numpy', 'numba', 'polars'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"
