"""A second program that follows docs/model.md, 3 and 4, draw by draw, in plain Python; no code is fastgen's.

It takes the canonical scenario. `math` and `statistics` differ from fastgen's own functions in their last
bits, which changes a row by a chance of one in millions.
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
WEEKDAYS = (1.00, 1.05, 1.08, 1.10, 1.25, 1.35, 1.15)
NORMAL = NormalDist()
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Window = tuple[int, int, float, str]
MEALS: tuple[Window, ...] = ((660, 810, 3.0, "bell"), (1020, 1200, 3.5, "bell"))
LATE: tuple[Window, ...] = ((0, 60, 2.0, "flat"), (1260, 1440, 2.0, "bell"))


class City(NamedTuple):
    """Demand of a location (docs/model.md, 2.5 and 4.2)."""

    location_id: int
    base: int
    growth: float
    weekdays: tuple[float, ...] = WEEKDAYS
    windows: tuple[Window, ...] = MEALS


CITIES = {
    "sf": City(1, 150, 0.0065),
    "sv": City(2, 50, 0.0135, (1.0,) * 7, MEALS + LATE),
    "bellevue": City(3, 200, 0.0),
    "chicago": City(4, 300, -0.004),
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
    noise = 0.9 + (1.1 - 0.9) * unit53(high, low)
    target = math.floor(city.base * scale * (1 + city.growth) ** day * city.weekdays[day % 7] * noise)
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
    words = (word(BASKET, city.location_id, day, draw, k) for k in range(100))
    popularity = [_popularity(placement, day) for placement in placements]
    first, second = next(words), next(words)
    n_brands = 1 if share(first) < 0.7 else 2 + below(second, 2)
    lines = []
    for _ in range(min(n_brands, sum(p > 0 for p in popularity))):
        sums = [sum(popularity[: i + 1]) for i in range(len(popularity))]
        target = share(next(words)) * sums[-1]
        chosen = sum(s <= target for s in sums[:-1])
        popularity[chosen] = 0.0
        menu = list(menus[placements[chosen]["brand_id"]])
        for _ in range(min(1 + below(next(words), 3), len(menu))):
            item = menu.pop(below(next(words), len(menu)))
            keys = {k: item[k] for k in ("id", "category_id", "menu_id", "brand_id", "name")}
            head = json.dumps(keys, ensure_ascii=False, separators=(",", ":"))[:-1]
            lines.append(f'{head},"price":{item["price"]:.2f},"qty":{1 + below(next(words), 2)}}}')
    return f"[{','.join(lines)}]"


def _popularity(placement: dict[str, Any], day: int) -> float:
    start, end = placement["start_day"], placement["end_day"]
    if day < start or (end is not None and day >= end):
        return 0.0
    return max(0.1, float((1 + placement["growth_rate_monthly"]) ** ((day - start) / 30)))


def times_us(city: City, day: int, draw: int, created_us: int) -> list[int]:
    """Draw created, started, finished, ready, arrived, picked up (docs/model.md, 4.5 and 4.6)."""
    at = [created_us]
    for step, (mean, sd) in enumerate(((2, 1), (10, 3), (2, 1), (6, 2))):
        quantile = NORMAL.inv_cdf(unit(word(KITCHEN, city.location_id, day, draw, step)))
        at.append(at[-1] + math.floor(max(0.1, mean + sd * quantile) * 60e6 + 0.5))
    words = [word(DRIVER, city.location_id, day, draw, k) for k in range(6)]
    begin, end = (at[3], at[4]) if share(words[0]) < 0.5 else (at[0], at[3])
    third = sorted(map(unit, words[1:]))[2]  # Beta(3, 3)
    return [*at[:4], min(begin + math.floor(third * (end - begin)), end - 1), at[4]]


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
