"""Read and write the manifest of a dataset: what it was made from, its content, hashes of its files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from fastgen.dataset.layout import MANIFEST, Layout, PartitionBy
from fastgen.dataset.manifest_entries import FileEntry, Network, Source
from fastgen.dataset.seal import Stamp, seal, unseal
from fastgen.errors import DamageError, DataError
from fastgen.events.day_digest import DayDigest
from fastgen.events.schema import TableForm
from fastgen.parquet.codecs import COMPRESSIONS
from fastgen.records import make_record, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FORMAT = "fastgen-dataset"
FORMAT_VERSION = 1

# Start of the name of a dataset that is not on disk, but made while it is read.
UNWRITTEN = "scenario:"
# As `to_json` writes it, so that a reader can cut the location-days off before it decodes the rest.
_DAYS_KEY = ' "location_days": '
# Left out of the JSON while they are None, as in the manifests of older versions.
_OPTIONAL = ("writer", "source")


@dataclass(frozen=True)
class Manifest:
    """A dataset's manifest.

    Attributes
    ----------
    fastgen_version, stream_version, digest_version
        Versions of the package, the random streams and the digest.
    build_id
        Hash of everything that determines the dataset and its files: equal for equal commands.
    scenario
        The complete scenario, as `Scenario.to_dict` makes it.
    scenario_hash, dimensions_hash
        Content hashes of the scenario and of the tables.
    layout, partition_by, compression, sequence_kind
        Form of the files.
    networks
        Road network of each location built.
    orders, rows, digest
        Totals, and the digest over all location-days.
    days
        The location-days, in (location_id, day) order.
    files
        Event files in the order of their rows.
    tables
        Dimension tables.
    writer
        What encoded the event files, None for fastgen's own encoder.
    source
        What made the orders, None for the statistical simulation.
    """

    fastgen_version: str
    stream_version: int
    digest_version: int
    build_id: str
    scenario: dict[str, Any]
    scenario_hash: str
    dimensions_hash: str
    layout: Layout
    partition_by: PartitionBy
    compression: str
    sequence_kind: str
    networks: tuple[Network, ...]
    orders: int
    rows: int
    digest: str
    days: tuple[DayDigest, ...]
    files: tuple[FileEntry, ...]
    tables: tuple[FileEntry, ...]
    writer: str | None = None
    source: Source | None = None

    def to_json(self) -> str:
        """Encode as JSON, with the location-days as columns and a seal at the end."""
        fields: dict[str, Any] = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            **{name: getattr(self, name) for name in self.__dataclass_fields__ if name != "days"},
            "networks": [asdict(network) for network in self.networks],
            "files": [entry.to_dict() for entry in self.files],
            "tables": [entry.to_dict() for entry in self.tables],
            "source": None if self.source is None else self.source.to_dict(),
        }
        fields = {key: value for key, value in fields.items() if value is not None or key not in _OPTIONAL}
        # One line for each value: people read manifests too.
        lines = [f' "{key}": {_list_or_value(value)}' for key, value in fields.items()]
        columns = dict(zip(DayDigest._fields, map(list, zip(*self.days, strict=True)), strict=True))
        days = [f'  "{key}": {json.dumps(values)}' for key, values in columns.items()]
        # Last, so that `_without_days` can cut them off.
        lines.append(f"{_DAYS_KEY}{{\n" + ",\n".join(days) + "\n }")
        return seal("{\n" + ",\n".join(lines) + "\n}\n")

    def expected_build_id(self) -> str:
        """Compute the build id from the other fields."""
        return compute_build_id(
            versions=(self.fastgen_version, self.stream_version, self.digest_version),
            scenario_hash=self.scenario_hash,
            dimensions_hash=self.dimensions_hash,
            networks=self.networks,
            form=(self.layout, self.partition_by, self.compression),
            writer=self.writer,
            source=self.source,
        )

    @property
    def table_form(self) -> TableForm:
        """What the event table has of its own."""
        return TableForm(self.sequence_kind, self.source is not None and self.source.may_end_early)

    @property
    def selected_ids(self) -> tuple[int, ...]:
        """Ids of the locations built."""
        return tuple(network.location_id for network in self.networks)


def compute_build_id(
    *,
    versions: tuple[str, int, int],
    scenario_hash: str,
    dimensions_hash: str,
    networks: Iterable[Network],
    form: tuple[str, str, str],
    writer: str | None = None,
    source: Source | None = None,
) -> str:
    """Hash everything that determines a dataset and its files: equal for equal commands.

    Parameters
    ----------
    versions
        Of the package, the random streams and the digest.
    scenario_hash, dimensions_hash
        Content hashes of the scenario and of the tables.
    networks
        Road networks of the locations built.
    form
        Layout, partitioning, compression.
    writer, source
        As the manifest has them. None is not hashed, so that builds from before there was a choice keep their
        ids.
    """
    # The order and form of these parts must not change: the id of every dataset depends on them.
    roads = [list(asdict(network).values()) for network in networks]
    parts: list[object] = [versions, scenario_hash, dimensions_hash, roads, form]
    parts += [] if writer is None else [{"writer": writer}]
    parts += [] if source is None else [{"source": source.to_dict()}]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _list_or_value(value: object) -> str:
    if isinstance(value, list):
        return "[\n  " + ",\n  ".join(json.dumps(v, ensure_ascii=False) for v in value) + "\n ]"
    return json.dumps(value, ensure_ascii=False)


def parse_manifest(text: str, name: str) -> Manifest:
    """Decode a manifest.

    Raises
    ------
    DataError
        If it is not a manifest, or one of another format version.
    DamageError
        If it is not JSON, differs from its seal, lacks a field or has an unknown one.
    """
    return _parse(text, name, with_days=True)


def _parse(text: str, name: str, *, with_days: bool) -> Manifest:
    try:
        text = unseal(text)
        raw = parse_json(text if with_days else _without_days(text))
        if not isinstance(raw, dict) or raw.get("format") != FORMAT:
            raise DataError(f"{name}: expected a {FORMAT} manifest, got something else.")
        # JSON's true equals 1 in Python.
        if raw["format_version"] != FORMAT_VERSION or raw["format_version"] is True:
            version = raw["format_version"]
            raise DataError(f"{name}: expected format_version {FORMAT_VERSION}, got {version!r}.")
        # A newer version may have added a field whose meaning this one doesn't know.
        unknown = raw.keys() - {"format", "format_version", "location_days", *Manifest.__dataclass_fields__}
        if unknown:
            raise ValueError(f"an unknown {min(unknown)!r}")  # noqa: TRY301  # reported like the others
        columns = raw["location_days"]
        days = tuple(DayDigest(*row) for row in zip(*(columns[f] for f in DayDigest._fields), strict=True))
        fields = {key: raw[key] for key in Manifest.__dataclass_fields__ if key not in {"days", *_OPTIONAL}}
        manifest = Manifest(
            **{
                **fields,
                "layout": Layout(raw["layout"]),
                "partition_by": PartitionBy(raw["partition_by"]),
                "networks": tuple(Network(**entry) for entry in raw["networks"]),
                "files": tuple(FileEntry(**entry) for entry in raw["files"]),
                "tables": tuple(FileEntry(**entry) for entry in raw["tables"]),
                "days": days,
                "writer": raw.get("writer"),
                "source": make_record(Source, raw["source"]) if "source" in raw else None,
            }
        )
        _check_types(manifest)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise DamageError(f"{name}: expected a whole manifest, got a damaged one ({reason}).") from None
    return manifest


def _check_types(manifest: Manifest) -> None:
    """Check that values have the types that `to_json` writes."""
    texts = [manifest.digest, manifest.build_id, manifest.sequence_kind, manifest.compression]
    texts += [entry.path for entry in (*manifest.files, *manifest.tables)]
    texts += [entry.sha256 for entry in (*manifest.files, *manifest.tables)]
    texts += [day.digest for day in manifest.days]
    texts += [t for n in manifest.networks for t in (n.code, n.hash, n.source, n.licence)]
    texts += [manifest.fastgen_version, manifest.scenario_hash, manifest.dimensions_hash]
    texts += [] if manifest.writer is None else [manifest.writer]
    texts += [entry.footer for entry in (*manifest.files, *manifest.tables) if entry.footer is not None]
    counts = [manifest.orders, manifest.rows, manifest.stream_version, manifest.digest_version]
    counts += [n for entry in (*manifest.files, *manifest.tables) for n in (entry.rows, entry.bytes)]
    counts += [network.location_id for network in manifest.networks]
    counts += [n for d in manifest.days for n in (d.location_id, d.day, d.orders, d.rows, d.bytes)]
    for value in texts:
        if not isinstance(value, str):
            raise TypeError(f"{value!r} where a text belongs")
    for count in counts:
        # JSON's true is an int in Python.
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count < 2**63:
            raise TypeError(f"{count!r} where a count belongs")
    for network in manifest.networks:
        if not isinstance(network.synthetic, bool):
            raise TypeError(f"{network.synthetic!r} where true or false belongs")
    if manifest.compression not in COMPRESSIONS:
        raise ValueError(f"compression {manifest.compression!r}")
    if not isinstance(manifest.scenario, dict):
        raise TypeError("a scenario that is no table")


def read_manifest(dataset: Path, *, with_days: bool = True) -> Manifest:
    """Read the manifest of a dataset.

    Parameters
    ----------
    dataset
        Its folder.
    with_days
        Whether to decode the location-days, the largest part of a long dataset's manifest. If not, `days` is
        empty.

    Raises
    ------
    DataError
        If there is none, or one of another format.
    DamageError
        If it is damaged.
    """
    return read_stamped(dataset, with_days=with_days)[0]


def read_stamped(dataset: Path, *, with_days: bool = True) -> tuple[Manifest, Stamp]:
    """Read the manifest of a dataset, and the stamp that identifies it; otherwise as `read_manifest`."""
    path = dataset / MANIFEST
    try:
        data, stamp = Stamp.read(path)
    except FileNotFoundError:
        if str(dataset).startswith(UNWRITTEN) and not dataset.is_dir():
            raise DataError(
                f"{dataset}: expected a folder, got the name of a dataset that was never written, which only "
                "the commands slice, replay and publish read: build it first."
            ) from None
        raise DataError(f"{path}: expected a finished dataset, got no {MANIFEST}.") from None
    except OSError as error:
        raise DataError(f"{path}: expected a readable manifest, got {error.strerror}.") from None
    try:
        return _parse(data.decode(), str(path), with_days=with_days), stamp
    except UnicodeDecodeError as error:
        what = f"{path}: expected a whole manifest, got a damaged one ({error})."
        raise DamageError(what, dataset) from None
    except DamageError as error:
        raise DamageError(error.what, dataset) from None


def _without_days(text: str) -> str:
    """Empty the location-days of a text that `to_json` wrote, where they come last; keep other texts."""
    head, found, tail = text.rpartition(_DAYS_KEY)
    if not found or tail.count("}") != 2:  # noqa: PLR2004  # their own and the manifest's
        return text
    return head + _DAYS_KEY + json.dumps({field: [] for field in DayDigest._fields}) + "}"
