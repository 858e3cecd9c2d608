"""Share fresh folders, turn-by-turn timing and the final table among the benchmarks."""

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
    """Let a run of the whole suite write its table into the README."""
    parser.addoption("--write-results", action="store_true", help="put the table into benchmarks/README.md")


def pytest_configure(config: pytest.Config) -> None:
    """Start the table."""
    config.stash[FIGURES] = Figures()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the benchmarks out unless they are asked for: they take minutes."""
    if not config.getoption("benchmark_enable"):
        for item in items:
            item.add_marker(pytest.mark.skip(reason="benchmarks run with --benchmark-enable"))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table."""
    figures = config.stash[FIGURES]
    if figures.figures:
        terminalreporter.section("figures")
        for line in figures.lines():
            terminalreporter.write_line(line)
        if config.getoption("write_results"):
            README.write_text(put_between_marks(README.read_text(), figures.lines()))


class Bench:
    """What every benchmark works with.

    Parameters
    ----------
    benchmark
        The fixture of pytest-benchmark.
    folder
        Where its files may go.
    figures
        The table.
    """

    def __init__(self, benchmark: Any, folder: Path, figures: Figures) -> None:
        self.benchmark = benchmark
        self._folder, self._figures, self._count = folder, figures, 0

    def fresh_folder(self) -> Path:
        """Make an empty folder; remove the last one, and let the disk come to rest."""
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
        """Put a figure into the table and hold it against its bound."""
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
    """Give a benchmark its tools; its files are removed at the end."""
    yield Bench(benchmark, tmp_path, request.config.stash[FIGURES])
    shutil.rmtree(tmp_path, ignore_errors=True)
