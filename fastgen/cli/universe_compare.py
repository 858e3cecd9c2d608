"""The command `fastgen universe compare`: how two template folders differ, and how sure that is."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

import click

from fastgen.cli import options
from fastgen.cli.late_compiling import announced_late_compiling
from fastgen.cli.places import Place
from fastgen.cli.printing import say, say_json
from fastgen.cli.status_line import StatusLine, count

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastgen.universes.comparison import Comparison, Difference

_N = options.Whole()


@click.command()
@click.argument("a", type=Place())
# B may be missing beside --without; the library checks that one of the two is stated.
@click.argument("b", type=Place(), required=False)
@click.option(
    "--without",
    multiple=True,
    metavar="NAME",
    help="Compare A without the disturbance of that name with A as it is; any number of times.",
)
@click.option("--seeds", type=_N, default=10, show_default=True, metavar="N", help="Runs of each.")
@click.option(
    "--seed",
    type=_N,
    default=42,
    show_default=True,
    metavar="N",
    help="Seed of the first run; those of the others follow it.",
)
@click.option("--days", type=_N, default=7, show_default=True, metavar="N", help="Days to measure.")
@click.option(
    "--warm-up",
    type=_N,
    default=1,
    show_default=True,
    metavar="DAYS",
    help="Days to run before those that are measured: sites start empty.",
)
@options.roads
@options.workers_option("Threads; auto takes every core. The figures are the same with any number.")
@options.force
@options.as_json
def compare(
    a: Path,
    b: Path | None,
    *,
    without: tuple[str, ...],
    roads: Path | None,
    workers: int | None,
    force: bool,
    as_json: bool,
    **trial: int,
) -> None:
    """Compare two template folders, to see what a second oven buys, or what a disturbance costs.

    Both run with the same seeds, so that the same customers want the same orders. For each figure of each
    site: the means of A and B, the mean difference with its 95 % confidence interval, and whether it is more
    than chance.

    \b
    Examples:
      fastgen universe compare kitchens more_ovens
      fastgen universe compare kitchens more_ovens --seeds 40 --days 14
      fastgen universe compare kitchens --without "the oven broke"
      fastgen universe compare kitchens more_ovens --json | jq '.differences[] | select(.verdict == "lower")'
    """  # noqa: D301  # \b keeps click from joining the lines
    from fastgen.loading import uncollected  # noqa: PLC0415

    with announced_late_compiling():
        with uncollected():
            from fastgen.universes.compare import compare as compare_folders  # noqa: PLC0415  # heavy

        with _Runs() as runs:
            found = compare_folders(
                a,
                b,
                without=without,
                **trial,
                roads=roads,
                workers=workers,
                force=force,
                announce=partial(say, err=True),
                advance=runs.show,
            )
    if as_json:
        say_json(found.to_dict())
    else:
        say(*_describe(found))


class _Runs(StatusLine):
    """Shows on a terminal how many runs are done."""

    def __init__(self) -> None:
        super().__init__(partial(say, err=True), "reading the templates")

    def show(self, done: int, of: int) -> None:
        """Show how many are done."""
        if self._status is not None:
            self._status.update(f"{done:,} of {of:,} runs")


def _describe(found: Comparison) -> Iterator[str]:
    """Describe a comparison in lines: a table for each site, and a line for sites that are equal."""
    from fastgen.queueing.paired import Verdict  # noqa: PLC0415

    trial = found.trial
    yield f"A  {found.a}"
    yield f"B  {found.b}"
    yield (
        f"{trial.seeds} runs of each, seeds {trial.seed} to {trial.seed + trial.seeds - 1}; "
        f"{count(trial.days, 'day')} each, after {trial.warm_up} of warm-up"
    )
    equal = []
    for site, rows in groupby(found.list_differences(), lambda row: row.site):
        listed, name = list(rows), site or "all sites"
        # Tables of nothing but equal figures would hide the sites that differ.
        if all(row.paired.verdict is Verdict.EQUAL for row in listed):
            equal.append(name)
            continue
        yield ""
        yield f"{name:<42}{'A':>9}{'B':>9}{'B - A':>10}   95 % interval"
        yield from map(_describe_row, listed)
    if equal:
        yield ""
        yield f"equal in every run: {', '.join(equal)}"


def _describe_row(row: Difference) -> str:
    from fastgen.queueing.paired import Verdict  # noqa: PLC0415

    found, unit = row.paired, row.figure.unit
    # Up to four digits, and thousandths at most.
    largest = max(abs(found.mean_a), abs(found.mean_b))
    digits = sum(largest < bound for bound in (1000, 100, 10))
    words = f"  {row.figure.words}{', ' if unit else ''}{unit}"
    line = f"{words:<42}{found.mean_a:>9,.{digits}f}{found.mean_b:>9,.{digits}f}"
    # Neither has an interval.
    if found.verdict in {Verdict.EQUAL, Verdict.UNKNOWN}:
        return f"{line}{'':>13}{found.verdict}"
    difference, low, high = (
        # z: what rounds to zero has no minus.
        f"{value:+z,.{digits}f}"
        for value in (found.difference, found.low, found.high)
    )
    interval = f"{low} to {high}"
    return f"{line}{difference:>10}   {interval:<20}  {found.verdict}"
