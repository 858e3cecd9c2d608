"""Run the code blocks of a document in order, as its reader would, in one folder."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb

from tests.documents import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

FENCE = re.compile(r"^```(\w*)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A code block: its language ("" is the shell), the file that it is, if any, and its text."""

    language: str
    title: str
    text: str


def read_blocks(document: str) -> list[Block]:
    return [Block(*found) for found in FENCE.findall(DOCUMENTS[document])]


def run_blocks(document: str, *, without: tuple[str, ...] = ()) -> Iterator[tuple[str, str | None]]:
    """Run a document in the present folder; give what each block printed, and what the page shows.

    Parameters
    ----------
    document
        Its name in DOCUMENTS.
    without
        Languages that are left out.

    Yields
    ------
    tuple of str and str or None
        Standard output, and the block of text behind the code; None: the page shows none.
    """
    blocks = read_blocks(document)
    names: dict[str, Any] = {}
    with duckdb.connect() as connection:
        for block, following in zip(blocks, [*blocks[1:], Block("", "", "")], strict=True):
            if block.title:
                Path(block.title).parent.mkdir(exist_ok=True)
                Path(block.title).write_text(block.text, encoding="utf-8")
            elif block.language not in {"text", *without}:
                printed = _run(block, names, connection)
                yield printed, following.text if following.language == "text" else None


def _run(block: Block, names: dict[str, Any], connection: duckdb.DuckDBPyConnection) -> str:
    if block.language == "sql":
        return f"{connection.sql(block.text)}\n"
    if block.language == "python":
        with contextlib.redirect_stdout(io.StringIO()) as said:
            exec(block.text, names)  # noqa: S102  # our own documents
        return said.getvalue()
    assert block.language == "", f"expected shell, Python or SQL, got {block.language}"
    return _run_shell(block.text)


def _run_shell(text: str) -> str:
    """Run the commands of this environment; what they install is there."""
    lines = [line for line in text.splitlines() if not line.startswith("pip install ")]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", "\n".join(lines)],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"{text}{ran.stdout}{ran.stderr}"
    return ran.stdout
