"""A wrong scenario is refused by one line naming file, key, value and range, before anything is written."""

from pathlib import Path

import pytest

from fastgen.errors import ScenarioError
from fastgen.inputs.loading import load_inputs
from tests.inputs.wrong_locations import WRONG_LOCATIONS
from tests.inputs.wrong_scenarios import WRONG

REFUSED = [*WRONG, *WRONG_LOCATIONS]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty working directory, so that a stray file would be seen."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refuse(path: Path, overrides: dict[str, object] | None = None) -> str:
    with pytest.raises(ScenarioError) as refused:
        load_inputs(path, None, overrides=overrides)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[text.split("\n")[-1] for text, _ in REFUSED])
def test_wrong_scenario_is_refused(folder: Path, text: str, message: str) -> None:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    assert refuse(path) == f"{path}: {message}"
    assert [p.name for p in folder.iterdir()] == ["mine.toml"]


@pytest.mark.parametrize("text", ["days = ", "days = 30\ndays = 31", "[locations.sf", "a = 1e"])
def test_what_is_no_toml_is_refused(folder: Path, text: str) -> None:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    assert refuse(path).startswith(f"{path}: expected TOML, got an error: ")


def test_number_of_too_many_digits_is_refused(folder: Path) -> None:
    path = folder / "mine.toml"
    path.write_text(f"seed = 0x{'f' * 5000}", encoding="utf-8")
    wanted = "seed: expected 0 <= seed <= 18446744073709551615, got a number of too many digits."
    assert refuse(path) == f"{path}: {wanted}"


def test_missing_file_is_refused(folder: Path) -> None:
    path = folder / "none.toml"
    assert refuse(path) == f"{path}: expected a readable scenario file, got No such file or directory."


def test_folder_is_refused(folder: Path) -> None:
    assert refuse(folder) == f"{folder}: expected a readable scenario file, got Is a directory."


def test_other_encoding_is_refused(folder: Path) -> None:
    path = folder / "latin.toml"
    path.write_bytes('name = "Caffè"'.encode("latin-1"))
    assert refuse(path) == f"{path}: expected UTF-8, got byte 12 that is not."


def test_endless_nesting_is_refused(folder: Path) -> None:
    path = folder / "deep.toml"
    path.write_text("a = " + "[" * 100_000, encoding="utf-8")
    assert refuse(path).startswith(f"{path}: expected TOML, got an error: ")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("days", 0, "--days: expected 1 <= days <= 36500, got 0."),
        ("seed", -1, "--seed: expected 0 <= seed <= 18446744073709551615, got -1."),
        ("scale", 0.0, "--scale: expected 0 < scale <= 1e+09, got 0.0."),
        ("scale", float("nan"), "--scale: expected 0 < scale <= 1e+09, got nan."),
        (
            "start",
            "soon",
            "--start: expected a date YYYY-MM-DD, 1970-01-01 <= start <= 2400-01-01, got 'soon'.",
        ),
    ],
)
def test_wrong_option_is_refused_by_its_name(folder: Path, key: str, value: object, message: str) -> None:
    path = folder / "mine.toml"
    path.write_text("days = 10", encoding="utf-8")
    assert refuse(path, {key: value}) == message
