"""These functions stand in for libm: as right as one, and the same with the compiler on and off."""

from __future__ import annotations

import hashlib
import math
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from fastgen.kernels import elementary
from tests.kernels.scalars import exp, log, log_factorial, normal_quantile, powf, powi, sin_pi
from tests.kernels.sizes import sample_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RNG_SEED = 20240101
DIGITS = 50
PINNED = "db584e14800e4b360d5a1fd3cea1de2749f27785a2c92137168bf4e228e6377a"


def ulps(value: float, exact: Decimal) -> float:
    """Error of a value in units of the last place of the exact result."""
    return float(abs(Decimal(value) - exact) / Decimal(math.ulp(float(exact))))


def logarithmic(low: float, high: float, n: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(RNG_SEED)
    return np.exp(rng.uniform(math.log(low), math.log(high), n))


def uniform(low: float, high: float, n: int) -> NDArray[np.float64]:
    return np.random.default_rng(RNG_SEED).uniform(low, high, n)


def worst(
    function: Callable[[float], float], exact: Callable[[Decimal], Decimal], points: NDArray[np.float64]
) -> float:
    with localcontext() as context:
        context.prec = DIGITS
        return max(ulps(function(x), exact(Decimal(x))) for x in points.tolist())


def exact_sin_pi(x: Decimal) -> Decimal:
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
    t = pi * x
    term, total, n = t, t, 1
    while abs(term) > Decimal(10) ** -45:
        term *= -t * t / ((n + 1) * (n + 2))
        total += term
        n += 2
    return total


def test_exp_is_within_two_ulp() -> None:
    points = np.concatenate([uniform(-700, 700, 300), uniform(-1, 1, 300), [0.0, -1e-300, 1e-300, 0.5]])
    assert worst(exp, Decimal.exp, points) < 2


def test_log_is_within_two_ulp() -> None:
    points = np.concatenate(
        [logarithmic(1e-300, 1e300, 300), uniform(0.5, 2, 300), [math.nextafter(1, 0), math.nextafter(1, 2)]]
    )
    assert worst(log, Decimal.ln, points) < 2


def test_sin_pi_is_within_three_ulp() -> None:
    assert worst(sin_pi, exact_sin_pi, np.concatenate([uniform(0, 1, 400), logarithmic(1e-9, 1e-2, 50)])) < 3


def test_sin_pi_at_its_ends() -> None:
    assert sin_pi(0.0) == 0.0
    assert sin_pi(1.0) == 0.0
    assert abs(sin_pi(0.5) - 1.0) <= 2 * math.ulp(0.5)


def test_exp_at_its_ends() -> None:
    assert exp(0.0) == 1.0
    assert exp(-708.5) == 0.0
    assert exp(709.5) == math.inf


def test_powers_of_two_have_exact_logarithms_up_to_rounding() -> None:
    for e in range(-1000, 1001, 50):
        assert ulps(log(2.0**e), Decimal(e) * Decimal(2).ln()) < 2 or e == 0
    assert log(1.0) == 0.0


@pytest.mark.parametrize(
    ("function", "low", "high"), [(exp, -40.0, 40.0), (log, 1e-6, 1e6), (normal_quantile, 0, 1)]
)
def test_monotone_where_neighbours_are_far_apart(
    function: Callable[[float], float], low: float, high: float
) -> None:
    """Sorted points at least some ulps apart keep their order."""
    points = np.sort(uniform(low, high, sample_size(20_000, 3_000)))
    values = np.array([function(x) for x in points.tolist()])
    assert (np.diff(values) >= 0).all()


@pytest.mark.parametrize("seam", [0.075, 0.925, math.exp(-25)])
def test_normal_quantile_is_monotone_over_its_seams(seam: float) -> None:
    """Three rational approximations meet there."""
    values, p = [], seam
    for _ in range(100):
        p = math.nextafter(p, 0)
    for _ in range(200):
        p = math.nextafter(p, 1)
        values.append(normal_quantile(p))
    assert max(np.diff(values)) < 1e-7
    assert min(np.diff(values)) > -5e-15


def test_normal_quantile_is_scipys() -> None:
    lowest = 0.5 / 2**32
    points = np.concatenate(
        [uniform(0, 1, 2000), logarithmic(lowest, 0.1, 500), 1 - logarithmic(lowest, 0.1, 500), [lowest]]
    )
    values = np.array([normal_quantile(p) for p in points.tolist()])
    np.testing.assert_allclose(values, stats.norm.ppf(points), rtol=2e-15, atol=2e-16)


def test_normal_quantile_is_odd() -> None:
    assert normal_quantile(0.5) == 0.0
    for k in range(2, 30):
        assert normal_quantile(2.0**-k) == -normal_quantile(1 - 2.0**-k)


def test_log_factorial_is_lgamma() -> None:
    points = [*range(40), 100, 1000, 10**6, 10**9, 2**31]
    values = [log_factorial(float(k)) for k in points]
    np.testing.assert_allclose(values, [math.lgamma(k + 1) for k in points], rtol=1e-14)


def test_table_of_small_factorials_is_correctly_rounded() -> None:
    for k, value in enumerate(elementary.LN_FACTORIAL.tolist()):
        assert value == float(Decimal(math.factorial(k)).ln())


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10, 89, 1000])
def test_powi_is_the_exact_power_nearly(n: int) -> None:
    for base in (1.0065, 0.996, 1.0, 2.0):
        exact = Decimal(base) ** n
        assert ulps(powi(base, n), exact) <= 1 + 2 * n


def test_powf() -> None:
    assert powf(0.0, 0.0) == 1.0
    assert powf(0.0, 0.5) == 0.0
    for base, x in [(1.25, 1.5), (0.01, 3.0), (1.5, 0.1), (0.75, 60.0)]:
        assert powf(base, x) == pytest.approx(base**x, rel=1e-14)


def test_values_are_pinned() -> None:
    """To the last bit: compiled and as plain Python, on whatever processor and platform."""
    digest = hashlib.sha256()
    for k in range(1, 1000):
        x = k / 1000
        values = (
            exp(20 * x - 10),
            log(7 * x),
            sin_pi(x),
            normal_quantile(x),
            powf(1 + x, 3 * x),
            powi(1 + x, k),
        )
        digest.update(np.array([*values, log_factorial(k)], "<f8").tobytes())
    assert digest.hexdigest() == PINNED
