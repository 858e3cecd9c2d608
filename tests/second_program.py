"""A second program that follows docs/model.md, 3 and 4, draw by draw, in plain Python; no code is fastgen's.

It takes the canonical scenario, and that of tests/own_keys.py, whose locations have keys of their own. `math`
and `statistics` differ from fastgen's own functions in their last bits, which changes a row by a chance of
one in millions.
"""

from __future__ import annotations

import json
import math
from functools import cache
from statistics import NormalDist
from typing import Any, NamedTuple

LOW_32 = 0xFFFFFFFF
SEED, STREAM_VERSION = 42, 1
DAY_NOISE, MINUTE_COUNT, CREATION, BASKET, KITCHEN, DRIVER, ORDER_ID = range(7)
MOMENTUM = 8
WEEKDAYS = (1.00, 1.05, 1.08, 1.10, 1.25, 1.35, 1.15)
NORMAL = NormalDist()
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Window = tuple[int, int, float, str]
MEALS: tuple[Window, ...] = ((660, 810, 3.0, "bell"), (1020, 1200, 3.5, "bell"))
LATE: tuple[Window, ...] = ((0, 60, 2.0, "flat"), (1260, 1440, 2.0, "bell"))


class Baskets(NamedTuple):
    """Rules of baskets (docs/model.md, 4.4)."""

    single: float = 0.7
    brands: tuple[int, int] = (2, 3)
    items: tuple[int, int] = (1, 3)
    qty: tuple[int, int] = (1, 2)
    floor: float = 0.1


class City(NamedTuple):
    """A location: its demand, and the rules of its orders (docs/model.md, 2.5 and 4)."""

    location_id: int
    base: int
    growth: float
    weekdays: tuple[float, ...] = WEEKDAYS
    windows: tuple[Window, ...] = MEALS
    linear: float = 0.0
    noise: tuple[float, float] = (0.9, 1.1)
    baskets: Baskets = Baskets()
    steps: tuple[tuple[float, float], ...] = ((2, 1), (10, 3), (2, 1), (6, 2))
    shortest: float = 0.1
    after_ready: float = 0.5
    alpha: int = 3  # beta is 3 everywhere
    mph: float = 25
    ping_s: int = 60
    radius_mi: float = 4
    numbers: int = 9999
    # Shares of improving, flat and declining brands; growth and decline.
    momentum: tuple[tuple[float, float, float], float, float] | None = None


CITIES = {
    "sf": City(1, 150, 0.0065),
    "sv": City(2, 50, 0.0135, (1.0,) * 7, MEALS + LATE),
    "bellevue": City(3, 200, 0.0),
    "chicago": City(4, 300, -0.004),
}
# The locations of tests/own_keys.py.
OWN_CITIES = CITIES | {
    "bellevue": City(
        3,
        200,
        0.0,
        linear=12.5,
        noise=(0.9, 1.3),
        steps=((2, 1), (10, 3), (2, 1), (3, 2)),
        ping_s=90,
    ),
    "chicago": City(
        4,
        300,
        0.0,
        linear=-20,
        noise=(1.0, 1.0),
        baskets=Baskets(0.4, (2, 4), (1, 4), (1, 3), 1e-9),
        steps=((9, 0.5), (10, 3), (2, 1), (6, 2)),
        shortest=2,
        after_ready=0.1,
        alpha=2,
        mph=11,
        ping_s=17,
        radius_mi=0.5,
        numbers=88,
        momentum=((0.1, 0.2, 0.7), 0.8, 0.2),
    ),
}


def philox(counter: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Four words of a counter (docs/model.md, 3.1)."""
    a, b, c, d = counter
    k0, k1 = SEED & LOW_32, SEED >> 32
    for _ in range(10):
        p, q = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = q >> 32 ^ b ^ k0, q & LOW_32, p >> 32 ^ d ^ k1, p & LOW_32
        k0, k1 = (k0 + 0x9E3779B9) & LOW_32, (k1 + 0xBB67AE85) & LOW_32
    return a, b, c, d


def word(purpose: int, location_id: int, day: int, index: int, k: int) -> int:
    """Word k of a draw (docs/model.md, 3.1)."""
    return philox((index, k // 4, day, location_id | purpose << 8 | STREAM_VERSION << 16))[k % 4]


def below(w: int, n: int) -> int:
    return w * n >> 32


def unit(w: int) -> float:
    return (w + 0.5) / 2**32


def share(w: int) -> float:
    return w / 2**32


def unit53(high: int, low: int) -> float:
    return ((high >> 5) * 2**26 + (low >> 6)) / 2**53


def poisson(location_id: int, day: int, minute: int, mean: float) -> int:
    """Draw the orders of a minute (docs/model.md, 4.2)."""
    if mean >= 10:
        return _poisson_by_rejection(location_id, day, minute, mean)
    u, k = unit53(*(word(MINUTE_COUNT, location_id, day, minute, w) for w in (0, 1))), 0
    p = math.exp(-mean)
    while u >= p and k < 200:
        u, k = u - p, k + 1
        p *= mean / k
    return k


def _poisson_by_rejection(location_id: int, day: int, minute: int, mean: float) -> int:
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    attempt = 0
    while True:
        words = [word(MINUTE_COUNT, location_id, day, minute, 4 * attempt + w) for w in range(4)]
        u, v, attempt = unit53(*words[:2]) - 0.5, unit53(*words[2:]), attempt + 1
        us = 0.5 - abs(u)
        if us <= 0 or v <= 0:
            continue
        k = math.floor((2 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= 0.9277 - 3.6224 / (b - 2):
            return k
        if k < 0 or (us < 0.013 and v > us):
            continue
        accepted = k * math.log(mean) - mean - math.lgamma(k + 1)
        if math.log(v * inverse_alpha / (a / us**2 + b)) <= accepted:
            return k


@cache
def minute_weights(windows: tuple[Window, ...]) -> list[float]:
    weights = [1.0] * 1440
    for start, end, peak, shape in windows:
        for m in range(start, end):
            height = math.sin(math.pi * (m - start) / (end - start)) ** 2 if shape == "bell" else 1.0
            weights[m] += (peak - 1) * height
    return weights


@cache
def count_minutes(city: City, day: int, scale: float) -> list[int]:
    """Draw the orders of every minute (docs/model.md, 4.1 and 4.2)."""
    high, low = (word(DAY_NOISE, city.location_id, day, 0, k) for k in (0, 1))
    noise = city.noise[0] + (city.noise[1] - city.noise[0]) * unit53(high, low)
    grown = city.base * scale * (1 + city.growth) ** day
    if city.linear:
        grown = max(0.0, city.base + city.linear * day) * scale
    target = math.floor(grown * city.weekdays[day % 7] * noise)
    weights = minute_weights(city.windows)
    total = math.fsum(weights)
    return [poisson(city.location_id, day, m, target * (w / total)) for m, w in enumerate(weights)]


def creations(city: City, day: int, scale: float) -> list[tuple[int, int]]:
    """Second of the day and draw number of each order, by rank (docs/model.md, 4.3)."""
    minutes = [m for m, n in enumerate(count_minutes(city, day, scale)) for _ in range(n)]
    drawn = [word(CREATION, city.location_id, day, draw, 0) for draw in range(len(minutes))]
    return sorted(
        (60 * m + below(w, 60), draw) for draw, (m, w) in enumerate(zip(minutes, drawn, strict=True))
    )


def items_json(
    city: City, day: int, draw: int, placements: list[dict[str, Any]], menus: dict[int, list[dict[str, Any]]]
) -> str:
    """Draw a basket (docs/model.md, 4.4 and 5.3); placements by (brand_id, start_day), items by id."""
    rules = city.baskets
    words = (word(BASKET, city.location_id, day, draw, k) for k in range(100))
    popularity = [_popularity(placement, day, rules.floor) for placement in placements]
    first, second = next(words), next(words)
    n_brands = 1 if share(first) < rules.single else _between(second, rules.brands)
    lines = []
    for _ in range(min(n_brands, sum(p > 0 for p in popularity))):
        sums = [sum(popularity[: i + 1]) for i in range(len(popularity))]
        target = share(next(words)) * sums[-1]
        chosen = sum(s <= target for s in sums[:-1])
        popularity[chosen] = 0.0
        menu = list(menus[placements[chosen]["brand_id"]])
        for _ in range(min(_between(next(words), rules.items), len(menu))):
            item = menu.pop(below(next(words), len(menu)))
            keys = {k: item[k] for k in ("id", "category_id", "menu_id", "brand_id", "name")}
            head = json.dumps(keys, ensure_ascii=False, separators=(",", ":"))[:-1]
            qty = _between(next(words), rules.qty)
            lines.append(f'{head},"price":{item["price"]:.2f},"qty":{qty}}}')
    return f"[{','.join(lines)}]"


def _between(w: int, bounds: tuple[int, int]) -> int:
    return bounds[0] + below(w, bounds[1] - bounds[0] + 1)


def deal_growth(city: City, brand_ids: list[int]) -> dict[int, float]:
    """Deal the brands of a location their growth a month (docs/model.md, 4.12); ids in ascending order."""
    assert city.momentum is not None
    shares, growth, decline = city.momentum
    drawn = sorted((word(MOMENTUM, city.location_id, 0, i, 0), b) for i, b in enumerate(brand_ids))
    exact = [round(share * len(brand_ids), 9) for share in shares]
    sizes = [math.floor(size) for size in exact]
    for group in sorted(range(3), key=lambda g: round(sizes[g] - exact[g], 9))[: len(brand_ids) - sum(sizes)]:
        sizes[group] += 1
    rates = [growth] * sizes[0] + [0.0] * sizes[1] + [-decline] * sizes[2]
    return {brand: rate for (_, brand), rate in zip(drawn, rates, strict=True)}


def _popularity(placement: dict[str, Any], day: int, floor: float) -> float:
    start, end = placement["start_day"], placement["end_day"]
    if day < start or (end is not None and day >= end):
        return 0.0
    return max(floor, float((1 + placement["growth_rate_monthly"]) ** ((day - start) / 30)))


def times_us(city: City, day: int, draw: int, created_us: int) -> list[int]:
    """Draw created, started, finished, ready, arrived, picked up (docs/model.md, 4.5 and 4.6)."""
    at = [created_us]
    for step, (mean, sd) in enumerate(city.steps):
        quantile = NORMAL.inv_cdf(unit(word(KITCHEN, city.location_id, day, draw, step)))
        at.append(at[-1] + math.floor(max(city.shortest, mean + sd * quantile) * 60e6 + 0.5))
    words = [word(DRIVER, city.location_id, day, draw, k) for k in range(city.alpha + 3)]
    begin, end = (at[3], at[4]) if share(words[0]) < city.after_ready else (at[0], at[3])
    position = sorted(map(unit, words[1:]))[city.alpha - 1]
    return [*at[:4], min(begin + math.floor(position * (end - begin)), end - 1), at[4]]


def order_id(index: int) -> str:
    """Encipher an index (docs/model.md, 4.9)."""
    width, n_left, n_right = 6, 36**3, 36**3
    for longer in (7, 8):
        if index >= 36**width and width == longer - 1:
            index, width = index - 36**width, longer
            n_left, n_right = (36**3, 36**4) if longer == 7 else (36**4, 36**4)
    left, right = divmod(index, n_right)
    for r in (0, 2):
        left = (left + below(philox((right, r, width, ORDER_ID << 8 | 1 << 16))[0], n_left)) % n_left
        right = (right + below(philox((left, r + 1, width, ORDER_ID << 8 | 1 << 16))[0], n_right)) % n_right
    code, text = left * n_right + right, ""
    for _ in range(width):
        code, digit = divmod(code, 36)
        text = DIGITS[digit] + text
    return text
