"""Fixtures of the benchmarks: fresh folders, timing of rivals in turn, and the table of figures."""

from __future__ import annotations

import os
import shutil
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.figures import Bound, Figure, Figures, put_between_marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

README = Path(__file__).with_name("README.md")
FIGURES = pytest.StashKey[Figures]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option to write the table of a run into the README."""
    parser.addoption("--write-results", action="store_true", help="put the table into benchmarks/README.md")


def pytest_configure(config: pytest.Config) -> None:
    """Start an empty table."""
    config.stash[FIGURES] = Figures()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the benchmarks unless --benchmark-enable is set: they take minutes."""
    if not config.getoption("benchmark_enable"):
        for item in items:
            item.add_marker(pytest.mark.skip(reason="Benchmarks run only with --benchmark-enable"))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table, and write it into the README if wanted."""
    figures = config.stash[FIGURES]
    if figures.figures:
        terminalreporter.section("figures")
        for line in figures.lines():
            terminalreporter.write_line(line)
        if config.getoption("write_results"):
            README.write_text(put_between_marks(README.read_text(), figures.lines()))


class Bench:
    """Tools of one benchmark.

    Parameters
    ----------
    benchmark
        The fixture of pytest-benchmark.
    folder
        Folder for the benchmark's files.
    figures
        The table of figures.
    """

    def __init__(self, benchmark: Any, folder: Path, figures: Figures) -> None:
        self.benchmark = benchmark
        self._folder, self._figures, self._count = folder, figures, 0

    def fresh_folder(self) -> Path:
        """Make an empty folder, remove the last one, and wait until the disk has no work left."""
        shutil.rmtree(self._folder / str(self._count), ignore_errors=True)
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir(parents=True)
        os.sync()
        return folder

    def compare(
        self, target: Callable[[Path], object], *rivals: Callable[[Path], object], rounds: int
    ) -> list[float]:
        """Time a target and its rivals in turn, each in a fresh folder.

        Returns
        -------
        list of float
            Median seconds of the target and of each rival; the first round, a warm-up, is not counted.
        """
        seconds: list[list[float]] = [[] for _ in rivals]

        def run_rivals() -> tuple[tuple[Path], dict[str, object]]:
            for times, rival in zip(seconds, rivals, strict=True):
                times.append(time_call(rival, self.fresh_folder()))
            return (self.fresh_folder(),), {}

        self.benchmark.pedantic(target, setup=run_rivals, rounds=rounds, warmup_rounds=1)
        own = self.benchmark.stats.stats.median
        return [own, *(statistics.median(times[1:]) for times in seconds)]

    def record(
        self, name: str, value: float, unit: str = "", *, bound: Bound | None = None, detail: str = ""
    ) -> None:
        """Put a figure into the table, and check it against its bound."""
        self.benchmark.extra_info[name] = value
        self._figures.add(Figure(name, value, unit, bound, detail))
        assert bound is None or bound.allows(value), f"{name}: expected {bound}, got {value:.3g} ({detail})."


def time_call(function: Callable[[Path], object], folder: Path) -> float:
    """Time one call, in seconds."""
    began = time.perf_counter()
    function(folder)
    return time.perf_counter() - began


@pytest.fixture
def bench(benchmark: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Make the tools of a benchmark, and remove its files at the end."""
    yield Bench(benchmark, tmp_path, request.config.stash[FIGURES])
    shutil.rmtree(tmp_path, ignore_errors=True)
