"""Show the rows of a figure: in a table that needs no script, and packed for the page's script."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from fastgen.reporting.figures import Figure

# Rows that are in the page as a table; the script shows all.
ROWS_SHOWN = 60
# Digits of a packed number: more than any chart shows, and dollars to the cent.
DIGITS = 10


def pack_table(figure: Figure) -> dict[str, Any]:
    """Pack the rows of a figure by columns, as JSON can hold them.

    A text is a number in the list of the column's `levels`; dates and times are milliseconds since 1970.
    """
    return {
        "title": figure.title,
        "n": len(figure.table),
        "columns": [
            {"name": name, "words": column.words, "unit": column.unit, **_pack(figure.table[name])}
            for name, column in figure.columns.items()
        ],
    }


def _pack(values: pl.Series) -> dict[str, Any]:
    kind = values.dtype
    if kind == pl.String:
        levels = values.drop_nulls().unique(maintain_order=True).to_list()
        number = {level: n for n, level in enumerate(levels)}
        codes = [None if value is None else number[value] for value in values.to_list()]
        return {"kind": "text", "levels": levels, "values": codes}
    if kind.is_temporal():
        of_days = kind == pl.Date
        stamps = values.cast(pl.Datetime("ms")).dt.epoch("ms").to_list()
        return {"kind": "date" if of_days else "time", "values": stamps}
    if kind.is_float():
        # nan is no number of JSON.
        packed = [None if v is None or v != v else _shorten(v) for v in values.to_list()]  # noqa: PLR0124
        return {"kind": "number", "values": packed}
    return {"kind": "count", "values": values.to_list()}


def _shorten(value: float) -> float | int:
    short = float(f"{value:.{DIGITS}g}")
    return int(short) if short.is_integer() else short


def show_rows(figure: Figure) -> list[list[tuple[str, bool]]]:
    """Give the first rows as texts; of each, whether it is a number."""
    return [[_show(value) for value in row] for row in figure.table.head(ROWS_SHOWN).rows()]


def _show(value: object) -> tuple[str, bool]:
    match value:
        case None:
            return "", True
        case float():
            return f"{value:,.3f}".rstrip("0").rstrip("."), True
        case int():
            return f"{value:,}", True
        case dt.datetime():
            return f"{value:%Y-%m-%d %H:%M}", False
        case _:
            return str(value), False
