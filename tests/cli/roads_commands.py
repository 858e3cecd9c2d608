"""Run the commands of roads in this process."""

from __future__ import annotations

from click.testing import CliRunner

from fastgen.cli import cli


def run(*args: object) -> str:
    """Run a command and return its output; a FastgenError comes through, as the group's `main` catches it."""
    result = CliRunner().invoke(cli, ["roads", *map(str, args)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def usage_error(*args: object) -> str:
    result = CliRunner().invoke(cli, ["roads", *map(str, args)])
    assert result.exit_code == 2
    return result.output
