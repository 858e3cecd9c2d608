"""Write the records of orders to come, and list the steps of their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.jit import jit
from fastgen.queueing.kernels import records as r

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@jit
def list_steps(
    recipe_start: NDArray[np.int64],
    recipe_type: NDArray[np.int64],
    recipe_us: NDArray[np.int64],
    line_item: NDArray[np.int32],
    step_start: NDArray[np.int64],
    step_type: NDArray[np.int64],
    expected_us: NDArray[np.int64],
) -> None:
    """Copy the recipe of every line's item to the line's steps; the last two arguments are output.

    Parameters
    ----------
    recipe_start, recipe_type, recipe_us
        As `model.recipes.Recipes`.
    line_item
        int32 (n_lines,).
    step_start
        int64 (n_lines + 1,), offsets into the steps.
    step_type, expected_us
        int64 (n_steps,).
    """
    for line in range(len(line_item)):
        shift = recipe_start[line_item[line]] - step_start[line]
        for step in range(step_start[line], step_start[line + 1]):
            step_type[step] = recipe_type[step + shift]
            expected_us[step] = recipe_us[step + shift]


@jit
def write_orders(
    created_us: NDArray[np.int64],
    number: NDArray[np.int64],
    customer: NDArray[np.int64],
    packing_us: NDArray[np.int64],
    ride_out: NDArray[np.int64],
    ride_back: NDArray[np.int64],
    draw: NDArray[np.int64],
    line_start: NDArray[np.int64],
    first_line: int,
    orders: NDArray[np.int64],
) -> None:
    """Write the records of orders, int64 (n_orders, ORDER_COLUMNS), whose first line has number `first_line`.

    The other arguments are those of `queueing.site.Demand`.
    """
    for i in range(len(orders)):
        for column in range(r.ORDER_COLUMNS):
            orders[i, column] = r.NONE
        for column in r.ORDER_MILESTONES:
            orders[i, column] = r.NOT_YET
        orders[i, r.ORDER_CREATED] = created_us[i]
        orders[i, r.ORDER_NUMBER] = number[i]
        orders[i, r.ORDER_CUSTOMER] = customer[i]
        orders[i, r.ORDER_PACKING] = packing_us[i]
        orders[i, r.ORDER_RIDE_OUT] = ride_out[i]
        orders[i, r.ORDER_RIDE_BACK] = ride_back[i]
        orders[i, r.ORDER_FIRST_LINE] = first_line + line_start[i]
        orders[i, r.ORDER_END_LINE] = first_line + line_start[i + 1]
        orders[i, r.ORDER_STATE] = r.CANDIDATE
        orders[i, r.ORDER_INDEX] = draw[i]


@jit
def write_lines(
    line_start: NDArray[np.int64],
    line_item: NDArray[np.int32],
    step_start: NDArray[np.int64],
    step_type: NDArray[np.int64],
    duration_us: NDArray[np.int64],
    expected_us: NDArray[np.int64],
    first_order: int,
    first_step: int,
    lines: NDArray[np.int64],
    steps: NDArray[np.int64],
) -> None:
    """Write the records of orders' lines and of their steps.

    Parameters
    ----------
    line_start, line_item, step_start, step_type, duration_us, expected_us
        As in `queueing.site.Demand`.
    first_order, first_step
        Numbers of the first order and of the first step.
    lines, steps
        Output: int64 (n_lines, LINE_COLUMNS) and (n_steps, STEP_COLUMNS).
    """
    for order in range(len(line_start) - 1):
        for line in range(line_start[order], line_start[order + 1]):
            for column in range(r.LINE_COLUMNS):
                lines[line, column] = r.NONE
            lines[line, r.LINE_FIRST_STEP] = first_step + step_start[line]
            lines[line, r.LINE_END_STEP] = first_step + step_start[line + 1]
            lines[line, r.LINE_ORDER] = first_order + order
            lines[line, r.LINE_ITEM] = line_item[line]
            # From the last step on: what is left is then the sum so far.
            expected_left = 0
            for step in range(step_start[line + 1] - 1, step_start[line] - 1, -1):
                expected_left += expected_us[step]
                steps[step, r.STEP_DURATION] = duration_us[step]
                steps[step, r.STEP_EXPECTED_LEFT] = expected_left
                steps[step, r.STEP_TYPE] = step_type[step]
                steps[step, r.STEP_STARTED] = r.NOT_YET
                steps[step, r.STEP_STATION] = r.NONE
