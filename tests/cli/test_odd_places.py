"""Whatever a path is, a command does its work or says in one line why not, and leaves nothing half-made."""

from __future__ import annotations

import stat
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import fastgen
from fastgen import FastgenError
from fastgen.cli import main
from fastgen.dataset.info import describe_dataset
from fastgen.dataset.verify.run import verify_dataset
from fastgen.publishing.target import Form
from tests.cli.odd_places import ODD, READERS, WRITERS, arguments, fill, listing
from tests.helpers import build_small

if TYPE_CHECKING:
    from collections.abc import Callable

STREETS = """<osm version="0.6"><node id="1" lat="37.791" lon="-122.3928"/>
<node id="2" lat="37.792" lon="-122.3928"/><node id="3" lat="37.792" lon="-122.391"/>
<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/></way></osm>"""
# Lines on what takes long, and on the small roads of this test, which cover a part of the square.
HINTS = ("compiling the kernels", "computing the routes", "location sf: ")
# What an unset variable leaves, and what no file system takes.
REFUSED = {"empty", "blank", "blanks and a tab", "long name", "name of 256 bytes", "long path"}
ROOTS = {name for name in ODD if name.startswith("root")}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Make what the commands need besides."""
    folder = tmp_path_factory.mktemp("places")
    build_small(folder, days=1, locations=("sf",), scale=0.1)
    # Of a square mile, streets are invented in a moment.
    (folder / "scenario").write_text('name = "mine"\n[delivery]\nradius_mi = 0.5\n')
    (folder / "osm.osm").write_text(STREETS)
    names = {"dataset": "dataset", "roads": "roads", "scenario": "scenario", "osm": "osm.osm"}
    return {name: str(folder / file) for name, file in names.items()}


def run(args: list[str], capfd: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Run a command in this process; return its exit code and the lines of its troubles."""
    capfd.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(args)
    said = capfd.readouterr().err.splitlines()
    return int(ended.value.code or 0), [line for line in said if not line.startswith(HINTS)]


@pytest.mark.parametrize("odd", ODD)
def test_odd_place_is_one_line_and_leaves_nothing(
    odd: str,
    places: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for number, template in enumerate((*READERS, *WRITERS)):
        above = tmp_path / str(number)
        here = above / "a" / "b"
        here.mkdir(parents=True)
        fill(here)
        monkeypatch.chdir(here)
        before = listing(above)
        code, said = run(arguments(template, ODD[odd], places | {"out": str(above / "out")}), capfd)
        what = f"{template}: exit code {code}, {said}"
        # What `universe init` finds is in its way, whatever it is.
        is_refused = odd in REFUSED or (odd in ROOTS and template in set(WRITERS) - {"universe init {}"})
        assert code in ((2,) if is_refused else (0, 1, 2)), what
        # What a replay says goes there when its events go to the standard output.
        assert len(said) == (1 if code else 3 * ("--to -" in template)), what
        assert not code or said[0].startswith("fastgen"), what
        assert ".tmp" not in "".join(said), what
        after = listing(above)
        if code == 0 and template in READERS:
            after = [entry for entry in after if not entry[0].startswith(("out", ".out"))]
        assert after == before or (code == 0 and template in WRITERS), what
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize("odd", [*ODD, "null byte", "bytes"])
def test_odd_place_is_an_error_of_ours_in_python(
    odd: str, places: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = {**ODD, "null byte": "a\0b", "bytes": "\udcff"}[odd]
    dataset, roads = places["dataset"], places["roads"]
    plan = partial(fastgen.plan, days=1, locations=["sf"])
    calls: list[Callable[[], object]] = [
        lambda: fastgen.build(text, days=1, locations=["sf"], roads=roads, workers=1),
        lambda: plan(roads=text),
        lambda: plan(scenario=text, roads=roads),
        lambda: plan(dimensions=text, roads=roads),
        lambda: fastgen.scan_events(text).collect(),
        lambda: fastgen.slice_events(text, 0, 1).collect(),
        lambda: fastgen.replay(text, "out"),
        lambda: fastgen.replay(dataset, text),
        lambda: fastgen.replay(dataset, "out", state=text),
        lambda: next(fastgen.follow(dataset, text)),
        lambda: fastgen.publish(text, "parquet:out"),
        *(lambda form=form: fastgen.publish(dataset, f"{form}:{text}") for form in Form),
    ]
    for number, call in enumerate(calls):
        here = tmp_path / str(number) / "a" / "b"
        here.mkdir(parents=True)
        fill(here)
        monkeypatch.chdir(here)
        with suppress(FastgenError):
            call()


@pytest.mark.parametrize("text", ["", " ", "\t "])
def test_no_text_is_not_the_current_folder_in_python(
    text: str, places: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As what an unset variable leaves, where the current folder is a dataset, tables and roads."""
    dataset = Path(places["dataset"])
    monkeypatch.chdir(dataset)
    before = listing(dataset)
    plan = partial(fastgen.plan, days=1, locations=["sf"])
    calls: list[Callable[[], object]] = [
        lambda: fastgen.scan_events(text),
        lambda: fastgen.slice_events(text, 0, 1),
        lambda: fastgen.replay(text, "out"),
        lambda: next(fastgen.follow(text, "out")),
        lambda: fastgen.publish(text, "parquet:out"),
        lambda: verify_dataset(text),
        lambda: verify_dataset(dataset, against=text),
        lambda: describe_dataset(text),
        lambda: plan(roads=text),
        lambda: plan(scenario=text),
        lambda: plan(dimensions=text),
    ]
    for call in calls:
        with pytest.raises(FastgenError, match=r"^[a-z]+: expected a path, got (an empty text|blanks)"):
            call()
    assert listing(dataset) == before
