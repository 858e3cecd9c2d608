"""Print tables and named facts, and write sizes for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fastgen.cli.printing import escape, say

if TYPE_CHECKING:
    from collections.abc import Sequence

_KB = 1000  # decimal units, as disks have them


def show_size(n_bytes: int) -> str:
    """Write a number of bytes with one decimal and a unit."""
    if n_bytes < _KB:
        return f"{n_bytes} bytes"
    amount, unit = float(n_bytes), ""
    for larger in ("kB", "MB", "GB", "TB"):
        amount, unit = amount / _KB, larger
        if amount < _KB:
            break
    return f"{amount:.1f} {unit}"


def show_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Print named facts, one on each line."""
    width = max(len(key) for key, _ in facts)
    for key, value in facts:
        say(f"{key:<{width}}  {value}")


def show_table(columns: tuple[str, ...], rows: list[list[str]], n_left: int) -> None:
    """Print a table, drawn on a terminal and plain in a pipe; its first `n_left` columns are left-aligned."""
    if sys.stdout.isatty():
        from rich.console import Console  # noqa: PLC0415  # slow to import
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table()
        for i, column in enumerate(columns):
            table.add_column(column, justify="left" if i < n_left else "right")
        for row in rows:
            table.add_row(*(Text(escape(cell)) for cell in row))
        Console().print(table)
        return
    # Not by rich: in a pipe it would wrap lines at 80 columns.
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    for line in ([*columns], *rows):
        cells = [
            cell.ljust(width) if i < n_left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        say("  ".join(cells).rstrip())
