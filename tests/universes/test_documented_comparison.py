"""The figures of docs/universe.md are those that a reader gets by its commands."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from fastgen.cli import main
from fastgen.templates.preset_files import write_preset
from fastgen.universes.compare import compare
from tests.documents import DOCUMENTS, blocks

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pizzeria(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Follow the document: the preset's sv alone, with fewer customers and one menu."""
    monkeypatch.chdir(tmp_path)
    write_preset("canonical", tmp_path / "pizzeria")
    (site,) = (tmp_path / "pizzeria" / "sites").glob("sv.json")
    for other in site.parent.iterdir():
        if other != site:
            other.unlink()
    made = json.loads(site.read_text())
    made["population"]["customers"], made["brands"] = 80, ["Forno Civetta"]
    site.write_text(json.dumps(made))
    return tmp_path / "pizzeria"


def with_station(folder: Path, name: str, kind: str) -> Path:
    """Copy the templates, with one station more."""
    copied = folder.with_name(name)
    shutil.copytree(folder, copied)
    site = copied / "sites" / "sv.json"
    made = json.loads(site.read_text())
    station = {"name": f"{kind}-more", "station_type": f"KITCHEN_STATION_{kind.upper()}"}
    made["kitchens"][0]["stations"].append(station)
    site.write_text(json.dumps(made))
    return copied


def test_a_second_oven_buys_what_is_written(pizzeria: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_station(pizzeria, "two-ovens", "oven")
    with pytest.raises(SystemExit) as ended:
        main(["universe", "compare", "pizzeria", "two-ovens"])
    assert not ended.value.code
    shown = capsys.readouterr().out
    assert shown in blocks("docs/universe.md", "text")
    (line,) = (line for line in shown.splitlines() if "time in system, mean" in line)
    low, high = (-float(word) for word in line.split()[-4:-1:2])
    assert f"second oven makes orders {high:.1f} to {low:.1f} minutes faster" in prose()


def test_a_third_workstation_buys_what_is_written(pizzeria: Path) -> None:
    found = compare(pizzeria, with_station(pizzeria, "more-room", "workstation"))
    (row,) = found.differences.filter(figure="time_in_system").to_dicts()
    assert f"makes them {-row['high']:.1f} to {-row['low']:.1f} minutes faster" in prose()


def prose() -> str:
    return " ".join(DOCUMENTS["docs/universe.md"].split())
