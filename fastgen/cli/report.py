"""The command `fastgen report`: show a dataset on one page, certify it, or compare it with another."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from fastgen.cli import options
from fastgen.cli.places import Place
from fastgen.cli.printing import say, say_json
from fastgen.errors import OutputError
from fastgen.loading import uncollected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@click.command()
@click.argument("dataset", metavar="DIR", type=Place())
@click.option(
    "-o",
    "--output",
    type=Place(),
    default="report.html",
    show_default=True,
    metavar="FILE",
    help="The page: one HTML file that needs no network. It replaces another.",
)
@options.roads
@click.option(
    "--compare",
    "other",
    type=Place(),
    metavar="OTHER",
    help="Compare the dataset OTHER with DIR, and write no page. Either may be events without a manifest.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the certificate as JSON, and write no page.")
def report(dataset: Path, output: Path, roads: Path | None, other: Path | None, as_json: bool) -> None:  # noqa: FBT001  # click passes it by name
    """Show the dataset in DIR on a page that a browser opens from disk.

    Every row is read and checked as by `fastgen verify`. The page has charts, tables and a certificate: all
    checks, and tests against the model of the scenario. It needs the extra `fastgen[report]`.

    The exit code is 0 if the page is written, 1 if the dataset is damaged, 2 if there is none. With --json it
    is 1 if a check or a test fails.

    With --compare it says what differs between two datasets, how much, and whether it is more than chance.
    The exit code is 0 then, whatever differs.

    \b
    Examples:
      fastgen report dataset
      fastgen report dataset -o monday.html
      fastgen report dataset --json | jq .passed
      fastgen report --compare usual broken_oven
    """  # noqa: D301  # \b keeps click from joining the lines
    from fastgen.reporting.extras import require_report_extra  # noqa: PLC0415  # heavy

    require_report_extra()
    _load_libraries()
    if other is not None:
        _compare(other, dataset, as_json=as_json)
        return
    if as_json:
        _certify(dataset, roads)
        return
    from fastgen.files import check_file, check_place, write_whole  # noqa: PLC0415  # heavy
    from fastgen.paths import check_apart  # noqa: PLC0415  # heavy
    from fastgen.reporting import run  # noqa: PLC0415  # heavy

    # Before the work, so that a wrong place is reported at once.
    check_file(output, "--output")
    check_apart(output, "--output", dataset, "dataset")
    check_place(output, "page")
    with _progress(dataset) as advance:
        page = run.report(dataset, roads=roads, progress=advance).encode(errors="xmlcharrefreplace")
    write_whole(output, page, make_folder=False)
    say(f"{output}: the page of {dataset}, {len(page):,} bytes.")


def _load_libraries() -> None:
    """Load what every report needs, and let PyArrow give back the memory that it has freed."""
    with uncollected():
        import pyarrow as pa  # noqa: PLC0415  # heavy

        import fastgen.reporting.run  # noqa: F401, PLC0415  # heavy
    # Its own allocator keeps 80 MB of it.
    pa.set_memory_pool(pa.system_memory_pool())


def _certify(dataset: Path, roads: Path | None) -> None:
    from fastgen.reporting import run  # noqa: PLC0415  # heavy

    with _progress(dataset) as advance:
        certificate = run.certificate(dataset, roads=roads, progress=advance)
    say_json(certificate.to_dict())
    if not certificate.passed:
        sys.exit(OutputError.exit_code)


def _compare(first: Path, second: Path, *, as_json: bool) -> None:
    from fastgen.reporting.compare import compare  # noqa: PLC0415  # heavy

    comparison = compare(first, second)
    if as_json:
        say_json(comparison.to_dict())
    else:
        say(*comparison.to_lines())


@contextmanager
def _progress(dataset: Path) -> Iterator[Callable[[int], None]]:
    """Give what counts rows; on a terminal, it moves a bar."""
    if not sys.stderr.isatty():  # no progress bar in a log
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415  # slow to import
    from rich.progress import Progress  # noqa: PLC0415

    from fastgen.dataset.manifest import read_manifest  # noqa: PLC0415  # heavy

    # Before the bar is drawn: without a dataset, the error is all that is printed.
    total = read_manifest(dataset).rows
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Reading", total=total)
        read = 0

        def advance(rows: int) -> None:
            nonlocal read
            read += rows
            bar.update(task, advance=rows, description="Drawing" if read >= total else "Reading")

        yield advance
