"""Make the page: one HTML file that needs nothing else."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastgen.reporting.certificate import Certificate
    from fastgen.reporting.figures import Figure
    from fastgen.reporting.survey import Survey


def make_page(survey: Survey, figures: dict[str, Figure], certificate: Certificate) -> str:
    """Make the page of a dataset.

    Parameters
    ----------
    survey
        The dataset.
    figures
        Its figures.
    certificate
        Its certificate.
    """
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415  # of the extra

    text = resources.files("fastgen.reporting").joinpath("assets/page.html.jinja").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(text).render(
        manifest=survey.manifest, figures=list(figures.values()), certificate=certificate
    )
