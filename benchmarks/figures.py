"""Collect the figures that the benchmarks measure, and write them and their bounds as one table."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("polars", "numpy", "numba", "pyarrow", "networkx", "tpchgen-cli", "pyspark")
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


class Bound(NamedTuple):
    """The bound of a figure.

    Attributes
    ----------
    limit
        A figure beyond it fails the benchmark.
    aim
        The value to reach, which doesn't fail it; None for no other than the limit.
    at_most
        Whether the limit is an upper one; else it is a lower one.
    """

    limit: float
    aim: float | None = None
    at_most: bool = True

    def allows(self, value: float) -> bool:
        """Say whether a value is within the limit."""
        return value <= self.limit if self.at_most else value >= self.limit

    def __str__(self) -> str:
        """Write limit and aim."""
        words = "at most" if self.at_most else "at least"
        aim = "" if self.aim is None else f" (aim {self.aim:g})"
        return f"{words} {self.limit:g}{aim}"


class Figure(NamedTuple):
    """One measured number; one without a bound can't fail."""

    name: str
    value: float
    unit: str
    bound: Bound | None
    detail: str

    def row(self) -> str:
        """Write the figure as a row of the table."""
        digits = 0 if self.value >= 100 else 2 if self.value >= 1 else 3
        verdict = "" if self.bound is None else "yes" if self.bound.allows(self.value) else "**no**"
        measured = f"{self.value:,.{digits}f} {self.unit}".rstrip()
        return f"| {self.name} | {measured} | {self.bound or ''} | {verdict} | {self.detail} |"


@dataclass
class Figures:
    """The figures of one run, in the order in which they were measured."""

    figures: list[Figure] = field(default_factory=list)

    def add(self, figure: Figure) -> None:
        """Add a figure."""
        self.figures.append(figure)

    def lines(self) -> list[str]:
        """Write the machine, and all figures as a Markdown table, those with a bound first."""
        ordered = sorted(self.figures, key=lambda figure: figure.bound is None)
        packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
        return [
            f"{machine()}; Python {platform.python_version()}, {packages}.",
            "",
            "| figure | measured | bound | kept | of which |",
            "|---|---|---|---|---|",
            *(figure.row() for figure in ordered),
        ]


def put_between_marks(page: str, lines: list[str]) -> str:
    """Replace the text between the two marks of a Markdown page."""
    before, rest = page.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    return "\n".join([before + BEGIN, *lines, END]) + after


def machine() -> str:
    """Name processor, cores and memory, as far as the system states them."""
    parts = [platform.machine()]
    cpu, memory = Path("/proc/cpuinfo"), Path("/proc/meminfo")
    if cpu.exists():
        text = cpu.read_text()
        models = [
            line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")
        ]
        parts = [f"{len(models)} cores of {models[0]}"] if models else parts
    if memory.exists():
        kilobytes = int(memory.read_text().split()[1])
        parts.append(f"{kilobytes / 2**20:.0f} GB")
    return ", ".join([*parts, platform.system()])
