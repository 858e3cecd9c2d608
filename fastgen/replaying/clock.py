"""Convert between wall clock, dataset time and time on the wire, in whole numbers, so that nothing drifts.

There are three times: *real* microseconds of the wall clock (Unix, UTC); *virtual* seconds, dataset time that
runs on through all loops; and the *simulated* time on the wire, which is virtual time moved by whole days.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from fastgen.errors import ScenarioError
from fastgen.units import S_PER_DAY, US_PER_DAY, US_PER_S, YEAR_10000_S

# Virtual seconds a real second: a year in half a minute.
SPEED_MAX = 1_000_000
# Fraction("1e999999999") would take all memory, so exponents are looked at before it is made.
_EXPONENT = re.compile(r"[eE][+-]?0*(\d+)\s*$")
# Blanks, underscores and digits of other scripts, which Python accepts in numbers.
_NO_PART = re.compile(r"[\s_]|[^ -~]")
_EXPONENT_DIGITS, _TEXT_MAX = 2, 100
YEAR_10000_US = YEAR_10000_S * US_PER_S
_UNIX = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Window(NamedTuple):
    """The virtual seconds start_s..end_s-1."""

    start_s: int
    end_s: int


@dataclass(frozen=True)
class ReplayClock:
    """The clock of a replay.

    Attributes
    ----------
    epoch_s, days
        Unix seconds of day 0, 00:00; length of a loop.
    start_day
        Day of the dataset that falls on the day of the first run.
    sim_start_us
        Wall clock at the first run, Unix microseconds.
    speed
        Virtual seconds a real second.
    loop
        Whether the dataset begins anew after its last day.
    first_s
        The first virtual second: the epoch, or earlier if events are earlier.
    last_event_s
        Second of the last event; used only without loops.
    anchor_us, anchor_virtual_us
        A real microsecond, and the virtual microsecond at that moment; the clock counts from there.

    Raises
    ------
    ScenarioError
        If start day or speed is impossible.
    """

    epoch_s: int
    days: int
    start_day: int
    sim_start_us: int
    speed: Fraction
    loop: bool
    first_s: int
    last_event_s: int | None
    anchor_us: int
    anchor_virtual_us: int

    def __post_init__(self) -> None:
        """Check the fields."""
        check_start_day(self.start_day, self.days)
        check_speed(self.speed)

    @classmethod
    def start(
        cls,
        *,
        epoch_s: int,
        days: int,
        start_day: int,
        now_us: int,
        speed: Fraction,
        loop: bool = True,
        first_s: int | None = None,
        last_event_s: int | None = None,
    ) -> ReplayClock:
        """Start a clock at a first run: virtual time is the start day, at the present time of day."""
        return cls(
            epoch_s=epoch_s,
            days=days,
            start_day=start_day,
            sim_start_us=now_us,
            speed=speed,
            loop=loop,
            first_s=epoch_s if first_s is None else first_s,
            last_event_s=last_event_s,
            anchor_us=now_us,
            anchor_virtual_us=(epoch_s + start_day * S_PER_DAY) * US_PER_S + now_us % US_PER_DAY,
        )

    @property
    def length_s(self) -> int:
        """Length of a loop, seconds."""
        return self.days * S_PER_DAY

    @property
    def shift_s(self) -> int:
        """Seconds from virtual to simulated time: whole days, and constant through all runs."""
        # By whole days, so an event at noon is at noon on the wire too.
        start_of_day_s = self.sim_start_us // US_PER_DAY * S_PER_DAY
        return start_of_day_s - (self.epoch_s + self.start_day * S_PER_DAY)

    @property
    def earliest_start_us(self) -> int:
        """Earliest first run, Unix microseconds, after which no simulated time lies before 1970."""
        days_before = -((self.first_s - self.epoch_s) // S_PER_DAY)
        return (self.start_day + days_before) * US_PER_DAY

    def position_at(self, now_us: int) -> int:
        """Compute the virtual second of a real microsecond."""
        return self.virtual_us(now_us) // US_PER_S

    def virtual_us(self, now_us: int) -> int:
        """Compute the virtual microsecond of a real one."""
        # Counted from the anchor in one step: a sum over all runs would add up their rounding.
        elapsed = (now_us - self.anchor_us) * self.speed.numerator
        virtual = self.anchor_virtual_us * self.speed.denominator + elapsed
        return virtual // self.speed.denominator

    def real_us(self, virtual_s: int) -> int:
        """Compute the real microsecond at which a virtual second begins; the inverse of `position_at`."""
        return self.real_us_of(virtual_s * US_PER_S)

    def real_us_of(self, virtual_us: int) -> int:
        """Compute the first real microsecond of a virtual one; the inverse of `virtual_us`."""
        ahead = (virtual_us - self.anchor_virtual_us) * self.speed.denominator
        # Negated twice, floor division rounds up: before that microsecond, the virtual one has not begun.
        return self.anchor_us - (-ahead // self.speed.numerator)

    def window_due(self, watermark: int, now_us: int) -> Window | None:
        """Compute the window that is due; None if nothing is.

        Parameters
        ----------
        watermark
            Last virtual second emitted; `first_s` - 1 before the first run.
        now_us
            Wall clock, Unix microseconds.
        """
        # The second of the position belongs to the window: docs/model.md, 8.2.
        end = self.position_at(now_us) + 1
        if not self.loop and self.last_event_s is not None:
            end = min(end, self.last_event_s + 1)
        return Window(watermark + 1, end) if end > watermark + 1 else None

    def is_over(self, watermark: int) -> bool:
        """Whether no event comes after a watermark."""
        return not self.loop and self.last_event_s is not None and watermark >= self.last_event_s

    def loop_of(self, virtual_s: int) -> int:
        """Compute the loop that a virtual second is in."""
        return (virtual_s - self.epoch_s) // self.length_s

    def simulated(self, virtual_s: int) -> dt.datetime:
        """Compute the simulated time of a virtual second, UTC."""
        return utc_from_us((virtual_s + self.shift_s) * US_PER_S)

    def shown(self, virtual_s: int) -> str:
        """Write the simulated time of a virtual second, also if it is too far away for a datetime."""
        try:
            return f"{self.simulated(virtual_s):%Y-%m-%d %H:%M:%S}"
        except OverflowError:
            return "after the year 9999" if virtual_s + self.shift_s > 0 else "before the year 1"

    def rebased(self, now_us: int, speed: Fraction) -> ReplayClock:
        """Continue from the present position at another speed."""
        # The anchor is a whole microsecond again, so less than one is lost at each change of speed.
        elapsed = (now_us - self.anchor_us) * self.speed
        return replace(
            self,
            speed=speed,
            anchor_us=now_us,
            anchor_virtual_us=self.anchor_virtual_us + elapsed.numerator // elapsed.denominator,
        )


def check_start_day(start_day: int, days: int, name: str = "start_day") -> None:
    """Refuse a start day that a dataset of `days` days doesn't have; the error names it `name`."""
    if not 0 <= start_day <= days:
        raise ScenarioError(f"{name}: expected 0 <= {name} <= {days}, got {start_day}.")


def check_speed(speed: Fraction) -> None:
    """Check the bounds of a speed.

    Raises
    ------
    ScenarioError
        "speed: expected ..., got VALUE."
    """
    if not 0 < speed <= SPEED_MAX:
        raise ScenarioError(f"speed: expected 0 < speed <= {SPEED_MAX}, got {_shown(speed)}.")


def parse_speed(text: str | float | Fraction) -> Fraction:
    """Parse a speed exactly as it is written.

    States and offsets keep the result as `str` writes it, and it is parsed from there again.

    Raises
    ------
    ScenarioError
        If it is no number, or has too many digits.
    """
    # By way of text, 0.1 is a tenth; as a float, it would be a fraction with a denominator of 2**55.
    exponent = _EXPONENT.search(str(text))
    if exponent and len(exponent[1]) > _EXPONENT_DIGITS:
        raise ScenarioError(f"speed: expected 0 < speed <= {SPEED_MAX}, got {str(text)[:_TEXT_MAX]}.")
    try:
        if _NO_PART.search(str(text)) or len(str(text)) > _TEXT_MAX:
            raise ValueError  # noqa: TRY301  # Fraction would take it
        speed = Fraction(str(text))
    except (ValueError, ZeroDivisionError):
        raise ScenarioError(
            f"speed: expected a number such as 1, 60 or 0.5, got {str(text)[:_TEXT_MAX]!r}."
        ) from None
    if len(str(speed)) > _TEXT_MAX:
        raise ScenarioError(
            f"speed: expected a number that is a fraction of at most {_TEXT_MAX} characters, got {text}."
        )
    return speed


def _shown(speed: Fraction) -> str:
    """Write a speed with a few digits; it may be too large for a float."""
    return f"{(Decimal(speed.numerator) / Decimal(speed.denominator)).normalize():.6g}"


def us_from_utc(time: dt.datetime) -> int:
    """Convert a time into Unix microseconds; a naive one is UTC."""
    aware = time if time.tzinfo else time.replace(tzinfo=dt.UTC)
    return (aware - _UNIX) // dt.timedelta(microseconds=1)


def utc_from_us(us: int) -> dt.datetime:
    """Convert Unix microseconds into a time, UTC."""
    return _UNIX + dt.timedelta(microseconds=us)
