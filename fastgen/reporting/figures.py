"""Define figures: tables of numbers with a title and a sentence; charts and pages only show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import polars as pl


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
        What each column of the table is.
    """

    key: str
    title: str
    sentence: str
    table: pl.DataFrame
    columns: dict[str, Column] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that each column is explained."""
        if list(self.columns) != self.table.columns:
            raise ValueError(f"{self.key}: expected columns {self.table.columns}, got {list(self.columns)}.")
