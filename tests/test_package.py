"""What is shipped works without the repository: light, complete, licensed; and make alone sets it up."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path

import pytest

import fastgen

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_import_loads_nothing_heavy() -> None:
    code = "import fastgen, sys; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "polars", "pyarrow", "numba", "click", "rich", "fastgen.building"}
    assert not heavy & set(found.stdout.split())


def test_public_names_are_listed_and_loaded_at_first_use() -> None:
    code = (
        "import fastgen; assert set(fastgen.__all__) <= set(dir(fastgen)); fastgen.scan_events; fastgen.build"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    for name in fastgen.__all__:
        assert getattr(fastgen, name)
    with pytest.raises(AttributeError, match="no attribute 'biuld'"):
        fastgen.biuld  # noqa: B018


def test_version_is_one() -> None:
    assert PROJECT["project"]["version"] == fastgen.__version__


def test_package_holds_every_module_and_data_file() -> None:
    """Setuptools packs folders with an __init__.py, and what the patterns match."""
    packed = {str(path.parent.relative_to(ROOT)) for path in (ROOT / "fastgen").rglob("__init__.py")}
    assert PROJECT["tool"]["setuptools"]["packages"]["find"] == {"include": ["fastgen*"]}
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["fastgen"]
    for path in (ROOT / "fastgen").rglob("*"):
        relative = path.relative_to(ROOT)
        if path.is_dir() or "__pycache__" in relative.parts or path.name.startswith("."):
            continue
        if path.suffix == ".py":
            assert str(relative.parent) in packed, relative
        else:
            inside = path.relative_to(ROOT / "fastgen")
            assert any(inside.match(pattern) for pattern in patterns), relative
    for pattern in patterns:
        assert list((ROOT / "fastgen").glob(pattern)), pattern


def test_data_files_are_found_as_resources() -> None:
    package = resources.files("fastgen")
    for name in ("py.typed", "inputs/presets/canonical.toml", "inputs/presets/menus.toml"):
        assert package.joinpath(name).is_file()
    for code in ("sf", "sv", "bellevue", "chicago"):
        assert package.joinpath(f"roads/networks/{code}.roads").is_file()


def test_works_without_the_repository(tmp_path: Path) -> None:
    """The package folder alone, in an empty folder, with an empty home."""
    shutil.copytree(
        ROOT / "fastgen", tmp_path / "site" / "fastgen", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "empty").mkdir()
    env = os.environ | {
        "PYTHONPATH": str(tmp_path / "site"),
        "HOME": str(tmp_path / "home"),
        "FASTGEN_CACHE_DIR": str(tmp_path / "cache"),
        # Compiling is what this test is not about.
        "NUMBA_DISABLE_JIT": "1",
    }
    code = "import fastgen, fastgen.cli; print(fastgen.__file__); fastgen.cli.main(['scenario', 'show'])"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path / "empty",
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    where, _, shown = found.stdout.partition("\n")
    assert where == str(tmp_path / "site" / "fastgen" / "__init__.py")
    assert 'name = "canonical"' in shown
    assert not list((tmp_path / "empty").iterdir())


def dependencies() -> dict[str, str]:
    """Lower bound of every package that fastgen or an extra of it names."""
    project = PROJECT["project"]
    extras = [d for extra in project["optional-dependencies"].values() for d in extra]
    bounds = {}
    for wanted in (*project["dependencies"], *extras):
        if not wanted.startswith("fastgen["):
            found = re.fullmatch(r"([\w.-]+)(?:\[.*\])?>=([\w.]+)(?:,<\w+)?", wanted)
            assert found is not None, wanted
            bounds[_plain(found[1])] = found[2]
    return bounds


def pins(name: str) -> dict[str, str]:
    """Versions that a file of constraints pins."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", pin) for pin in pinned)
    return {_plain(pin.split("==")[0]): pin.split("==")[1] for pin in pinned}


def test_constraints_pin_every_dependency_and_name_no_address() -> None:
    assert len(dependencies()) >= 25
    assert dependencies().keys() <= pins("constraints.txt").keys()


def test_oldest_packages_are_the_lower_bounds() -> None:
    oldest = pins("constraints-oldest.txt")

    def numbers(version: str) -> list[int]:
        return [int(n) for n in re.sub(r"(\.0)+$", "", version).split(".")]

    wrong = {name for name, bound in dependencies().items() if numbers(oldest[name]) != numbers(bound)}
    assert wrong == set()


def test_ci_runs_every_python_and_ruff_is_one() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    supported = [c.rsplit(" ")[-1] for c in PROJECT["project"]["classifiers"] if "Python :: 3." in c]
    assert f"python: {supported}".replace("'", '"') in workflow
    scripts = re.findall(r"run: (\.ci/\w+)", workflow)
    assert scripts == [".ci/run", ".ci/oldest"]
    assert all(os.access(ROOT / script, os.X_OK) for script in scripts)
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert f"rev: v{pins('constraints.txt')['ruff']}\n" in hooks


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_licences_are_there_for_code_and_data() -> None:
    assert "MIT License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "CC0 1.0 Universal" in (ROOT / "LICENSE-DATA").read_text(encoding="utf-8")
    assert set(PROJECT["project"]["license-files"]) == {"LICENSE", "LICENSE-DATA"}


# --- make ---------------------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy what make works on."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("make") or "make"
    return subprocess.run([program, "-C", str(folder), *args], capture_output=True, text=True, check=False)


def python_without(folder: Path, lacking: str) -> str:
    """Make an interpreter on which every command that contains `lacking` fails."""
    script = folder / "python"
    script.write_text(f'#!/bin/sh\ncase "$*" in *{lacking}*) exit 1;; esac\nexec {sys.executable} "$@"\n')
    script.chmod(0o755)
    return str(script)


def test_make_alone_lists_its_targets(checkout: Path) -> None:
    listed = make(checkout)
    assert listed.returncode == 0
    shown = re.findall(r"^  make (\S+)", listed.stdout, re.MULTILINE)
    targets = "help install format lint test test-long test-nojit fuzz bench docs dataset verify check"
    assert shown == targets.split()


def test_make_names_the_package_that_is_missing(checkout: Path) -> None:
    failed = make(checkout, "dataset", f"PYTHON={python_without(checkout, 'ensurepip')}")
    assert failed.returncode == 2
    assert "install python3-venv" in failed.stderr
    assert not (checkout / ".venv").exists()


def test_make_refuses_another_python(checkout: Path) -> None:
    failed = make(checkout, "install", f"PYTHON={python_without(checkout, 'version_info')}")
    assert failed.returncode == 2
    assert "fastgen needs Python 3.11 to 3.13" in failed.stderr
    assert not (checkout / ".venv").exists()


def test_make_installs_again_only_when_the_pins_change(checkout: Path) -> None:
    """A fake environment writes down what is run in it."""
    (checkout / ".venv" / "bin").mkdir(parents=True)
    log = checkout / "log"
    for name in ("python", "fastgen", "pytest"):
        script = checkout / ".venv" / "bin" / name
        script.write_text(f'#!/bin/sh\necho {name} "$*" >> {log}\n')
        script.chmod(0o755)
    pip = "python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable"
    build = "fastgen build --overwrite -o canonical_dataset"
    verify = "fastgen verify canonical_dataset --against canonical_dataset/checksums.json"

    def ran(*args: str) -> list[str]:
        log.write_text("")
        assert make(checkout, *args).returncode == 0
        return log.read_text().splitlines()

    assert ran("dataset") == [f"{pip} .", build, verify]
    assert ran("dataset") == [build, verify]
    assert ran("verify") == [verify]
    assert ran("test") == [f"{pip} .[dev]", "pytest -n 2"]
    assert ran("test") == ["pytest -n 2"]
    newer = (checkout / ".venv" / ".development-installed").stat().st_mtime + 10
    os.utime(checkout / "constraints.txt", (newer, newer))
    assert ran("test") == [f"{pip} .[dev]", "pytest -n 2"]


def test_make_check_holds_the_test_command_of_the_readme() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^check: lint test test-nojit\b", makefile, re.MULTILINE)
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'make -C "$root" check' in ci
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
