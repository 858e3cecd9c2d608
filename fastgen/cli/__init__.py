"""The command line: the group, its commands in the order in which users need them, and its errors.

Only this room prints. A command imports what it needs when it runs, so that --help is quick.
"""

from __future__ import annotations

import errno
import signal
import sys
from typing import TYPE_CHECKING

import click

from fastgen.cli import streams
from fastgen.cli.build import build
from fastgen.cli.faults import faults
from fastgen.cli.info import info
from fastgen.cli.live import live
from fastgen.cli.plan import plan
from fastgen.cli.printing import escape, say, warnings_as_lines
from fastgen.cli.publish import publish
from fastgen.cli.replay import replay
from fastgen.cli.report import report
from fastgen.cli.roads import roads
from fastgen.cli.scenario import scenario
from fastgen.cli.slicing import slice_command
from fastgen.cli.universe import universe
from fastgen.cli.verify import verify
from fastgen.cli.watch import watch
from fastgen.errors import FastgenError
from fastgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

# Length of an error message, and of its end after the part that is left out: a message may quote a value of
# any length from a file.
MESSAGE_MAX, MESSAGE_END = 2000, 500
OUTPUT_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
INTERRUPTED = 130  # 128 + SIGINT, by the convention of shells


class WorkingOrderGroup(click.Group):
    """A group whose help lists the commands in the order of their registration, not by the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the command names in the order of their registration."""
        return list(self.commands)


@click.group(
    cls=WorkingOrderGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 well, 1 a mismatch or a failed run, 2 wrong input or usage, 130 interrupted.",
)
@click.version_option(__version__, prog_name="fastgen")
def cli() -> None:
    """Generate realistic, deterministic delivery-event data.

    \b
    Examples:
      fastgen build
      fastgen verify dataset
      fastgen build --help
    """  # noqa: D301  # \b keeps click from joining the lines


def _add(group: click.Group, command: click.Command) -> None:
    """Register a command, and give it -h besides --help, also if it is called without the group."""
    group.add_command(command)
    command.context_settings.setdefault("help_option_names", ["-h", "--help"])
    if isinstance(command, click.Group):
        for part in command.commands.values():
            _add(command, part)


for registered in (
    plan,
    build,
    verify,
    info,
    report,
    slice_command,
    replay,
    live,
    watch,
    faults,
    publish,
    scenario,
    roads,
    universe,
):
    _add(cli, registered)


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line; turn every error into one line on stderr and an exit code."""
    streams.take_over()
    try:
        with warnings_as_lines():
            # Without the standalone mode, click raises its errors instead of printing them and exiting.
            code = cli.main(args=args, prog_name="fastgen", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code, getattr(error, "ctx", None))
    except click.Abort:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would only interrupt this message
        _fail("interrupted; nothing half-written is left, and the same command goes on.", INTERRUPTED)
    except FastgenError as error:
        _fail(str(error), error.exit_code)
    except MemoryError:
        _fail("expected enough memory, got none.", 1)
    except OSError as error:
        streams.drop_output()
        # A failed write without a name is one to the standard output: files are named where they are written.
        of_output = error.filename is None and error.errno in OUTPUT_ERRORS
        name = "standard output" if of_output else error.filename
        _fail(f"{'' if name is None else f'{name}: '}{error.strerror or error}.", 1)
    sys.exit(code)


def _fail(message: str, code: int, ctx: click.Context | None = None) -> None:
    """Print an error as one line, without its middle if it is very long, and exit."""
    path = "fastgen" if ctx is None else ctx.command_path
    hint = "" if ctx is None else f" See '{path} --help'."
    text = escape(" ".join(message.split()))
    if len(text) > MESSAGE_MAX:
        text = f"{text[: MESSAGE_MAX - MESSAGE_END]} ... {text[-MESSAGE_END:]}"
    say(f"{path}: {text}{hint}", err=True)
    sys.exit(code)
