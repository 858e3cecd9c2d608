"""Define every option of `fastgen slice` and `fastgen replay`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from fastgen.cli.options import Count, Whole, split_codes
from fastgen.cli.places import Place

if TYPE_CHECKING:
    import datetime as dt

# In seconds; so is a number without a unit.
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic only in later versions of click
    """A length of time such as 10s, 500ms or 2m, converted to seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the length."""
        found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|)", str(value))
        seconds = float(found.group(1)) * _UNITS[found.group(2)] if found else 0.0
        if seconds <= 0:
            self.fail(f"expected a length of time such as 10s, 500ms or 2m, got {value!r}.", param, ctx)
        return seconds


class Time(click.ParamType):  # type: ignore[type-arg]  # as above
    """A time such as 2026-03-01T12:00, UTC."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        """Read the time."""
        from fastgen.dataset.instants import parse_wall_time  # noqa: PLC0415  # --help does without

        try:
            return parse_wall_time(str(value))
        except ValueError:
            self.fail(f"expected a time such as 2026-03-01T12:00, got {value!r}.", param, ctx)


locations = click.option(
    "--locations", metavar="CODES", callback=split_codes, help="Only these, codes or ids, such as sf,4."
)
types = click.option(
    "--types", metavar="NAMES", callback=split_codes, help="Only these, such as order_created,delivered."
)
# In Python they are `start` and `end`: `from` is a keyword, and --to of a replay is a folder.
start = click.option(
    "--from",
    "start",
    required=True,
    metavar="T",
    help="Start of the window in dataset time: 70, 70T18:30 or 2024-03-11T18:30; a blank may replace T.",
)
end = click.option("--to", "end", required=True, metavar="T", help="Its end, not part of it.")
slice_format = click.option(
    "--format",
    "file_format",
    type=click.Choice(["jsonl", "csv", "parquet"]),
    default="jsonl",
    show_default=True,
    help="Form of the output.",
)
raw = click.option("--raw", is_flag=True, help="Give the stored columns instead of the wire format.")
output = click.option(
    "-o",
    "--output",
    type=Place(allow_dash=True),
    default="-",
    metavar="FILE",
    help="Where to write; - is the standard output.  [default: -]",
)
# As a text, since - is no path.
to = click.option(
    "--to",
    type=Place(str),
    required=True,
    metavar="FOLDER",
    help="Folder of the files; - is the standard output.",
)
state = click.option(
    "--state",
    type=Place(),
    metavar="FILE",
    help="State file.  [default: .FOLDER.fastgen/state.json, beside FOLDER]",
)
start_day = click.option(
    "--start-day",
    type=Whole(),
    metavar="N",
    help="Day that falls on today at the first run.  [default: 70, or the last of fewer days]",
)
# As a text: 1/3 and 0.1 are exact only as they are written.
speed = click.option(
    "--speed", metavar="X", help="Simulated seconds a second: 60, 0.5, 1/3 or 1e-3.  [default: 60]"
)
# None unless it is given: then a later run takes what the state says.
loop = click.option(
    "--loop/--no-loop", default=None, help="Begin again after the last day, or end.  [default: --loop]"
)
# None unless it is given: a stream has no files. The help states MAX_ROWS_PER_FILE anew, for its module would
# slow down every --help.
max_rows = click.option(
    "--max-rows-per-file",
    type=Count(min=1),
    metavar="N",
    help="Most rows of a file in FOLDER.  [default: 250000]",
)
replay_format = click.option(
    "--format",
    type=click.Choice(["jsonl", "jsonl.gz", "parquet"]),
    default="jsonl",
    show_default=True,
    help="Form of the files, and end of their names.",
)
rebase = click.option("--rebase", is_flag=True, help="With --speed: change it, from the present position on.")
accept_clock = click.option(
    "--accept-clock",
    is_flag=True,
    help="Accept the present time though it is before the last run (with --rebase) or a year after it.",
)
now = click.option(
    "--now",
    type=Time(),
    metavar="TIME",
    help="Time (UTC) to use as the present: 2026-03-01T12:00; a blank may replace T.",
)
dry_run = click.option("--dry-run", is_flag=True, help="Say which window is due, and write nothing.")
follow = click.option("--follow", is_flag=True, help="Run on, window after window, until SIGTERM or Ctrl-C.")
# None unless it is given: without --follow it would change nothing.
every = click.option(
    "--every",
    type=Duration(),
    metavar="TIME",
    help="With --follow: from one window to the next.  [default: 10s]",
)
faults = click.option(
    "--faults",
    type=Place(),
    metavar="FILE",
    help="Faults file (TOML): break the stream on purpose.  [default: those of scenario:FILE, if it has any]",
)
ledger = click.option(
    "--ledger",
    type=Place(),
    metavar="FILE",
    help="With faults: write a ledger of all of them (Parquet), whole after each run.",
)
