"""The site, built once, and a copy of its sources to break."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.documents import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="session")
def build() -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """Build the site of a checkout as `make docs` does."""

    def run(checkout: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", ".ci/site/mkdocs.yml"],
            cwd=checkout,
            env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def copy_sources() -> Callable[[Path], Path]:
    """Copy what is written, and link to what a site only reads."""

    def copy(folder: Path) -> Path:
        shutil.copytree(ROOT / "docs", folder / "docs")
        (folder / ".ci").mkdir()
        for path in (ROOT / ".ci").iterdir():
            if path.is_dir():
                shutil.copytree(
                    path, folder / ".ci" / path.name, ignore=shutil.ignore_patterns("__pycache__")
                )
            else:
                (folder / ".ci" / path.name).symlink_to(path)
        for name in ("fastgen", "tests", "benchmarks", ".github"):
            (folder / name).symlink_to(ROOT / name)
        return folder

    return copy


@pytest.fixture(scope="session")
def site(
    build: Callable[[Path], subprocess.CompletedProcess[str]],
    copy_sources: Callable[[Path], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    checkout = copy_sources(tmp_path_factory.mktemp("site"))
    built = build(checkout)
    assert built.returncode == 0, built.stderr
    return checkout / ".site"
