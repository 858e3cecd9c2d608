"""Read and write canonical_dataset/checksums.json whole: the datasets, and the answers to the queries."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastgen.dataset.checksums import Golden, checksums_header, parse_checksums
from fastgen.files import read_regular, write_whole
from fastgen.records import make_record, parse_json
from fastgen.rng import STREAM_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

GOLDEN = Path(__file__).parents[2] / "canonical_dataset" / "checksums.json"

# Parameters of the pinned builds by name; the first one is the canonical dataset. Other seeds and a larger
# scale reach draws that the canonical dataset doesn't.
GOLDEN_BUILDS: dict[str, dict[str, Any]] = {
    "canonical": {"seed": 42, "days": 90, "scale": 1.0},
    "seed 7": {"seed": 7, "days": 90, "scale": 1.0},
    "seed 20240229": {"seed": 20240229, "days": 90, "scale": 1.0},
    "3 days, scale 20": {"seed": 42, "days": 3, "scale": 20.0},
}


@dataclass(frozen=True)
class Answer:
    """The pinned answer of a query.

    Attributes
    ----------
    rows
        Number of rows.
    first
        The first row, its cells as `canonical_rows` writes them.
    sha256
        Hash over all rows.
    """

    rows: int
    first: tuple[str, ...]
    sha256: str


@dataclass(frozen=True)
class Checksums:
    """Content of a checksums file: datasets and answers by name."""

    datasets: Mapping[str, Golden]
    queries: Mapping[str, Answer]


def load_checksums(path: Path) -> Checksums:
    """Load a checksums file; a damaged one is an error of the tests, and needs no message of its own."""
    text = read_regular(path).decode()
    queries = parse_json(text)["queries"].items()
    return Checksums(
        parse_checksums(text, str(path)), {name: make_record(Answer, answer) for name, answer in queries}
    )


def write_checksums(path: Path, checksums: Checksums) -> None:
    """Write a checksums file."""
    content = {
        **checksums_header(),
        "stream_version": STREAM_VERSION,
        "datasets": {name: asdict(golden) for name, golden in checksums.datasets.items()},
        "queries": {name: asdict(answer) for name, answer in checksums.queries.items()},
    }
    write_whole(path, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())
