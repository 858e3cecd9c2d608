"""Draw from a Poisson distribution."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fastgen.jit import step
from fastgen.kernels.elementary import exp, log, log_factorial
from fastgen.kernels.philox import FIRST, draw_words, unit53

if TYPE_CHECKING:
    from fastgen.rng import Stream

# PTRS is valid for means from 10 on.
INVERSION_BELOW = 10.0


@step
def draw_poisson(stream: Stream, day: int, index: int, mean: float) -> int:
    """Draw from a Poisson distribution: by inversion for means below 10, else by PTRS.

    Source: Hormann 1993, "The transformed rejection method for generating Poisson random variables",
    Insurance: Mathematics and Economics 12, 39-45, with its constants.
    """
    if mean <= 0.0:
        return 0
    if mean < INVERSION_BELOW:
        high, low, _, _ = draw_words(stream, day, index, FIRST)
        u = unit53(high, low)
        if u < 1.0 - mean:  # <= exp(-mean), which needn't be computed then
            return 0
        k = 0
        p = exp(-mean)
        while u >= p and k < 200:  # beyond 200 the terms are 0 in double precision
            u -= p
            k += 1
            p *= mean / k
        return k
    # Names and constants as in the source.
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    v_r = 0.9277 - 3.6224 / (b - 2.0)
    log_inv_alpha = log(1.1239 + 1.1328 / (b - 3.4))
    log_mean = log(mean)
    block = 0
    while True:
        u_high, u_low, v_high, v_low = draw_words(stream, day, index, block)
        block += 1
        u = unit53(u_high, u_low) - 0.5
        v = unit53(v_high, v_low)
        us = 0.5 - abs(u)
        if us <= 0.0 or v <= 0.0:
            continue
        k = math.floor((2.0 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= v_r:
            return k
        if k < 0.0 or (us < 0.013 and v > us):
            continue
        accept = k * log_mean - mean - log_factorial(float(k))
        if log(v) + log_inv_alpha - log(a / (us * us) + b) <= accept:
            return k
