"""The scalar steps of the kernels, made callable: as they are, a call from Python would crash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

from fastgen.kernels import elementary, philox

if TYPE_CHECKING:
    from collections.abc import Callable

Step = TypeVar("Step", bound="Callable[..., Any]")


def callable_step(step: Step) -> Step:
    """Wrap a step in a kernel of its own; not cached, so never out of date."""

    def kernel(*args: Any) -> Any:
        return step(*args)

    return cast("Step", numba.njit(kernel, error_model="numpy"))


exp = callable_step(elementary.exp)
log = callable_step(elementary.log)
log_factorial = callable_step(elementary.log_factorial)
normal_quantile = callable_step(elementary.normal_quantile)
powf = callable_step(elementary.powf)
powi = callable_step(elementary.powi)
sin_pi = callable_step(elementary.sin_pi)
below = callable_step(philox.below)
draw_words = callable_step(philox.draw_words)
generate = callable_step(philox.philox)
unit = callable_step(philox.unit)
unit53 = callable_step(philox.unit53)
