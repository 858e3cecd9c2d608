"""Roads commands must leave one whole CODE.roads or nothing, and say what they did, or why not, in a line."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import pytest

from fastgen import extras
from fastgen.errors import DataError, FastgenError, OutputError, ScenarioError
from fastgen.roads.files import import_roads
from fastgen.roads.measures import StreetMeasures, measure_streets
from fastgen.roads.offline import builtin_codes, load_builtin
from fastgen.roads.roads_file import encode_roads, load_roads
from tests.cli.roads_commands import run, usage_error
from tests.inputs.town_tables import changed, write_town
from tests.roads.overpass import running_overpass
from tests.roads.town import KITCHEN, RADIUS_MI, write_osm

if TYPE_CHECKING:
    from pathlib import Path

# Each street once, by its length in metres; the roundabout's two halves are as long as one two-way street.
TOWN_KM = round(
    (206.383 + 200 + 189.999 + 4 * 199.995 + 84.852 + 340.999 + 365.034 + 799.998 + 150.002) / 1000, 3
)
LICENCE = "ODbL 1.0, © OpenStreetMap contributors"


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "town.toml"
    path.write_text(
        f"[delivery]\nradius_mi = {RADIUS_MI}\n[locations.sf]\nlat = {KITCHEN[0]}\nlon = {KITCHEN[1]}\n"
    )
    return path


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    return write_osm(tmp_path / "town.osm.pbf")


def test_import_writes_the_network_of_the_scenarios_location(
    scenario: Path, extract: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "roads"
    output = run("import", extract, "--location", "sf", "--scenario", scenario, "-o", folder)
    assert [path.name for path in folder.iterdir()] == ["sf.roads"]
    expected = import_roads(extract, *KITCHEN, RADIUS_MI)
    assert load_roads(folder / "sf.roads").content_hash() == expected.content_hash()
    assert output == (
        f"{folder / 'sf.roads'}: 11 nodes, 21 edges, 3.1 km, 7 streets; "
        f"OpenStreetMap extract, town.osm.pbf; {LICENCE}\n"
    )


def test_location_of_dimension_tables_is_known(extract: Path, tmp_path: Path) -> None:
    """Also one whose code has to be quoted."""
    tables = changed("locations", "location_code", 0, "new york")
    tables["locations"] |= {"lat": [KITCHEN[0], 37.7], "lon": [KITCHEN[1], -122.4], "narrative": [None, None]}
    directory = write_town(tmp_path, tables)
    (tmp_path / "radius.toml").write_text(f"[delivery]\nradius_mi = {RADIUS_MI}\n")
    options = ("--scenario", tmp_path / "radius.toml", "--dimensions", directory, "-o", tmp_path / "roads")
    run("import", extract, "--location", "new york", *options)
    found = load_roads(tmp_path / "roads" / "new york.roads")
    assert found.content_hash() == import_roads(extract, *KITCHEN, RADIUS_MI).content_hash()
    with pytest.raises(ScenarioError, match=r"^--location: expected one of sf, new york, got 'austin'\.$"):
        run("import", extract, "--location", "austin", *options)
    with pytest.raises(ScenarioError, match=r"^--location: expected one of sf, new york, got 'austin'\.$"):
        run("fetch", "--location", "austin", *options)


def test_fetch_writes_the_network_of_the_scenarios_location(
    scenario: Path, extract: Path, tmp_path: Path
) -> None:
    with running_overpass() as overpass:
        output = run(
            *("fetch", "--location", "sf", "--scenario", scenario),
            *("--overpass-url", overpass.url, "-o", tmp_path / "roads"),
        )
    graph = load_roads(tmp_path / "roads" / "sf.roads")
    assert graph.content_hash() == import_roads(extract, *KITCHEN, RADIUS_MI).content_hash()
    assert re.fullmatch(r"\S+sf\.roads: 11 nodes, 21 edges, .* OpenStreetMap, Overpass server .*\n", output)


def test_fetch_keeps_to_its_limits(scenario: Path, tmp_path: Path) -> None:
    command = ("fetch", "--location", "sf", "--scenario", scenario, "-o", tmp_path / "roads")
    with running_overpass() as overpass:
        with pytest.raises(OutputError, match=r"expected an answer of at most 1000 bytes, got more\.$"):
            run(*command, "--overpass-url", overpass.url, "--max-size", "1kB")
        overpass.delay_s = 1.0
        with pytest.raises(OutputError, match=r"expected a whole answer within 0\.2 s, got none\.$"):
            run(*command, "--overpass-url", overpass.url, "--max-time", "200ms")
        with pytest.raises(OutputError, match=r"expected an answer within 0\.3 s, got none\.$"):
            run(*command, "--overpass-url", overpass.url, "--timeout", "300ms")
    for size in ("0MB", "5", "MB", "1e3MB", "-1MB", "5TB"):
        assert "expected a size such as 500MB or 2GB, got" in usage_error(*command, "--max-size", size)
    for option in ("--timeout", "--max-time"):
        with pytest.raises(
            DataError, match=rf"^{option}: expected a time above 0 and of at most a week, got"
        ):
            run(*command, option, "9999999999h")
    assert not (tmp_path / "roads").exists()


@pytest.mark.parametrize("status", [404, 429, 504])
def test_failed_fetch_leaves_nothing(status: int, scenario: Path, tmp_path: Path) -> None:
    with running_overpass() as overpass:
        overpass.status = status
        with pytest.raises(OutputError, match=f"{status}"):
            run(
                *("fetch", "--location", "sf", "--scenario", scenario),
                *("--overpass-url", overpass.url, "-o", tmp_path / "roads"),
            )
    assert not (tmp_path / "roads").exists()


def test_failed_import_leaves_the_file_that_was_there(scenario: Path, extract: Path, tmp_path: Path) -> None:
    run("import", extract, "--location", "sf", "--scenario", scenario, "-o", tmp_path / "roads")
    before = (tmp_path / "roads" / "sf.roads").read_bytes()
    extract.write_bytes(extract.read_bytes()[:300])
    with pytest.raises(DataError, match=r"expected a whole OpenStreetMap file"):
        run("import", extract, "--location", "sf", "--scenario", scenario, "-o", tmp_path / "roads")
    assert [path.name for path in (tmp_path / "roads").iterdir()] == ["sf.roads"]
    assert (tmp_path / "roads" / "sf.roads").read_bytes() == before


def test_folder_that_cannot_be_made_is_one_line(scenario: Path, extract: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"file: expected a folder to write to, got: Not a directory"):
        run("import", extract, "--location", "sf", "--scenario", scenario, "-o", tmp_path / "file")


@pytest.mark.parametrize("command", ["fetch", "import", "invent"])
def test_folder_in_the_files_place_is_refused_before_any_work(
    command: str, scenario: Path, tmp_path: Path
) -> None:
    """A download of many minutes must not end in an error that was to be seen at its start."""
    in_the_way = tmp_path / "roads" / "sf.roads"
    in_the_way.mkdir(parents=True)
    options = ["--location", "sf", "--scenario", scenario, "-o", tmp_path / "roads"]
    extract = [tmp_path / "missing.osm"] if command == "import" else []
    with running_overpass() as overpass:
        options += ["--overpass-url", overpass.url] if command == "fetch" else []
        with pytest.raises(ScenarioError, match=r"^output: expected a file, got the folder '.*sf\.roads'\.$"):
            run(command, *extract, *options)
    assert not overpass.queries
    assert not any(in_the_way.iterdir())


@pytest.mark.parametrize("command", [("import", "town.osm"), ("fetch",)])
def test_unknown_location_is_refused_with_those_known(command: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(
        ScenarioError, match=r"^--location: expected one of sf, .*chicago.*, got 'atlantis'\.$"
    ):
        run(*command, "--location", "atlantis", "-o", tmp_path)


def test_kitchen_without_roads_is_refused(extract: Path, tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"expected a road within 1 km of the kitchen .* got the nearest \d+\.\d km"
    ):
        run("import", extract, "--location", "chicago", "-o", tmp_path / "roads")
    assert not (tmp_path / "roads").exists()


def test_without_the_extra_both_commands_say_what_to_install(
    extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    for command in (("import", extract), ("fetch",)):
        with pytest.raises(FastgenError, match=r"pip install 'fastgen\[osm\]'") as caught:
            run(*command, "--location", "sf", "-o", tmp_path / "roads")
        assert caught.value.exit_code == 2


def test_list_shows_builtin_networks_as_synthetic(tmp_path: Path) -> None:
    lines = run("list").splitlines()
    assert lines[0].split() == ["code", "kind", "nodes", "edges", "km", "streets", "file", "source"]
    assert [line.split()[:2] for line in lines[1:]] == [[code, "synthetic"] for code in builtin_codes()]
    assert all("built-in" in line for line in lines[1:])
    assert run("list", "--roads", tmp_path) == run("list")


def test_list_shows_a_folders_networks_too(scenario: Path, extract: Path, tmp_path: Path) -> None:
    folder = tmp_path / "roads"
    run("import", extract, "--location", "sf", "--scenario", scenario, "-o", folder)
    (folder / ".sf.roads.17.tmp").write_bytes(b"left by a killed run")
    last = run("list", "--roads", folder).splitlines()[-1]
    assert last.split()[:7] == ["sf", "real", "11", "21", "3", "7", str(folder / "sf.roads")]
    assert last.endswith("OpenStreetMap extract, town.osm.pbf")
    rows = json.loads(run("list", "--roads", folder, "--json"))
    assert [row["code"] for row in rows] == [*builtin_codes(), "sf"]
    assert [row["synthetic"] for row in rows] == [True] * len(builtin_codes()) + [False]
    assert rows[-1]["licence"] == LICENCE


def test_list_refuses_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "sf.roads").write_bytes(b"{}")
    with pytest.raises(DataError, match=r"sf\.roads: expected a fastgen-roads file, got something else"):
        run("list", "--roads", tmp_path)
    assert "does not exist" in usage_error("list", "--roads", tmp_path / "none")
    os.mkfifo(tmp_path / "pipe")
    for device in ("/dev/null", tmp_path / "pipe"):
        assert "expected a folder, got " in usage_error("list", "--roads", device)


def test_show_gives_figures_source_licence_and_hash(scenario: Path, extract: Path, tmp_path: Path) -> None:
    run("import", extract, "--location", "sf", "--scenario", scenario, "-o", tmp_path)
    path = tmp_path / "sf.roads"
    shown = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in run("show", path).splitlines())
    row: dict[str, Any] = json.loads(run("show", path, "--json"))
    assert shown == {key: str(value) for key, value in row.items()}
    assert {key: row.pop(key) for key in StreetMeasures._fields} == {
        name: round(value, 3) for name, value in measure_streets(load_roads(path))._asdict().items()
    }
    assert row == {
        "code": "sf",
        "file": str(path),
        "synthetic": False,
        "nodes": 11,
        "edges": 21,
        "streets": 7,
        "km": TOWN_KM,
        "source": "OpenStreetMap extract, town.osm.pbf",
        "licence": LICENCE,
        "hash": load_roads(path).content_hash(),
    }


def test_show_knows_the_builtin_networks() -> None:
    code = builtin_codes()[0]
    row = json.loads(run("show", code, "--json"))
    assert (row["code"], row["file"], row["synthetic"]) == (code, "built-in", True)
    assert row["hash"] == load_builtin(code).content_hash()


def test_show_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    known = ", ".join(builtin_codes())
    message = re.escape(f"Expected a built-in network ({known}) or a .roads file, got 'atlantis'.")
    with pytest.raises(DataError, match=f"^{message}$"):
        run("show", "atlantis")
    with pytest.raises(DataError, match=r"none\.roads: expected a readable \.roads file, got No such file"):
        run("show", tmp_path / "none.roads")


def test_same_network_is_written_byte_for_byte(scenario: Path, extract: Path, tmp_path: Path) -> None:
    run("import", extract, "--location", "sf", "--scenario", scenario, "-o", tmp_path)
    assert (tmp_path / "sf.roads").read_bytes() == encode_roads(import_roads(extract, *KITCHEN, RADIUS_MI))


@pytest.mark.parametrize("command", [(), ("fetch",), ("import",), ("invent",), ("list",), ("show",)])
def test_every_command_has_help_with_an_example(command: tuple[str, ...]) -> None:
    output = run(*command, "--help")
    assert ("Example:\n    fastgen roads" in output) == bool(command)


@pytest.mark.parametrize("option", ["--timeout", "--max-time"])
@pytest.mark.parametrize("time", ["1_0", "1_0s", "1e1s", "٣s", "inf", "nan", "0s", "-1s"])
def test_fetch_takes_no_other_forms_of_times(option: str, time: str, scenario: Path, tmp_path: Path) -> None:
    command = ("fetch", "--location", "sf", "--scenario", scenario, "-o", tmp_path / "roads")
    assert "expected a length of time such as" in usage_error(*command, option, time)
