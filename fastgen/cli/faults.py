"""The commands `fastgen faults ...`: check faults files, and undo the faults of a stream."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import click

from fastgen.cli.places import Place
from fastgen.cli.printing import check_each, say
from fastgen.cli.replay_options import output as output_option
from fastgen.cli.streams import STDOUT, stdout_bytes
from fastgen.loading import uncollected

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def faults() -> None:
    """Check faults files, and undo faults.

    `slice`, `replay` and `live` break a stream on purpose with --faults, and keep a ledger with --ledger.
    """


@faults.command()
@click.argument("files", nargs=-1, required=True, type=Place())
def check(files: tuple[Path, ...]) -> None:
    """Check faults files.

    Each file prints one line. The exit code is 2 if any is wrong.

    \b
    Examples:
      fastgen faults check faults.toml
    """  # noqa: D301  # \b keeps click from joining the lines
    from fastgen.faults.plan import load_faults  # noqa: PLC0415  # heavy

    def describe(file: Path) -> str:
        plan = load_faults(file)
        return f"seed {plan.seed}, {', '.join(fault.kind for fault in plan.faults)}"

    check_each(files, describe)


@faults.command()
@click.argument("stream", metavar="FOLDER", type=Place())
@click.option(
    "--ledger", type=Place(), required=True, metavar="FILE", help="Ledger of the run that wrote FOLDER."
)
@output_option
def undo(stream: Path, ledger: Path, output: Path) -> None:
    """Undo the faults of a stream: write the clean one, as far as it has come, byte for byte.

    FOLDER is that of a replay or of live kitchens, or the file of a slice, as JSON lines. The command is for
    tests and for teaching: all lines are in memory.

    \b
    Examples:
      fastgen faults undo landing --ledger ledger.parquet -o clean.jsonl
      fastgen faults undo day70.jsonl --ledger ledger.parquet | head
    """  # noqa: D301  # \b keeps click from joining the lines
    with uncollected():
        from fastgen.faults.undo import undo_faults  # noqa: PLC0415  # heavy
        from fastgen.files import check_file, write_whole  # noqa: PLC0415  # --help does without

    # Before the work, so that a wrong place is reported at once.
    if str(output) != STDOUT:
        check_file(output, "output")
    lines = undo_faults(stream, ledger)
    data = b"".join(lines)
    if str(output) == STDOUT:
        with stdout_bytes() as out:
            out.write(data)
        return
    write_whole(output, data)
    say(f"events   {len(lines):,}", f"sha256   {hashlib.sha256(data).hexdigest()}")
