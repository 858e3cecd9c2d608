"""Write the commands' own help into docs/cli.md, behind the mark: `.venv/bin/python .ci/write_cli.py`."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fastgen.cli import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parent.parent / "docs" / "cli.md"
MARK = "<!-- What follows is written by .ci/write_cli.py from the commands' own help. -->\n"


def render(page: str) -> str:
    """Replace all that stands behind the mark of a page."""
    head, mark, _ = page.partition(MARK)
    return head + mark + "".join(_sections("fastgen", cli))


def _sections(path: str, command: click.Command) -> Iterator[str]:
    """Give a section for each command, in working order; most groups only lead to theirs."""
    if not isinstance(command, click.Group):
        yield _section(path, command)
        return
    if command is not cli and command.invoke_without_command:
        yield _section(path, command)
    for name, inner in command.commands.items():
        yield from _sections(f"{path} {name}", inner)


def _section(path: str, command: click.Command) -> str:
    # With the settings of the program: click keeps the help option that is made first.
    context = click.Context(command, info_name=path, **cli.context_settings)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    return f"\n## {path}\n\n    {usage}\n\n{_describe(command)}\n\n{_options(command, context)}"


def _describe(command: click.Command) -> str:
    r"""Turn a help text into Markdown; what follows \b is the examples, as they are."""
    text, _, examples = inspect.cleandoc(command.help or "").partition("\b\n")
    _, _, lines = examples.partition("\n")
    return f"{text.strip()}\n\n```\n{inspect.cleandoc(lines)}\n```"


def _options(command: click.Command, context: click.Context) -> str:
    """Make a table of the options; no line is wrapped, so that no terminal's width matters."""
    records = [parameter.get_help_record(context) for parameter in command.params]
    rows = [(names, text) for names, text in filter(None, records)]
    # Two brackets side by side are a link in Markdown.
    texts = [re.sub(r" {2,}", " ", text).replace("] [", "; ") for _, text in rows]
    lines = [f"| `{_cell(names)}` | {_cell(text)} |" for (names, _), text in zip(rows, texts, strict=True)]
    return "\n".join(["| option | meaning |", "|---|---|", *lines]) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
