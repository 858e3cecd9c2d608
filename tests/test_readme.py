"""A newcomer types what README and docs say: commands, flags, files and names are there, and examples run."""

from __future__ import annotations

import datetime as dt
import re
import shlex
import tomllib
from dataclasses import replace
from pathlib import Path

import click
import duckdb
import pytest

import fastgen
import fastgen.spark
from fastgen.cli import cli
from fastgen.files import write_whole
from fastgen.inputs.loading import load_inputs
from fastgen.live_kitchens.examples import EXAMPLES, read_example
from fastgen.model.station_kitchens import StationKitchens
from tests.cli.test_main import COMMANDS
from tests.documents import DOCUMENTS, RECIPES, ROOT, blocks
from tests.universes.tables import run_sites, write_tables

README = DOCUMENTS["README.md"]
SHELL_LINES = [
    re.split(r"  #| [|>] ", line)[0].strip()
    for document in DOCUMENTS
    for text in blocks(document, "")
    for line in text.replace("\\\n", " ").splitlines()
]
TYPED = sorted({line for line in SHELL_LINES if line.startswith("fastgen ")})
MENTIONED = sorted(
    {line for text in DOCUMENTS.values() for line in re.findall(r"`(fastgen [a-z][^`\n\\]*)`", text)}
)
ALONE = [document for document in DOCUMENTS if document not in RECIPES]
# Examples for a Spark session are run where there is one: tests/spark, tests/replaying/spark_zone.py.
PYTHON = [
    pytest.param(text, id=f"{document} {number}")
    for document in ALONE
    for number, text in enumerate(blocks(document, "python"))
    if "spark" not in text
]


@pytest.mark.parametrize("line", sorted({*TYPED, *MENTIONED}))
def test_command_exists_and_takes_these_arguments(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my_roads").mkdir()
    words = shlex.split(line)[1:]
    command: click.Command = cli
    while isinstance(command, click.Group) and not (command.invoke_without_command and words[0][0] == "-"):
        assert words, f"{line!r} ends before a command"
        assert words[0] in command.commands, f"{line!r} names no command"
        command = command.commands[words.pop(0)]
    flags = {flag for p in command.params for flag in (*p.opts, *p.secondary_opts)} | {"--help"}
    assert {word for word in words if word.startswith("-") and word != "-"} <= flags
    if line in TYPED:
        command.make_context(command.name or "", words)  # raises on a value of the wrong kind


def test_examples_are_many() -> None:
    assert len(TYPED) >= 40
    assert len(MENTIONED) >= 8
    assert len(PYTHON) >= 6


@pytest.mark.parametrize(
    "path", [path for path, command in COMMANDS.items() if not isinstance(command, click.Group)]
)
def test_every_command_is_documented(path: str) -> None:
    assert f"## {path}\n" in DOCUMENTS["docs/cli.md"]


def test_every_target_of_make_is_documented_and_exists() -> None:
    targets = set(
        re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    text = README + DOCUMENTS[".github/CONTRIBUTING.md"]
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)\b(?=`|$|\s{2,}| PYTHON)", text, re.MULTILINE))
    assert named <= targets
    assert targets - named <= {"help"}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_are_named_exist(document: str) -> None:
    rooms = r"(?:\.ci|\.github|benchmarks|canonical_dataset|docs|fastgen|tests)"
    named = set(re.findall(rf"(?<![\w/.-]){rooms}/[\w/.-]*\w/?", DOCUMENTS[document]))
    # A link goes from the folder of its document, maybe on to an anchor.
    named |= set(re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", DOCUMENTS[document]))
    places = (ROOT, (ROOT / document).parent)
    assert sorted(name for name in named if not any((place / name).exists() for place in places)) == []


def test_every_room_is_on_the_map() -> None:
    for folder in (ROOT / "fastgen").iterdir():
        if (folder / "__init__.py").exists():
            assert f"fastgen/{folder.name}/" in README


def test_scenario_example_is_valid(tmp_path: Path) -> None:
    example, *_ = blocks("docs/scenarios.md", "toml")
    assert tomllib.loads(example)
    (tmp_path / "mine.toml").write_text(example, encoding="utf-8")
    scenario, _ = load_inputs(tmp_path / "mine.toml", None)
    assert [place.code for place in scenario.locations] == ["sv", "bellevue", "chicago", "austin"]
    assert scenario.clock == "utc"


def test_ten_years_can_be_planned_with_the_example(tmp_path: Path) -> None:
    _, example, *_ = blocks("docs/scenarios.md", "toml")
    (tmp_path / "ten_years.toml").write_text(example, encoding="utf-8")
    found = fastgen.plan(days=3650, scenario=tmp_path / "ten_years.toml")
    assert f"{found.orders / 1e6:.1f} million orders" in DOCUMENTS["docs/scenarios.md"]


def test_location_of_its_own_kind_is_valid(tmp_path: Path) -> None:
    _, _, example, *_ = blocks("docs/scenarios.md", "toml")
    (tmp_path / "chicago.toml").write_text(example, encoding="utf-8")
    scenario, dims = load_inputs(tmp_path / "chicago.toml", None)
    chicago = scenario.locations[3]
    own = {"baskets", "service_times", "driver", "delivery", "noise_low", "noise_high", "momentum"}
    assert {key for key in own if getattr(chicago, key) is not None} == own - {"baskets", "noise_low"}
    improving = (dims.brand_locations.location_id == 4) & (dims.brand_locations.growth_rate_monthly == 0.8)
    assert improving.sum() == 2


def test_kitchens_of_the_example_are_the_defaults_and_their_loads_are_shown(tmp_path: Path) -> None:
    *_, example, _ = blocks("docs/scenarios.md", "toml")
    (tmp_path / "stations.toml").write_text(example, encoding="utf-8")
    scenario, _ = load_inputs(tmp_path / "stations.toml", None)
    assert scenario.kitchen == StationKitchens("stations")
    assert scenario.locations[1].kitchen == StationKitchens("stations", workstations=4, couriers=5)
    found = fastgen.plan(kitchen="stations")
    shown = [line.split() for line in blocks("docs/scenarios.md", "text")[0].splitlines()]
    loads = [[f"{one.load:.2f}" for one in found.loads if one.code == code] for code, *_ in shown[1:]]
    assert [row[1:] for row in shown[1:]] == loads


def test_disturbances_of_the_example_are_valid(tmp_path: Path) -> None:
    *_, example = blocks("docs/scenarios.md", "toml")
    (tmp_path / "broken.toml").write_text(example, encoding="utf-8")
    scenario, _ = load_inputs(tmp_path / "broken.toml", None, overrides={"kitchen": "stations"})
    kitchens = scenario.kitchens_of(scenario.locations[0])
    assert kitchens is not None
    assert [one.kind for one in kitchens.disturbances] == [
        *("station_outage", "rain", "demand_surge", "brand_launch", "kitchen_closed")
    ]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with what the examples read."""
    folder = tmp_path_factory.mktemp("workplace")
    fastgen.build(folder / "dataset", scale=0.05)
    fastgen.publish(folder / "dataset", f"parquet:{folder / 'tables'}")
    fastgen.publish(folder / "dataset", f"duckdb:{folder / 'business.duckdb'}")
    universe_tables = folder / "dataset" / "universe" / "tables"
    write_tables([replace(run, tables=universe_tables) for run in run_sites(folder / "town")])
    for name in EXAMPLES:
        write_whole(folder / "configs" / f"{name}.json", read_example(name).encode())
    noon = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    list(fastgen.live(folder / "configs" / "chicago.json", folder / "kitchens", now=noon, until=noon))
    return folder


@pytest.mark.parametrize("code", PYTHON)
def test_python_example_runs(code: str, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workplace)
    exec(code, {})  # noqa: S102  # our own documents


@pytest.mark.parametrize("document", [name for name in ALONE if blocks(name, "sql")])
def test_query_finds_rows(document: str, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workplace)
    if not (workplace / "landing").exists():
        fastgen.replay("dataset", "landing")
    if document == "docs/faults.md" and not (workplace / "ledger.parquet").exists():
        (example,) = blocks(document, "python")  # it writes the ledger that the query reads
        exec(example, {})  # noqa: S102  # our own documents
    (query,) = blocks(document, "sql")
    with duckdb.connect("business.duckdb", read_only=True) as connection:
        assert connection.sql(query).fetchall()


def test_python_examples_use_names_that_exist() -> None:
    # Contributors also use names that aren't public; running their examples is test enough.
    public = [document for document in DOCUMENTS if not document.startswith(".github")]
    code = "\n".join(text for document in public for text in blocks(document, "python"))
    used = set(re.findall(r"\bfastgen\.(\w+)", code))
    assert used - {"spark", "universe"} <= set(fastgen.__all__)
    assert set(re.findall(r"\bfastgen\.universe\.(\w+)", code)) <= set(fastgen.universe.__all__)
    assert set(re.findall(r"from fastgen\.spark import (\w+)", code)) <= set(fastgen.spark.__all__)


def test_every_public_name_is_documented() -> None:
    page = DOCUMENTS["docs/python.md"]
    assert [name for name in fastgen.__all__ if name not in page and name != "__version__"] == []


def test_exit_codes_are_those_of_the_help() -> None:
    codes = re.findall(r"^\| (\d+) \|", DOCUMENTS["docs/cli.md"], re.MULTILINE)
    assert codes == re.findall(r"\b(\d+) \w", cli.epilog or "")


def test_sizes_are_those_of_the_canonical_dataset(tmp_path: Path) -> None:
    manifest = fastgen.build(tmp_path / "dataset").manifest
    n_bytes = sum(entry.bytes for entry in (*manifest.files, *manifest.tables))
    # Other versions of the compressor make files a little larger or smaller.
    stated = int(re.findall(r"^bytes +([\d,]+) in 4 files", README, re.MULTILINE)[0].replace(",", ""))
    assert stated == pytest.approx(n_bytes, rel=0.002)
    assert f"| size, zstd | {n_bytes / 1e6:.1f} MB, {n_bytes / manifest.rows:.1f} bytes an event |" in README
    assert f"`{manifest.digest}`" in DOCUMENTS["docs/model.md"]
