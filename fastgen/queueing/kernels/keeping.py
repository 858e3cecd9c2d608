"""Copy some orders of a site, with their lines and steps, and number the copies anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.jit import jit
from fastgen.queueing.kernels import records as r

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@jit
def count_kept(
    orders: NDArray[np.int64], lines: NDArray[np.int64], is_kept: NDArray[np.bool_]
) -> tuple[int, int, int]:
    """Count some orders, their lines and the steps of those; arguments as of `copy_orders`."""
    n_orders = n_lines = n_steps = 0
    for order in range(len(orders)):
        if is_kept[order]:
            first, end = orders[order, r.ORDER_FIRST_LINE], orders[order, r.ORDER_END_LINE]
            n_orders += 1
            n_lines += end - first
            # The steps of an order go from the first one of its first line to the last one of its last line.
            n_steps += lines[end - 1, r.LINE_END_STEP] - lines[first, r.LINE_FIRST_STEP]
    return n_orders, n_lines, n_steps


@jit
def copy_orders(
    orders: NDArray[np.int64],
    lines: NDArray[np.int64],
    steps: NDArray[np.int64],
    is_kept: NDArray[np.bool_],
    kept_orders: NDArray[np.int64],
    kept_lines: NDArray[np.int64],
    kept_steps: NDArray[np.int64],
    new_order: NDArray[np.int64],
    new_line: NDArray[np.int64],
) -> None:
    """Copy records of orders; all but the first four arguments are output.

    Parameters
    ----------
    orders, lines, steps
        Records of a site.
    is_kept
        bool (n_orders,).
    kept_orders, kept_lines, kept_steps
        Records of the orders that are kept.
    new_order, new_line
        int64 (n_orders + 1,) and (n_lines + 1,), the new number of each, or NONE; the last entry, which
        number NONE reads, is NONE.
    """
    new_order[:], new_line[:] = r.NONE, r.NONE
    n_orders = n_lines = n_steps = 0
    for order in range(len(orders)):
        if not is_kept[order]:
            continue
        first, end = orders[order, r.ORDER_FIRST_LINE], orders[order, r.ORDER_END_LINE]
        new_order[order] = n_orders
        for column in range(r.ORDER_COLUMNS):
            kept_orders[n_orders, column] = orders[order, column]
        kept_orders[n_orders, r.ORDER_FIRST_LINE] = n_lines
        kept_orders[n_orders, r.ORDER_END_LINE] = n_lines + end - first
        for line in range(first, end):
            new_line[line] = n_lines
            for column in range(r.LINE_COLUMNS):
                kept_lines[n_lines, column] = lines[line, column]
            kept_lines[n_lines, r.LINE_ORDER] = n_orders
            first_step = lines[line, r.LINE_FIRST_STEP]
            for column in (r.LINE_FIRST_STEP, r.LINE_END_STEP, r.LINE_STEP):
                if lines[line, column] != r.NONE:
                    kept_lines[n_lines, column] += n_steps - first_step
            for step in range(first_step, lines[line, r.LINE_END_STEP]):
                for column in range(r.STEP_COLUMNS):
                    kept_steps[n_steps, column] = steps[step, column]
                n_steps += 1
            n_lines += 1
        n_orders += 1
    # The line behind another one in a queue may be one that was copied later.
    for line in range(n_lines):
        kept_lines[line, r.LINE_NEXT] = new_line[kept_lines[line, r.LINE_NEXT]]
