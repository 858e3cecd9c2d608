"""Report on a dataset: as a page, as charts, as a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.reporting.certificate import certify
from fastgen.reporting.charts import make_charts
from fastgen.reporting.extras import require_report_extra
from fastgen.reporting.make_figures import make_figures
from fastgen.reporting.map_section import make_map_section
from fastgen.reporting.model import expect
from fastgen.reporting.page import make_page
from fastgen.reporting.survey import survey_dataset

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.reporting.certificate import Certificate
    from fastgen.reporting.chart_parts import Drawing


def report(
    dataset: str | Path,
    *,
    roads: str | Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> str:
    """Make the page that shows a dataset: one HTML file that needs no network.

    Parameters
    ----------
    dataset
        Folder that `fastgen build` made.
    roads
        Folder of the road networks that it was built with, if not the built-in ones.
    progress
        Called with the number of rows after every batch that was read.

    Returns
    -------
    str
        The same for the same dataset.

    Raises
    ------
    DataError
        If there is no dataset, or the extra `fastgen[report]` is not installed.
    DamageError
        If the dataset is damaged.
    """
    # Before the dataset is read, which may take a while.
    require_report_extra()
    survey = survey_dataset(dataset, progress)
    survey.check_sound()
    expected = expect(survey, roads)
    return make_page(
        survey, make_figures(survey, expected), certify(survey, expected), make_map_section(survey, roads)
    )


def charts(dataset: str | Path, *, roads: str | Path | None = None) -> dict[str, Drawing]:
    """Make the charts of a dataset's page, for a notebook, by key; arguments and errors as `report`."""
    require_report_extra()
    survey = survey_dataset(dataset)
    survey.check_sound()
    return make_charts(make_figures(survey, expect(survey, roads)))


def certificate(
    dataset: str | Path,
    *,
    roads: str | Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Certificate:
    """Check a dataset, and test it against the model of its scenario.

    Arguments and errors are those of `report`, but a damaged dataset gets a certificate that says so, as long
    as its manifest and its tables can be read.
    """
    require_report_extra()
    survey = survey_dataset(dataset, progress)
    return certify(survey, expect(survey, roads) if survey.verified.passed else None)
