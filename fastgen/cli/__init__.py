"""The command line: the group, its commands in working order, and how errors end a run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from fastgen import __version__
from fastgen.errors import FastgenError

if TYPE_CHECKING:
    from collections.abc import Sequence


class WorkingOrderGroup(click.Group):
    """A group that lists its commands in the order in which a user needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the command names in the order of their registration."""
        return list(self.commands)


@click.group(
    cls=WorkingOrderGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 well, 1 a mismatch or a failed run, 2 wrong input or usage.",
)
@click.version_option(__version__, prog_name="fastgen")
def cli() -> None:
    """Generate realistic, deterministic delivery-event data."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line; turn a `FastgenError` into one line on stderr and its exit code."""
    try:
        cli.main(args=args, prog_name="fastgen", standalone_mode=True)
    except FastgenError as error:
        click.echo(f"fastgen: {' '.join(str(error).split())}", err=True)
        sys.exit(error.exit_code)
