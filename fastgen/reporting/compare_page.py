"""Make the page of two datasets: what differs, by how much, and whether it is more than chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastgen.reporting.chart_parts import sentence_case
from fastgen.reporting.figures import Figure
from fastgen.reporting.measures import Measure
from fastgen.reporting.origin import describe_origin
from fastgen.reporting.page import WIDE, Section
from fastgen.reporting.page_shell import fill_page, read_asset
from fastgen.reporting.page_tables import ROWS_SHOWN, pack_table, show_rows
from fastgen.reporting.pair_charts import make_pair_charts
from fastgen.reporting.pair_engine import make_engine_figures
from fastgen.reporting.pair_figures import make_pair_figures
from fastgen.reporting.pairing import NAMES
from fastgen.reporting.theme import DARK, LIGHT, make_config
from fastgen.reporting.vega_bundle import load_vega_bundle
from fastgen.version import __version__

if TYPE_CHECKING:
    from fastgen.reporting.compare import ComparedRow, Comparison
    from fastgen.reporting.sides import Side

SECTIONS = (
    Section("demand", "Demand", ("orders_by_day", "weekdays", "hours", "intraday")),
    Section(
        "times",
        "Times",
        ("percentiles", "service_times", "delivery_times", "drives", "driver_waiting", "pings"),
    ),
    Section(
        "baskets",
        "Brands and baskets",
        ("brand_shares", "basket_brands", "basket_lines", "quantities", "prices"),
    ),
    Section("places", "Customers", ("distances",)),
    Section("engine", "Kitchens at work", ("queue_length", "utilisation", "time_in_system", "disturbances")),
)
# The figure that shows a comparison, and whose sentence it is.
SHOWN_BY = {
    "orders_by_day": "orders_by_day",
    "price_by_day": "prices",
    "events_by_day": "pings",
    "delivered_by_day": "delivery_times",
    "preparation_by_day": "service_times",
    "delivery_by_day": "percentiles",
    "by_minute": "intraday",
    "brands_per_order": "basket_brands",
    "lines_per_order": "basket_lines",
    "quantities": "quantities",
    "price_usd": "prices",
    "brands": "brand_shares",
    "customers": "distances",
    "created_to_started": "service_times",
    "started_to_finished": "service_times",
    "finished_to_ready": "service_times",
    "ready_to_picked_up": "service_times",
    "picked_up_to_delivered": "drives",
    "created_to_delivered": "delivery_times",
    "ready_to_arrived": "driver_waiting",
}
# What a fact of a manifest is called on the page; the totals are beside each other already.
FACTS = {
    "manifest": "manifest",
    "fastgen_version": "fastgen",
    "digest": "digest",
    "scenario": "scenario",
    "scenario_hash": "scenario hash",
    "dimensions_hash": "tables hash",
    "seed": "seed",
    "source": "source of the orders",
    "start": "first day",
}


def make_compare_page(comparison: Comparison) -> str:
    """Make the page of a comparison.

    Returns
    -------
    str
        HTML that depends on the datasets and on the versions of the packages alone.
    """
    figures = _make_figures(comparison)
    charts = _make_specs(figures)
    pair = comparison.pair
    return fill_page(
        "compare.html.jinja",
        style=read_asset("page.css") + read_asset("compare.css"),
        scripts=[load_vega_bundle(), read_asset("page.js")],
        data={
            "data": {
                "charts": charts,
                "figures": {key: pack_table(figure) for key, figure in figures.items()},
                "configs": {"light": make_config(LIGHT), "dark": make_config(DARK)},
            }
        },
        values={
            "version": __version__,
            "comparison": comparison,
            "names": NAMES,
            "sides": [describe_side(side) for side in pair.sides],
            "headline": list_headline(comparison),
            "found": [(row, SHOWN_BY[row.name]) for row in comparison.differs],
            "sentence_case": sentence_case,
            "figures": figures,
            "facts": _list_facts(comparison),
            "sections": _fill_sections(figures),
            "charts": charts,
            "wide": (*WIDE, "weekdays", "hours", "distances"),
            "show_rows": show_rows,
            "rows_shown": ROWS_SHOWN,
            "origins": [None if side.survey is None else describe_origin(side.survey) for side in pair.sides],
            "has_real_roads": any(
                not network.synthetic
                for side in pair.sides
                if side.survey is not None
                for network in side.survey.manifest.networks
            ),
        },
    )


def describe_side(side: Side) -> str:
    """Say in some words what a dataset is."""
    axes = side.tally.axes
    days = f"{axes.n_days:,} {'day' if axes.n_days == 1 else 'days'} from {axes.start}"
    if side.survey is None:
        return f"events without a manifest, {days}"
    scenario = side.survey.scenario
    return f"{scenario.name}, seed {scenario.seed}, {days}"


def list_headline(comparison: Comparison) -> list[Measure]:
    """List the headline figures of both."""
    pair = comparison.pair
    totals = [tally.by_day.sum(axis=(0, 1)).tolist() for tally in pair.tallies]
    days = [tally.axes.n_days for tally in pair.tallies]
    of_both: dict[str, tuple[str, list[float]]] = {
        "orders": ("count", [total[0] for total in totals]),
        "orders a day": ("", [total[0] / n for total, n in zip(totals, days, strict=True)]),
        "events": ("count", [total[1] for total in totals]),
        "revenue": ("$", [total[2] / 100 for total in totals]),
        "delivered": ("count", [total[3] for total in totals]),
        "cancelled": ("count", [total[4] for total in totals]),
        "locations": ("count", [tally.axes.n_locations for tally in pair.tallies]),
        "days": ("count", [*map(float, days)]),
    }
    found = [Measure(what, unit, *values) for what, (unit, values) in of_both.items() if any(values)]
    return found + [row.measure for row in comparison.rows if row.name == "created_to_delivered"]


def _make_figures(comparison: Comparison) -> dict[str, Figure]:
    """Make the figures; their sentences tell the comparisons that they show."""
    pair = comparison.pair
    if not pair.codes:
        return {}
    said: dict[str, list[str]] = {}
    for row in comparison.rows:
        said.setdefault(SHOWN_BY[row.name], []).append(_tell(row))
    found: dict[str, Figure] = {}
    for key, figure in make_pair_figures(pair).items():
        sentence = " ".join([figure.sentence, *said.get(key, [])]).strip()
        found[key] = Figure(key, figure.title, sentence, figure.table, figure.columns)
    return found | make_engine_figures(pair)


def _tell(row: ComparedRow) -> str:
    """Tell by how much the datasets differ, and whether it is more than chance."""
    return f"{sentence_case(row.measure.sentence)}: {row.verdict}."


def _make_specs(figures: dict[str, Figure]) -> dict[str, Any]:
    """Make the charts as Vega-Lite has them, without rows and colours."""
    from altair.utils import schemapi  # noqa: PLC0415  # of the extra

    # Checks every part against the schema otherwise, which takes longer than all the rest; tests do so.
    with schemapi.debug_mode(False):  # noqa: FBT003  # Altair's own
        return {key: chart.to_dict(validate=False) for key, chart in make_pair_charts(figures).items()}


def _fill_sections(figures: dict[str, Figure]) -> list[tuple[str, str, list[Figure]]]:
    """Put the figures under their headings; leave out headings without any."""
    filled = [
        (section.key, section.title, [figures[key] for key in section.figures if key in figures])
        for section in SECTIONS
    ]
    return [section for section in filled if section[2]]


def _list_facts(comparison: Comparison) -> list[tuple[str, Any, Any]]:
    """List what the datasets state differently, without their totals, and the settings of their scenarios."""
    stated = [
        (FACTS.get(one.name, one.name), one.first, one.second)
        for one in comparison.facts
        if one.name in FACTS or one.name.startswith("roads")
    ]
    return stated + [tuple(one) for one in comparison.settings if one.name != "seed"]
