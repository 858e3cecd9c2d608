"""Read the options of the data source. Spark passes texts, and ignores the case of names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastgen.dataset.instants import parse_wall_time
from fastgen.errors import ScenarioError
from fastgen.paths import check_input, is_url
from fastgen.replaying.clock import YEAR_10000_US, parse_speed, us_from_utc

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction
    from pathlib import Path

# Options of batches and streams, of batches only, of streams only.
BOTH = ("path", "locations", "types", "schema")
BATCH = ("start", "end")
STREAM = ("startDay", "speed", "loop", "noLoop", "anchor")
# Names of the older format "caspers", still accepted.
OLDER_NAMES = {"datasetPath": "path", "simulationStartDay": "startDay", "speedMultiplier": "speed"}
WIRE, RAW = SCHEMAS = ("wire", "raw")

# Every accepted name in lower case, with the option that it means.
_NAMES = {name.lower(): name for name in (*BOTH, *BATCH, *STREAM)}
_NAMES |= {older.lower(): name for older, name in OLDER_NAMES.items()}
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True)
class Selection:
    """The options that batches and streams have in common.

    Attributes
    ----------
    path
        Folder of the dataset, absolute.
    locations
        Codes or ids of locations; None for all.
    types
        Names of event types; None for all.
    raw
        Whether to give the stored columns instead of the wire format.
    """

    path: Path
    locations: tuple[str, ...] | None
    types: tuple[str, ...] | None
    raw: bool


@dataclass(frozen=True)
class BatchOptions:
    """The options of a batch.

    `start` and `end` are the bounds of a window of dataset time, `end` exclusive. None stands for the first
    event, or for the end of the last one.
    """

    selection: Selection
    start: str | None
    end: str | None


@dataclass(frozen=True)
class StreamOptions:
    """The options of a stream.

    None stands for the value in the stream's checkpoint; without a checkpoint, for the default of
    `ReplayOptions`. `anchor_us` is the wall clock at the start day, Unix microseconds.
    """

    selection: Selection
    start_day: int | None
    speed: Fraction | None
    loop: bool | None
    anchor_us: int | None


def read_selection(options: Mapping[str, str], default_schema: str = WIRE) -> Selection:
    """Read the options that batches and streams have in common, and check that the others can be read.

    Parameters
    ----------
    options
        The options as Spark passes them.
    default_schema
        Schema of the format, if the option "schema" is not set.

    Raises
    ------
    ScenarioError
        If an option is unknown, impossible, or given under two names.
    """
    given = _named(options)
    _read_stream_values(given)
    schema = given.get("schema", default_schema).strip().lower()
    if schema not in SCHEMAS:
        raise ScenarioError(f"schema: expected wire or raw, got {given['schema']!r}.")
    return Selection(
        _read_path(given.get("path", "")), _split(given, "locations"), _split(given, "types"), schema == RAW
    )


def read_batch_options(options: Mapping[str, str], default_schema: str = WIRE) -> BatchOptions:
    """Read the options of a batch; as `read_selection`, but refuse the options of streams."""
    given = _named(options)
    _refuse(given, STREAM, "streams", "a batch takes start and end")
    return BatchOptions(read_selection(options, default_schema), given.get("start"), given.get("end"))


def read_stream_options(options: Mapping[str, str], default_schema: str = WIRE) -> StreamOptions:
    """Read the options of a stream; as `read_selection`, but refuse the options of batches."""
    given = _named(options)
    _refuse(given, BATCH, "batches", "a stream takes startDay")
    return StreamOptions(read_selection(options, default_schema), *_read_stream_values(given))


def _named(options: Mapping[str, str]) -> dict[str, str]:
    """Map every option to its current name."""
    given: dict[str, str] = {}
    for key, value in options.items():
        name = _NAMES.get(key.lower())
        if name is None:
            raise ScenarioError(
                f"option {key}: expected one of {', '.join((*BOTH, *BATCH, *STREAM))}, got {key!r}."
            )
        if given.setdefault(name, value) != value:
            raise ScenarioError(f"{name}: expected one value, got {given[name]!r} and {value!r}.")
    return given


def _refuse(given: Mapping[str, str], names: tuple[str, ...], of: str, instead: str) -> None:
    for name in names:
        if name in given:
            raise ScenarioError(f"{name}: expected on {of} only ({instead}), got {given[name]!r}.")


def _read_path(text: str) -> Path:
    # Spark users write local paths also as file:/x and file:///x.
    path = re.sub(r"^file:(//)?(?=/)", "", text.strip())
    if not path:
        raise ScenarioError("path: expected the folder of a dataset, got none.")
    if is_url(path):
        raise ScenarioError(
            f"path: expected a folder that all of the cluster sees under one name, got the URL {text!r}."
        )
    return check_input(path, "path").absolute()


def _split(given: Mapping[str, str], name: str) -> tuple[str, ...] | None:
    if name not in given:
        return None
    parts = tuple(part.strip() for part in given[name].split(","))
    if not all(parts):
        raise ScenarioError(f"{name}: expected names with commas between them, got {given[name]!r}.")
    return parts


def _read_stream_values(
    given: Mapping[str, str],
) -> tuple[int | None, Fraction | None, bool | None, int | None]:
    """Read start day, speed, loop and anchor; None for those that are not set."""
    day, speed, anchor = (given.get(name) for name in ("startDay", "speed", "anchor"))
    if day is not None and not re.fullmatch(r"[0-9]{1,6}", day.strip()):
        raise ScenarioError(f"startDay: expected a day number such as 70, got {day!r}.")
    return (
        None if day is None else int(day),
        None if speed is None else parse_speed(speed.strip()),
        _read_loop(given),
        None if anchor is None else parse_anchor(anchor),
    )


def _read_loop(given: Mapping[str, str]) -> bool | None:
    found = set()
    for name in ("loop", "noLoop"):
        if name in given:
            value = _BOOLEANS.get(given[name].strip().lower())
            if value is None:
                raise ScenarioError(f"{name}: expected true or false, got {given[name]!r}.")
            found.add(value == (name == "loop"))  # the value of "loop", whichever option stated it
    if len(found) > 1:
        raise ScenarioError(f"noLoop: expected the contrary of loop, got {given['noLoop']!r} for both.")
    return found.pop() if found else None


def parse_anchor(text: str) -> int:
    """Read an instant of the wall clock as Unix microseconds; without a time zone it is UTC.

    Raises
    ------
    ScenarioError
        If the text is not an instant of the years 1970 to 9999.
    """
    try:
        anchor_us = us_from_utc(parse_wall_time(text.strip()))
    except ValueError:
        raise ScenarioError(f"anchor: expected an instant such as 2026-03-01T12:00Z, got {text!r}.") from None
    if not 0 <= anchor_us < YEAR_10000_US:
        raise ScenarioError(f"anchor: expected an instant of the years 1970 to 9999, UTC, got {text!r}.")
    return anchor_us
