"""Make the page: one HTML file that needs nothing else."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

from fastgen.reporting.charts import make_charts
from fastgen.reporting.map_section import read_map_script, read_map_style
from fastgen.reporting.origin import describe_origin
from fastgen.reporting.overview import describe_locations, list_highlights, list_totals
from fastgen.reporting.page_shell import fill_page, read_asset
from fastgen.reporting.page_tables import ROWS_SHOWN, pack_table, show_rows
from fastgen.reporting.theme import DARK, LIGHT, make_config
from fastgen.reporting.vega_bundle import load_vega_bundle

if TYPE_CHECKING:
    from fastgen.reporting.certificate import Certificate
    from fastgen.reporting.figures import Figure
    from fastgen.reporting.map_section import MapSection
    from fastgen.reporting.survey import Survey


class Section(NamedTuple):
    """Figures of the page under one heading."""

    key: str
    title: str
    figures: tuple[str, ...]


SECTIONS = (
    Section("demand", "Demand", ("orders_by_day", "weekdays", "revenue_by_hour", "intraday")),
    Section(
        "times",
        "Times",
        ("percentiles", "service_times", "delivery_times", "drives", "driver_waiting", "pings"),
    ),
    Section(
        "baskets",
        "Brands and baskets",
        ("brand_shares", "brand_changes", "basket_brands", "basket_lines", "quantities", "prices"),
    ),
    Section("places", "Customers", ("customers", "distances")),
    Section("engine", "Kitchens at work", ("queue_length", "utilisation", "time_in_system", "disturbances")),
)
# Figures that take the whole width; two others stand side by side where there is room.
WIDE = (
    "orders_by_day",
    "intraday",
    "service_times",
    "percentiles",
    "brand_shares",
    "brand_changes",
    "queue_length",
    "utilisation",
    "time_in_system",
    "disturbances",
)


def make_page(
    survey: Survey,
    figures: dict[str, Figure],
    certificate: Certificate,
    street_map: MapSection,
) -> str:
    """Make the page of a dataset.

    Parameters
    ----------
    survey
        The dataset.
    figures
        Its figures.
    certificate
        Its certificate.
    street_map
        Its map.

    Returns
    -------
    str
        HTML that depends on the dataset and on the versions of the packages alone.
    """
    charts = _make_specs(figures)
    return fill_page(
        "page.html.jinja",
        style=read_asset("page.css") + read_map_style(),
        scripts=[load_vega_bundle(), read_asset("page.js"), read_map_script()],
        data={
            "data": {
                "charts": charts,
                "figures": {key: pack_table(figure) for key, figure in figures.items()},
                "configs": {"light": make_config(LIGHT), "dark": make_config(DARK)},
            },
            "map_data": street_map.data,
        },
        values={
            "map": street_map,
            "survey": survey,
            "manifest": survey.manifest,
            "scenario": survey.scenario,
            "sections": _fill_sections(figures),
            "charts": charts,
            "wide": WIDE,
            "certificate": certificate,
            "origin": describe_origin(survey),
            "totals": list_totals(survey),
            "highlights": list_highlights(figures),
            "locations": describe_locations(survey, figures),
            "show_rows": show_rows,
            "rows_shown": ROWS_SHOWN,
            "last_date": survey.scenario.start + dt.timedelta(days=survey.scenario.days - 1),
        },
    )


def _make_specs(figures: dict[str, Figure]) -> dict[str, Any]:
    """Make the charts as Vega-Lite has them, without rows and colours."""
    from altair.utils import schemapi  # noqa: PLC0415  # of the extra

    # Checks every part against the schema otherwise, which takes longer than all the rest; tests do so.
    with schemapi.debug_mode(False):  # noqa: FBT003  # Altair's own
        charts = make_charts(figures, theme=None, inline=False)
        return {key: chart.to_dict(validate=False) for key, chart in charts.items()}


def _fill_sections(figures: dict[str, Figure]) -> list[tuple[str, str, list[Figure]]]:
    """Put the figures under their headings; leave out headings without any."""
    listed = {key for section in SECTIONS for key in section.figures}
    others = Section("more", "More", tuple(key for key in figures if key not in listed))
    filled = [
        (section.key, section.title, [figures[key] for key in section.figures if key in figures])
        for section in (*SECTIONS, others)
    ]
    return [section for section in filled if section[2]]
