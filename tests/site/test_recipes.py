"""Who types a recipe gets what it shows: the code of a page runs in order, and prints what is below it."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

import fastgen
from tests.documents import RECIPES
from tests.site.recipe import read_blocks, run_blocks

DATABRICKS = "docs/recipes/databricks.md"
DBT = "docs/recipes/dbt.md"


@pytest.fixture(scope="session")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build what each recipe begins with."""
    folder = tmp_path_factory.mktemp("recipes") / "week"
    fastgen.build(folder, days=7, locations=["sf", "chicago"])
    return folder


@pytest.fixture
def workplace(week: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(week, tmp_path / "week")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize("document", [name for name in RECIPES if name not in {DBT, DATABRICKS}])
def test_recipe_prints_what_it_says(document: str) -> None:
    for printed, shown in run_blocks(document):
        assert shown is None or printed.strip() == shown.strip()


@pytest.mark.usefixtures("workplace")
@pytest.mark.skipif(shutil.which("dbt") is None, reason="needs dbt, in an environment of its own: .ci/run")
def test_recipe_of_dbt() -> None:
    for printed, shown in run_blocks(DBT):
        assert shown is None or printed.strip() == shown.strip()
    assert Path("target/run_results.json").exists()


@pytest.mark.usefixtures("workplace")
def test_commands_of_databricks_run_and_its_python_is_valid() -> None:
    """Auto Loader is Databricks' own, so nothing here can run it."""
    assert list(run_blocks(DATABRICKS, without=("python", "ipython")))
    parsed = [ast.parse(block.text) for block in read_blocks(DATABRICKS) if block.language == "python"]
    assert len(parsed) >= 4


def test_each_recipe_shows_what_it_prints() -> None:
    for document in set(RECIPES) - {DATABRICKS, "docs/recipes/index.md"}:
        assert any(block.language == "text" and block.text.strip() for block in read_blocks(document)), (
            document
        )
