"""The documents state what is so: versions, sections that the code cites, the help of the commands."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

from tests.documents import DOCUMENTS, ROOT

# Source files that may refer to a document.
SOURCES = [
    path
    for folder in ("fastgen", "tests", "benchmarks", ".ci", "docs", ".github")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".md", ".sql", ".toml"} and path != Path(__file__)
]
CITED = re.compile(r"docs/model\.md, (\d+(?:\.\d+)?)(?: (?:to|and) (\d+(?:\.\d+)?))?")


def sections() -> set[str]:
    return set(re.findall(r"^#{2,3} (\d+(?:\.\d+)?) ", DOCUMENTS["docs/model.md"], re.MULTILINE))


def test_sections_that_are_cited_exist() -> None:
    cited: dict[str, list[str]] = {}
    for path in SOURCES:
        # A citation may go on in the next line of a comment or docstring.
        text = re.sub(r"\s*\n[\s#]*", " ", path.read_text(encoding="utf-8"))
        for numbers in CITED.findall(text):
            for number in filter(None, numbers):
                cited.setdefault(number, []).append(str(path.relative_to(ROOT)))
    assert len(cited) >= 10
    assert {number: files for number, files in cited.items() if number not in sections()} == {}


def test_sections_that_the_model_refers_to_exist() -> None:
    referred = set(re.findall(r"\(([1-9]\.\d+)\)", DOCUMENTS["docs/model.md"]))
    assert referred
    assert referred <= sections()


def test_no_paper_is_cited_that_is_not_here() -> None:
    """Papers are Markdown files by name, or a word in capitals with the number of a section."""
    missing = {}
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        names = set(re.findall(r"(?<![\w./{-])[\w./-]*\w\.md\b", text))
        places = (ROOT, path.parent, ROOT / "docs", ROOT / ".github")
        wrong = [name for name in names if not any((place / name).exists() for place in places)]
        missing[path] = wrong + re.findall(r"\b[A-Z]{4,} \d+\.\d+\b", text)
    assert {path: wrong for path, wrong in missing.items() if wrong} == {}


def test_code_cites_the_model_in_one_form() -> None:
    for path in SOURCES:
        if path.suffix == ".py" and ROOT / "fastgen" in path.parents:
            text = re.sub(r"\s*\n[\s#]*", " ", path.read_text(encoding="utf-8"))
            assert text.count("docs/model.md") == len(CITED.findall(text)), path


def test_commands_are_documented_by_their_own_help() -> None:
    spec = importlib.util.spec_from_file_location("write_cli", ROOT / ".ci" / "write_cli.py")
    assert spec is not None
    assert spec.loader is not None
    write_cli = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(write_cli)
    page = DOCUMENTS["docs/cli.md"]
    assert write_cli.render(page) == page, "run .venv/bin/python .ci/write_cli.py"


def test_readme_is_short_and_leads_to_every_document() -> None:
    readme = DOCUMENTS["README.md"]
    assert readme.count("\n") <= 160
    for page in (ROOT / "docs").glob("*.md"):
        assert f"](docs/{page.name})" in readme


def test_versions_of_readers_are_those_compared() -> None:
    """Each row of the table names the versions that the script installs, in its order."""
    script = ast.parse((ROOT / ".ci" / "compare_readers.py").read_text(encoding="utf-8"))
    readers = next(
        ast.literal_eval(node.value)
        for node in script.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "READERS"
    )
    compared = {
        reader: [requirements.split()[0].split("==")[1] for requirements in versions]
        for reader, versions in readers.items()
    }
    table = (ROOT / "docs" / "readers.md").read_text(encoding="utf-8")
    listed = {}
    for line in table.splitlines():
        name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        reader = name.split(",")[0].lower()
        if reader in compared:
            # "1.5.3, with PyArrow 10.0.1" is version 1.5.3.
            own = ", ".join(cell.split(", with")[0] for cell in cells)
            listed[reader] = own.split(", ")
    assert listed == compared


def test_newest_compared_are_those_developed_with() -> None:
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line and not line.startswith("#")
    )
    table = (ROOT / "docs" / "readers.md").read_text(encoding="utf-8")
    for reader in ("pyarrow", "pandas", "polars", "duckdb", "spark"):
        row = next(line for line in table.splitlines() if line.lower().startswith(f"| {reader}"))
        assert pins["pyspark" if reader == "spark" else reader] in row
