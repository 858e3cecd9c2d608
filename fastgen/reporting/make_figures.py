"""Make all figures of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.reporting import figures_of_baskets as baskets
from fastgen.reporting import figures_of_customers as customers
from fastgen.reporting import figures_of_engine as of_engine
from fastgen.reporting import figures_of_orders as orders
from fastgen.reporting import figures_of_times as times

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
    tally = survey.tally
    figures = [
        orders.make_orders_by_day(tally, expected),
        orders.make_weekdays(tally, expected),
        orders.make_intraday(tally, expected),
        orders.make_revenue_by_hour(tally),
        times.make_service_times(tally, expected),
        times.make_delivery_times(tally, expected),
        times.make_drives(tally, expected),
        times.make_driver_waiting(tally, expected),
        times.make_percentiles(tally, expected),
        times.make_pings(tally),
        baskets.make_brand_shares(tally, expected),
        baskets.make_brand_changes(tally, survey.dims),
        baskets.make_basket_brands(tally, expected),
        baskets.make_basket_lines(tally, expected),
        baskets.make_quantities(tally, expected),
        baskets.make_prices(tally),
        customers.make_customers(tally),
        customers.make_distances(tally),
    ]
    if survey.engine is not None:
        figures += [
            of_engine.make_queues(survey.engine),
            of_engine.make_utilisation(survey.engine),
            of_engine.make_time_in_system(survey.engine),
            of_engine.make_disturbances(survey.engine),
        ]
    return {figure.key: figure for figure in figures}
