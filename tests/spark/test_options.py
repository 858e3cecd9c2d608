"""Options: any case, older names, and one clear line for what is wrong."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from fastgen.errors import ScenarioError
from fastgen.spark.options import read_batch_options, read_selection, read_stream_options


def test_names_are_read_in_any_case_and_by_their_older_names() -> None:
    older = {"DatasetPath": "/x", "simulationstartday": "3", "SPEEDMULTIPLIER": "0.5"}
    options = read_stream_options(older)
    assert (options.start_day, options.speed) == (3, Fraction(1, 2))
    assert options.selection.path == Path("/x")
    assert options == read_stream_options({"path": "/x", "startDay": "3", "speed": "0.5"})


def test_paths_become_absolute() -> None:
    assert read_selection({"path": "here"}).path == Path.cwd() / "here"
    assert read_selection({"path": "file:///data/x"}).path == Path("/data/x")
    assert read_selection({"path": "file:/data/x"}).path == Path("/data/x")


def test_loops_may_be_asked_for_either_way() -> None:
    assert read_stream_options({"path": "x"}).loop is None
    assert read_stream_options({"path": "x", "loop": "False"}).loop is False
    assert read_stream_options({"path": "x", "noLoop": "true"}).loop is False
    assert read_stream_options({"path": "x", "noLoop": "false", "loop": "true"}).loop is True


@pytest.mark.parametrize("zone", ["", "Z", "+00:00"])
def test_anchors_without_zone_are_utc(zone: str) -> None:
    assert read_stream_options({"path": "x", "anchor": f"1970-01-01T00:00:01{zone}"}).anchor_us == 1_000_000


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, "path: expected the folder of a dataset, got none"),
        ({"path": ""}, "path: expected the folder of a dataset, got none"),
        ({"path": " "}, "path: expected the folder of a dataset, got none"),
        ({"path": "a\0b"}, "path: expected a path without null bytes"),
        ({"path": "s3://bucket/x"}, "path: expected a folder that all of the cluster sees"),
        ({"path": "x", "speeed": "3"}, "option speeed: expected one of path, "),
        ({"path": "x", "datasetPath": "y"}, "path: expected one value, got 'x' and 'y'"),
        ({"path": "x", "schema": "gold"}, "schema: expected wire or raw, got 'gold'"),
        ({"path": "x", "locations": "sf,,sv"}, "locations: expected names with commas"),
        ({"path": "x", "startDay": "-1"}, "startDay: expected a day number such as 70, got '-1'"),
        ({"path": "x", "speed": "fast"}, "speed: expected a number such as 1"),
        ({"path": "x", "loop": "yes"}, "loop: expected true or false, got 'yes'"),
        ({"path": "x", "loop": "true", "noLoop": "true"}, "noLoop: expected the contrary of loop"),
        (
            {"path": "x", "anchor": "noon"},
            "anchor: expected an instant such as .*Z, got 'noon'",
        ),
        *(
            ({"path": "x", "anchor": text}, "anchor: expected an instant such as")
            for text in (
                "20260301",
                "2026-W10-1",
                "\u0662\u0660\u0662\u0666-03-01",
                "2026-03-01T24:00",
                "2026-03-01T12+05:00",
            )
        ),
        ({"path": "x", "startDay": "\u0667\u0660"}, "startDay: expected a day number such as 70"),
        ({"path": "x", "speed": "\u0666\u0660"}, "speed: expected a number such as 1, 60 or 0.5"),
        *(
            (
                {"path": "x", "anchor": text},
                "anchor: expected an instant of the years 1970 to 9999, UTC, got '",
            )
            for text in ("1900-01-01", "0001-01-01T00:00+14:00", "9999-12-31T23:00-14:00")
        ),
        ({"path": "x", "speed": "1e9999999999"}, "speed: expected 0 < speed <= 1000000, got 1e9999999999"),
        ({"path": "x", "speed": "1e-9999999999"}, "speed: expected 0 < speed"),
        ({"path": "x", "speed": "1e-5000"}, "speed: expected 0 < speed"),
        ({"path": "x", "speed": "1e9_000_000"}, "speed: expected a number such as 1, 60 or 0.5"),
        ({"path": "x", "speed": "0." + "1" * 200}, "speed: expected a number such as 1, 60 or 0.5"),
    ],
)
def test_wrong_options_are_found_at_load(options: dict[str, str], error: str) -> None:
    with pytest.raises(ScenarioError, match=error):
        read_selection(options)


def test_batches_and_streams_have_options_of_their_own() -> None:
    with pytest.raises(ScenarioError, match="speed: expected on streams only"):
        read_batch_options({"path": "x", "speed": "3"})
    with pytest.raises(ScenarioError, match="start: expected on batches only"):
        read_stream_options({"path": "x", "start": "3"})
