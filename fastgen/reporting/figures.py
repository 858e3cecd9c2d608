"""Define figures: tables of numbers with a title and a sentence; charts and pages only show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping


class Column(NamedTuple):
    """What a column of a figure's table is called.

    Attributes
    ----------
    words
        Its heading.
    unit
        Unit of its values; empty for counts and texts.
    """

    words: str
    unit: str = ""


@dataclass(frozen=True, eq=False)
class Figure:
    """Numbers of a dataset that are seen together.

    Attributes
    ----------
    key
        Its name, as in links: letters and underscores.
    title
        What it shows, in a few words.
    sentence
        What is seen, made from the numbers.
    table
        The numbers, in long form: also the table view and the CSV. Null: not known.
    columns
        What each column of the table is, by its name.
    """

    key: str
    title: str
    sentence: str
    table: pl.DataFrame
    columns: dict[str, Column]


def make_figure(key: str, title: str, sentence: str, columns: Mapping[str, tuple[Column, object]]) -> Figure:
    """Make a figure from its columns: what each is, and its values; NaN becomes null.

    Parameters
    ----------
    key, title, sentence
        As `Figure` has them.
    columns
        By name: heading and unit, and the values, (n,) or one for all rows.
    """
    table = pl.DataFrame({name: values for name, (_, values) in columns.items()}, nan_to_null=True)
    return Figure(key, title, sentence, table, {name: column for name, (column, _) in columns.items()})
