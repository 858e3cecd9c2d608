"""Evaluate exp, log, sin and powers with + - * / alone, so that every machine gets the same last bit.

libm and NumPy run different code on different processors, and the last bits of their results differ. IEEE 754
fixes the results of the four operations and of the square root. Numba doesn't fuse them, and `frexp` and
`ldexp` are exact. Errors stay below 2 units in the last place in the ranges used here.
"""

from __future__ import annotations

import math

import numpy as np

from fastgen.jit import step

# ln 2 in two parts, as in fdlibm's e_log.c: LN2_HI has its 32 leading bits, so that products with small whole
# numbers are exact.
LN2_HI = 6.93147180369123816490e-01
LN2_LO = 1.90821492927058770002e-10
HALF_SQRT2 = 0.7071067811865476
# Beyond these, exp leaves the range of normal doubles.
EXP_OVERFLOW = 709.0
EXP_UNDERFLOW = -708.0
CENTRE = 0.425  # normal_quantile: the central formula holds for abs(p - 0.5) up to this
HALF_LN_2PI = 0.9189385332046727  # of Stirling's series
INVERSE_FACTORIAL = np.array([1.0 / math.factorial(n) for n in range(15)])
INVERSE_ODD = np.array([1.0 / (2 * n + 1) for n in range(12)])
# ln(k!) for k = 0 to 15, correctly rounded: Stirling's series is not accurate enough for small k.
LN_FACTORIAL = np.array(
    [
        0.0,
        0.0,
        0.6931471805599453,
        1.791759469228055,
        3.1780538303479458,
        4.787491742782046,
        6.579251212010101,
        8.525161361065415,
        10.60460290274525,
        12.801827480081469,
        15.104412573075516,
        17.502307845873887,
        19.987214495661885,
        22.552163853123425,
        25.19122118273868,
        27.89927138384089,
    ]
)


@step
def exp(x: float) -> float:
    """Compute the exponential function; 0 for x below -708, infinite for x above 709."""
    if x < EXP_UNDERFLOW:
        return 0.0
    if x > EXP_OVERFLOW:
        return math.inf
    # exp(x) = 2**k * exp(r), with abs(r) <= ln(2) / 2.
    k = math.floor(x / (LN2_HI + LN2_LO) + 0.5)
    r = (x - k * LN2_HI) - k * LN2_LO
    total = INVERSE_FACTORIAL[14]
    for n in range(13, -1, -1):  # Taylor's series to degree 14
        total = INVERSE_FACTORIAL[n] + total * r
    return math.ldexp(total, int(k))


@step
def log(x: float) -> float:
    """Compute the natural logarithm of a positive number."""
    m, e = math.frexp(x)  # log(x) = e * ln(2) + log(m), with m near 1
    if m < HALF_SQRT2:
        m, e = m * 2.0, e - 1
    s = (m - 1.0) / (m + 1.0)  # log(m) = 2 * atanh(s), with abs(s) <= 0.172
    s2 = s * s
    total = 0.0
    for n in range(11, 0, -1):
        total = (total + INVERSE_ODD[n]) * s2
    return e * LN2_HI + (2.0 * s + (2.0 * s * total + e * LN2_LO))


@step
def sin_pi(x: float) -> float:
    """Compute the sine of pi * x, for 0 <= x <= 1."""
    # Taylor's series in t <= pi / 2, by Horner's rule.
    t = math.pi * (x if x <= 0.5 else 1.0 - x)
    t2 = t * t
    total = 0.0
    for n in range(22, 1, -2):
        total = (1.0 - total) * t2 / (n * (n + 1.0))
    return t * (1.0 - total)


@step
def powi(base: float, n: int) -> float:
    """Raise `base` to a whole power n >= 0 by repeated squaring."""
    result = 1.0
    square = base
    while n > 0:
        if n & 1:
            result *= square
        square *= square
        n >>= 1
    return result


@step
def powf(base: float, x: float) -> float:
    """Raise a base >= 0 to a real power x >= 0; 0**0 is 1."""
    if x == 0.0:
        return 1.0
    if base <= 0.0:
        return 0.0
    return exp(x * log(base))


@step
def log_factorial(k: float) -> float:
    """Compute ln(k!): from a table below 16, by Stirling's series from 16 on (relative error below 1e-15)."""
    if k < 16:
        return LN_FACTORIAL[int(k)]
    inverse = 1.0 / k
    inverse2 = inverse * inverse
    series = inverse * (1 / 12 - inverse2 * (1 / 360 - inverse2 * (1 / 1260 - inverse2 / 1680)))
    return (k + 0.5) * log(k) - k + HALF_LN_2PI + series


@step
def normal_quantile_centre(q: float) -> float:
    """Compute the standard normal quantile at 0.5 + q, for abs(q) <= 0.425; see `normal_quantile`."""
    r = 0.180625 - q * q
    above = 2.5090809287301226727e3 * r + 3.3430575583588128105e4
    above = above * r + 6.7265770927008700853e4
    above = above * r + 4.5921953931549871457e4
    above = above * r + 1.3731693765509461125e4
    above = above * r + 1.9715909503065514427e3
    above = above * r + 1.3314166789178437745e2
    above = above * r + 3.3871328727963666080e0
    below = 5.2264952788528545610e3 * r + 2.8729085735721942674e4
    below = below * r + 3.9307895800092710610e4
    below = below * r + 2.1213794301586595867e4
    below = below * r + 5.3941960214247511077e3
    below = below * r + 6.8718700749205790830e2
    below = below * r + 4.2313330701600911252e1
    below = below * r + 1.0
    return q * (above / below)


@step
def normal_quantile(p: float) -> float:
    """Compute the quantile of the standard normal distribution at p, 0 < p < 1.

    Source: algorithm AS 241, PPND16 (Wichura 1988, Applied Statistics 37, 477-484), relative error about
    1e-16. Its three rational functions cover the centre, the tails, and the far tails.
    """
    q = p - 0.5
    if abs(q) <= CENTRE:
        return normal_quantile_centre(q)
    r = math.sqrt(-log(p if q < 0.0 else 1.0 - p))
    if r <= 5.0:
        r -= 1.6
        above = 7.74545014278341407640e-4 * r + 2.27238449892691845833e-2
        above = above * r + 2.41780725177450611770e-1
        above = above * r + 1.27045825245236838258e0
        above = above * r + 3.64784832476320460504e0
        above = above * r + 5.76949722146069140550e0
        above = above * r + 4.63033784615654529590e0
        above = above * r + 1.42343711074968357734e0
        below = 1.05075007164441684324e-9 * r + 5.47593808499534494600e-4
        below = below * r + 1.51986665636164571966e-2
        below = below * r + 1.48103976427480074590e-1
        below = below * r + 6.89767334985100004550e-1
        below = below * r + 1.67638483018380384940e0
        below = below * r + 2.05319162663775882187e0
        below = below * r + 1.0
    else:
        r -= 5.0
        above = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
        above = above * r + 1.24266094738807843860e-3
        above = above * r + 2.65321895265761230930e-2
        above = above * r + 2.96560571828504891230e-1
        above = above * r + 1.78482653991729133580e0
        above = above * r + 5.46378491116411436990e0
        above = above * r + 6.65790464350110377720e0
        below = 2.04426310338993978564e-15 * r + 1.42151175831644588870e-7
        below = below * r + 1.84631831751005468180e-5
        below = below * r + 7.86869131145613259100e-4
        below = below * r + 1.48753612908506148525e-2
        below = below * r + 1.36929880922735805310e-1
        below = below * r + 5.99832206555887937690e-1
        below = below * r + 1.0
    x = above / below
    return -x if q < 0.0 else x
