"""Make all figures of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.reporting.figures_of_orders import make_intraday, make_orders_by_day

if TYPE_CHECKING:
    from fastgen.reporting.expected import Expected
    from fastgen.reporting.figures import Figure
    from fastgen.reporting.survey import Survey


def make_figures(survey: Survey, expected: Expected | None) -> dict[str, Figure]:
    """Make the figures of a dataset, by key, in the order of the page.

    Parameters
    ----------
    survey
        The dataset.
    expected
        What its model expects; None: there is no model.
    """
    figures = [make_orders_by_day(survey.tally, expected), make_intraday(survey.tally, expected)]
    return {figure.key: figure for figure in figures}
