"""A text in the place of a list is refused: its characters would pass for names, "14" for two kitchens."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

import fastgen
from fastgen.errors import ScenarioError
from tests.helpers import build_small

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = ("0", "1")
READERS: dict[str, Callable[..., object]] = {
    "slice_events": lambda dataset, _, **names: fastgen.slice_events(dataset, *DAY, **names),
    "write_slice": lambda dataset, _, **names: fastgen.write_slice(dataset, *DAY, io.BytesIO(), **names),
    "replay": fastgen.replay,
    "follow": lambda dataset, to, **names: next(
        fastgen.follow(dataset, to, options=fastgen.ReplayOptions(**names))
    ),
}
MAKERS: dict[str, Callable[..., object]] = {
    "build": fastgen.build,
    "plan": lambda _, **names: fastgen.plan(**names),
    "scan_scenario": lambda _, **names: fastgen.scan_scenario(**names),
    "scenario_batches": lambda _, **names: fastgen.scenario_batches(**names),
}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("small"))


@pytest.mark.parametrize(
    ("reader", "option", "text"),
    [
        *((reader, "locations", text) for reader in READERS for text in ("sf", "14")),
        *((reader, "types", "delivered") for reader in READERS if reader != "slice_events"),
    ],
)
def test_readers_refuse_a_text(reader: str, option: str, text: str, dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ScenarioError, match=rf"^{option}: expected a list such as \['{text}'\], got the text"
    ):
        READERS[reader](dataset, tmp_path / "landing", **{option: text})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("text", ["sf", "14"])
def test_makers_refuse_a_text(maker: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(
        ScenarioError, match=rf"locations: expected a list such as \['{text}'\], got the text"
    ):
        MAKERS[maker](tmp_path / "made", days=1, locations=text)
    assert list(tmp_path.iterdir()) == []
