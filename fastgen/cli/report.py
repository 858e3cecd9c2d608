"""The command `fastgen report`: show a dataset on one page, certify it, or compare it with another."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fastgen.cli import options
from fastgen.cli.allocation import reuse_freed_memory
from fastgen.cli.places import Place
from fastgen.cli.printing import say, say_json
from fastgen.cli.streams import STDOUT, stdout_bytes
from fastgen.errors import OutputError
from fastgen.loading import uncollected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


PAGE = "report.html"


@click.command()
@click.argument("dataset", metavar="DIR", type=Place())
@click.option(
    "-o",
    "--output",
    type=Place(),
    metavar="FILE",
    help="The page: one HTML file that needs no network; - is the standard output. It replaces another."
    "  [default: report.html; with --compare or --json: no page]",
)
@options.roads
@click.option(
    "--compare",
    "other",
    type=Place(),
    metavar="OTHER",
    help="Compare OTHER, which is called A, with DIR, B. Either may be events without a manifest.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print the certificate, or the comparison, as JSON instead."
)
def report(
    dataset: Path,
    output: Path | None,
    roads: Path | None,
    other: Path | None,
    as_json: bool,  # noqa: FBT001  # click passes it by name
) -> None:
    """Show the dataset in DIR on a page that a browser opens from disk.

    Every row is read and checked as by `fastgen verify`. The page has charts, tables and a certificate: all
    checks, and tests against the model of the scenario. It needs the extra `fastgen[report]`.

    The exit code is 0 if the page is written, 1 if the dataset is damaged, 2 if there is none. With --json it
    is 1 if a check or a test fails.

    With --compare it says what differs between two datasets, how much, and whether it is more than chance:
    in lines, or on a page with -o. The exit code is 0 then, whatever differs.

    \b
    Examples:
      fastgen report dataset
      fastgen report dataset -o monday.html
      fastgen report dataset --json | jq .passed
      fastgen report --compare usual broken_oven
      fastgen report --compare usual broken_oven -o compare.html
    """  # noqa: D301  # \b keeps click from joining the lines
    if as_json and output is not None:
        raise click.UsageError("expected one of --json and --output: with --json no page is written.")
    if other is not None and roads is not None:
        raise click.UsageError("expected no --roads beside --compare: two datasets need no model.")
    from fastgen.reporting.extras import require_report_extra  # noqa: PLC0415  # heavy

    require_report_extra()
    datasets = [dataset] if other is None else [other, dataset]
    if other is None and output is None and not as_json:
        output = Path(PAGE)
    # Before the work, so that a wrong place is reported at once.
    if output is not None:
        _check_output(output, datasets)
    _load_libraries()
    if other is not None:
        _compare(other, dataset, output, as_json=as_json)
    elif output is None:
        _certify(dataset, roads)
    else:
        _show(dataset, output, roads)


def _check_output(output: Path, datasets: list[Path]) -> None:
    """Refuse a place where the page can't be put."""
    from fastgen.files import check_file, check_place  # noqa: PLC0415  # heavy
    from fastgen.paths import check_apart  # noqa: PLC0415  # heavy

    if str(output) == STDOUT:
        return
    check_file(output, "--output")
    for dataset in datasets:
        check_apart(output, "--output", dataset, "dataset")
    check_place(output, "page")


def _write(page: str, output: Path, what: str) -> None:
    from fastgen.files import write_whole  # noqa: PLC0415  # heavy

    data = page.encode(errors="xmlcharrefreplace")
    if str(output) == STDOUT:
        with stdout_bytes() as out:
            out.write(data)
        return
    write_whole(output, data, make_folder=False)
    say(f"{output}: the page of {what}, {len(data):,} bytes.")


def _show(dataset: Path, output: Path, roads: Path | None) -> None:
    from fastgen.reporting import run  # noqa: PLC0415  # heavy

    with _progress([dataset]) as advance:
        page = run.report(dataset, roads=roads, progress=advance)
    _write(page, output, str(dataset))


def _load_libraries() -> None:
    """Load what every report needs."""
    with uncollected():
        import fastgen.reporting.run  # noqa: F401, PLC0415  # heavy
    reuse_freed_memory()


def _certify(dataset: Path, roads: Path | None) -> None:
    from fastgen.reporting import run  # noqa: PLC0415  # heavy

    with _progress([dataset]) as advance:
        certificate = run.certificate(dataset, roads=roads, progress=advance)
    say_json(certificate.to_dict())
    if not certificate.passed:
        sys.exit(OutputError.exit_code)


def _compare(first: Path, second: Path, output: Path | None, *, as_json: bool) -> None:
    from fastgen.reporting.compare import compare  # noqa: PLC0415  # heavy

    with _progress([first, second]) as advance:
        comparison = compare(first, second, progress=advance)
        page = "" if output is None else comparison.page()
    if as_json:
        say_json(comparison.to_dict())
    elif output is None:
        say(*comparison.to_lines())
    else:
        _write(page, output, f"{first} and {second}")
        if str(output) != STDOUT:
            say(comparison.verdict)


@contextmanager
def _progress(datasets: list[Path]) -> Iterator[Callable[[int], None]]:
    """Give what counts rows; on a terminal, it moves a bar, beside which nothing may be printed."""
    if not sys.stderr.isatty():  # no progress bar in a log
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415  # slow to import
    from rich.progress import Progress  # noqa: PLC0415

    from fastgen.reporting.sides import count_rows  # noqa: PLC0415  # heavy

    # Before the bar is drawn: without a dataset, the error is all that is printed.
    total = sum(map(count_rows, datasets))
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Reading", total=total)
        read = 0

        def advance(rows: int) -> None:
            nonlocal read
            read += rows
            bar.update(task, advance=rows, description="Drawing" if read >= total else "Reading")

        yield advance
