"""The documents state what is so: the versions of readers are those that are compared."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent


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
