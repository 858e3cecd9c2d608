"""The command `fastgen verify`: check a dataset against its manifest and against the model."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from fastgen.cli import options
from fastgen.cli.allocation import reuse_freed_memory
from fastgen.cli.places import Place
from fastgen.cli.printing import say, say_json
from fastgen.errors import OutputError
from fastgen.loading import uncollected

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.verify.report import VerifyReport


@click.command()
@click.argument("dataset", metavar="DIR", type=Place())
@click.option(
    "--against",
    metavar="FILE",
    type=Place(),
    help="Checksums file, or manifest or folder of another dataset, to compare the digest with.",
)
@options.as_json
def verify(dataset: Path, against: Path | None, as_json: bool) -> None:  # noqa: FBT001  # click passes it by name
    """Verify the dataset in DIR.

    First the digests: SHA-256 of every file, content digest of every location-day, digest of the dataset.
    Then the rules for every row: event types in order, times, ids, foreign keys, pings on the route. Each
    check prints one line.

    The exit code is 0 if all checks pass, 1 if any fails, 2 if there is no dataset to verify.

    \b
    Examples:
      fastgen verify dataset
      fastgen verify dataset --against canonical_dataset/checksums.json
      fastgen verify mine --against theirs/manifest.json
    """  # noqa: D301  # \b keeps click from joining the lines
    report = _run(dataset, against)
    if as_json:
        say_json(report.to_dict())
    else:
        say(*report.to_lines())
    if not report.passed:
        sys.exit(OutputError.exit_code)


def _run(dataset: Path, against: Path | None) -> VerifyReport:
    with uncollected():
        from fastgen.dataset.manifest import read_manifest  # noqa: PLC0415  # heavy
        from fastgen.dataset.verify.run import verify_dataset  # noqa: PLC0415  # heavy

    reuse_freed_memory()
    if not sys.stderr.isatty():  # no progress bar in a log
        return verify_dataset(dataset, against)
    from rich.console import Console  # noqa: PLC0415  # slow to import
    from rich.progress import Progress  # noqa: PLC0415

    # Before the bar is drawn: without a dataset, the error is all that is printed.
    total = read_manifest(dataset).rows
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Verifying", total=total)
        return verify_dataset(dataset, against, lambda rows: bar.advance(task, rows))
