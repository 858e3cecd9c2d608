"""Numbers, times and texts are what Python's decimal, datetime and json modules write."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastgen.wire.kernels import json_text
from fastgen.wire.rows import SLACK
from tests.kernels.scalars import callable_step

if TYPE_CHECKING:
    from collections.abc import Callable

put_decimal = callable_step(json_text.put_decimal)
put_escaped = callable_step(json_text.put_escaped)
put_int = callable_step(json_text.put_int)
put_time = callable_step(json_text.put_time)


def written(step: Callable[..., int], *args: Any, room: int = 64) -> bytes:
    out = np.zeros(room + 2 * SLACK, np.uint8)
    end = step(*args, out, 0)
    assert end <= room
    assert not out[end + SLACK :].any()
    return out[:end].tobytes()


def rounded(value: float, decimals: int) -> str:
    exact = Decimal(float(np.float32(value)))
    text = f"{exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"
    return text.lstrip("-") if float(text) == 0 else text


@settings(deadline=None)
@given(st.floats(-180, 180, width=32))
@example(0.0)
@example(-0.0)
@example(-1e-9)
@example(0.5 / 2**20)
@example(-179.99999)
def test_degrees_are_rounded_exactly_to_six_decimals(value: float) -> None:
    assert written(put_decimal, np.float32(value), 6, 6).decode() == rounded(value, 6)


@settings(deadline=None)
@given(st.floats(0, 100, width=32))
@example(50.0)
@example(100.0)
@example(33.3333321)
def test_progress_has_one_to_four_decimals(value: float) -> None:
    expected = rounded(value, 4).rstrip("0")
    assert written(put_decimal, np.float32(value), 4, 1).decode() == expected + "0" * expected.endswith(".")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 3e9])
def test_what_is_no_number_is_null(value: float) -> None:
    assert written(put_decimal, np.float32(value), 6, 6) == b"null"


@settings(deadline=None)
@given(st.integers(0, 2**62))
@example(0)
@example(9)
@example(10)
def test_whole_numbers(value: int) -> None:
    assert written(put_int, value).decode() == str(value)


@settings(deadline=None)
@given(st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59)))  # noqa: DTZ001
@example(dt.datetime(2000, 2, 29, 23, 59, 59))  # noqa: DTZ001
@example(dt.datetime(2100, 3, 1))  # noqa: DTZ001
def test_times(time: dt.datetime) -> None:
    seconds = (time.replace(tzinfo=dt.UTC) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(
        seconds=1
    )
    assert written(put_time, seconds).decode() == time.strftime("%Y-%m-%d %H:%M:%S").zfill(19) + ".000"


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(deadline=None)
@given(TEXTS)
@example('Caffè "Açaí" \\ \x00\x1f\x7f\n\t')
@example("")
def test_escaped_texts_are_what_they_were_after_as_many_readings(text: str) -> None:
    raw = np.frombuffer(b"x" + text.encode() + b"y" * SLACK, np.uint8)
    for times in range(3):
        room = 16 + json_text.ESCAPED_TWICE * len(raw)
        with np.errstate(
            over="ignore"
        ):  # as plain Python, NumPy warns of what the comparison of bytes is made of
            read = written(put_escaped, raw, 1, len(raw) - SLACK, times, room=room).decode()
        worst = (1, json_text.ESCAPED_ONCE, json_text.ESCAPED_TWICE)[times]
        assert len(read.encode()) <= worst * len(text.encode())
        for _ in range(times):
            read = json.loads(f'"{read}"')
        assert read == text
