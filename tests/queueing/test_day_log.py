"""The orders of a day are taken out whole, and as they went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.site import run_site
from fastgen.queueing.site import make_site
from tests.queueing.logs import run_by_days
from tests.queueing.sites import DAY, Case, draw_case

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.queueing.day_log import DayLog

# Where a log's records say which of its rows they belong to, and where a queue's links go.
LINKS = [r.LINE_FIRST_STEP, r.LINE_END_STEP, r.LINE_ORDER, r.LINE_STEP, r.LINE_NEXT]


def shifted(case: Case, shift_us: int) -> Case:
    """Move all times of a case."""
    demand = case.demand
    return case._replace(
        demand=demand._replace(
            created_us=demand.created_us + shift_us,
        ),
        changes=[(time + shift_us, target, value) for time, target, value in case.changes],
        weather=[(time + shift_us, permille) for time, permille in case.weather],
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shift_us", [0, -9 * 3600 * 1_000_000], ids=["Greenwich", "Tokyo"])
def test_all_days_together_are_the_whole_run(seed: int, shift_us: int) -> None:
    days = 5
    case = shifted(draw_case(seed, 1500, days), shift_us)
    whole = make_site(*case)
    run_site(r.NEVER, whole)
    logs = run_by_days(case, days, shift_us)
    taken = whole.orders[whole.orders[:, r.ORDER_STATE] != r.DROPPED]
    np.testing.assert_array_equal(
        np.concatenate([log.orders[:, r.ORDER_INDEX] for log in logs]), taken[:, r.ORDER_INDEX]
    )
    assert [log.day for log in logs] == list(range(days))
    for log in logs:
        begins = shift_us + log.day * DAY
        created = log.orders[:, r.ORDER_CREATED]
        assert begins <= created.min() <= created.max() < begins + DAY < log.cut_us == begins + 2 * DAY
        _compare(log, whole)


def ranges(bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """List the rows of ranges, int64 (n, 2)."""
    return np.concatenate([np.arange(first, end) for first, end in bounds])


def _compare(log: DayLog, whole: r.SiteArrays) -> None:
    """Compare a log with the whole run, by the numbers that orders pass on: what happened before its cut."""
    rows = log.orders[:, r.ORDER_INDEX] // 3
    whole_orders = whole.orders[rows]
    ended = whole_orders[:, r.ORDER_ENDED] < log.cut_us
    others = [c for c in range(r.ORDER_COLUMNS) if c not in (r.ORDER_FIRST_LINE, r.ORDER_END_LINE)]
    np.testing.assert_array_equal(log.orders[ended][:, others], whole_orders[ended][:, others])
    assert (log.orders[~ended, r.ORDER_STATE] == r.OPEN).all()
    lines = ranges(whole_orders[:, [r.ORDER_FIRST_LINE, r.ORDER_END_LINE]])
    whole_lines = whole.lines[lines]
    steps = ranges(whole_lines[:, [r.LINE_FIRST_STEP, r.LINE_END_STEP]])
    same = [c for c in range(r.LINE_COLUMNS) if c not in LINKS]
    done = np.repeat(ended, np.diff(log.orders[:, [r.ORDER_FIRST_LINE, r.ORDER_END_LINE]])[:, 0])
    np.testing.assert_array_equal(log.lines[done][:, same], whole_lines[done][:, same])
    assert (log.lines[:, r.LINE_ITEM] == lines % 50).all()
    np.testing.assert_array_equal(rows[log.lines[:, r.LINE_ORDER]], whole_lines[:, r.LINE_ORDER])
    of_step = np.repeat(done, np.diff(log.lines[:, [r.LINE_FIRST_STEP, r.LINE_END_STEP]])[:, 0])
    np.testing.assert_array_equal(log.steps[of_step], whole.steps[steps][of_step])
