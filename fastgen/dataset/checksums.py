"""Read and write golden checksums: digests of known datasets, and answers of queries on the canonical one.

Only `.ci/write_checksums.py` rewrites them, after a change that is meant to change the data.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from fastgen.errors import DamageError, DataError
from fastgen.events.digest import DIGEST_VERSION
from fastgen.files import read_regular, write_whole
from fastgen.records import make_record, parse_json
from fastgen.rng import STREAM_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fastgen.dataset.manifest import Manifest

CHECKSUMS_FORMAT = "fastgen-checksums"
CHECKSUMS_VERSION = 1
CHECKSUMS_FILE = "checksums.json"

# Parameters of the pinned builds by name; the first one is the canonical dataset. Other seeds and a larger
# scale reach draws that the canonical dataset doesn't.
GOLDEN_BUILDS: dict[str, dict[str, Any]] = {
    "canonical": {"seed": 42, "days": 90, "scale": 1.0},
    "seed 7": {"seed": 7, "days": 90, "scale": 1.0},
    "seed 20240229": {"seed": 20240229, "days": 90, "scale": 1.0},
    "3 days, scale 20": {"seed": 42, "days": 3, "scale": 20.0},
}


@dataclass(frozen=True)
class Golden:
    """A pinned dataset.

    Attributes
    ----------
    scenario, seed, days, scale, start, locations
        Parameters of the build; locations by code.
    stream_version, scenario_hash, dimensions_hash, networks
        The other causes of its content; networks are hashes by code.
    orders, rows, digest
        Its content.
    """

    scenario: str
    seed: int
    days: int
    scale: float
    start: str
    locations: tuple[str, ...]
    stream_version: int
    scenario_hash: str
    dimensions_hash: str
    networks: Mapping[str, str]
    orders: int
    rows: int
    digest: str

    @property
    def parameters(self) -> tuple[object, ...]:
        """Parameters that a dataset must share to be comparable."""
        return (self.scenario, self.seed, self.days, self.scale, self.start, self.locations)


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


def make_golden(manifest: Manifest) -> Golden:
    """Make the pinned form of the dataset of a manifest."""
    scenario = manifest.scenario
    return Golden(
        # A damaged manifest may lack keys or have other types: the pinned values differ then.
        scenario=str(scenario.get("name")),
        seed=scenario.get("seed", -1),
        days=scenario.get("days", -1),
        scale=scenario.get("scale", -1.0),
        start=str(scenario.get("start")),
        locations=tuple(network.code for network in manifest.networks),
        stream_version=manifest.stream_version,
        scenario_hash=manifest.scenario_hash,
        dimensions_hash=manifest.dimensions_hash,
        networks={network.code: network.hash for network in manifest.networks},
        orders=manifest.orders,
        rows=manifest.rows,
        digest=manifest.digest,
    )


def describe_golden(golden: Golden) -> str:
    """Describe the parameters of a pinned dataset in a few words."""
    return (
        f"scenario {golden.scenario!r}, seed {golden.seed}, {golden.days} days, scale {golden.scale:g}, "
        f"start {golden.start}, locations {','.join(golden.locations)}"
    )


def load_checksums(path: Path) -> Checksums:
    """Load a checksums file.

    Raises
    ------
    DataError
        If it can't be read, or isn't a checksums file of this version.
    """
    try:
        text = read_regular(path).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: expected a readable checksums file, got: {error}.") from None
    return parse_checksums(text, str(path))


def parse_checksums(text: str, name: str) -> Checksums:
    """Decode a checksums file; errors as `load_checksums`."""
    try:
        raw = parse_json(text)
        # First the versions: a file of another one may have any content.
        found = {key: raw[key] for key in ("format", "format_version", "digest_version")}
        expected = _header()
        for key, value in found.items():
            # JSON's true equals 1 in Python.
            if value != expected[key] or isinstance(value, bool):
                raise DataError(f"{name}: expected {key} {expected[key]!r}, got {value!r}.")
        datasets = {key: make_record(Golden, value) for key, value in raw["datasets"].items()}
        queries = {key: make_record(Answer, value) for key, value in raw["queries"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamageError(f"{name}: expected golden checksums, got a damaged file ({error}).") from None
    return Checksums(datasets, queries)


def write_checksums(path: Path, checksums: Checksums) -> None:
    """Write a checksums file.

    Raises
    ------
    OutputError
        If it can't be written.
    """
    content = {
        **_header(),
        "stream_version": STREAM_VERSION,
        "datasets": {name: asdict(golden) for name, golden in checksums.datasets.items()},
        "queries": {name: asdict(answer) for name, answer in checksums.queries.items()},
    }
    write_whole(path, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def _header() -> dict[str, object]:
    return {
        "format": CHECKSUMS_FORMAT,
        "format_version": CHECKSUMS_VERSION,
        "digest_version": DIGEST_VERSION,
    }
