"""Read golden checksums: pinned digests of known datasets, for `fastgen verify --against`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastgen.errors import DamageError, DataError
from fastgen.events.digest import DIGEST_VERSION
from fastgen.records import make_record, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastgen.dataset.manifest import Manifest

CHECKSUMS_FORMAT = "fastgen-checksums"
CHECKSUMS_VERSION = 1


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


def parse_checksums(text: str, name: str) -> dict[str, Golden]:
    """Decode a checksums file.

    Parameters
    ----------
    text
        Its content.
    name
        Its name, for errors.

    Returns
    -------
    dict
        The pinned datasets by name. What else the file has, such as answers to queries, is left unread.

    Raises
    ------
    DataError
        If it is a checksums file of another version.
    DamageError
        If it is damaged.
    """
    try:
        raw = parse_json(text)
        # First the versions: a file of another one may have any content.
        found = {key: raw[key] for key in ("format", "format_version", "digest_version")}
        expected = checksums_header()
        for key, value in found.items():
            # JSON's true equals 1 in Python.
            if value != expected[key] or isinstance(value, bool):
                raise DataError(f"{name}: expected {key} {expected[key]!r}, got {value!r}.")
        return {key: make_record(Golden, value) for key, value in raw["datasets"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamageError(f"{name}: expected golden checksums, got a damaged file ({error}).") from None


def checksums_header() -> dict[str, object]:
    """Return the first fields of a checksums file, which say what it is and which digests it has."""
    return {
        "format": CHECKSUMS_FORMAT,
        "format_version": CHECKSUMS_VERSION,
        "digest_version": DIGEST_VERSION,
    }
