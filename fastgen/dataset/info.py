"""Describe a dataset: the statements of its manifest, and totals of its rows."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.dataset.layout import MANIFEST, Writer
from fastgen.dataset.manifest import Manifest, read_stamped
from fastgen.dataset.reading.event_file import DAMAGED, EventFile
from fastgen.dataset.reading.lines import index_items, read_lines
from fastgen.dataset.reading.manifest_checks import check_manifest
from fastgen.dataset.reading.orders import FileDays, locate_orders
from fastgen.dataset.reading.row_batches import read_row_batches
from fastgen.dataset.reading.stored_scenario import parse_scenario
from fastgen.dataset.reading.table_files import read_table_file
from fastgen.errors import DamageError
from fastgen.events.schema import CREATED, EVENT_TYPES, N_BEFORE_PINGS, N_TYPES_DELIVERED, PING
from fastgen.inputs.tables import read_tables
from fastgen.paths import check_input
from fastgen.roads.server_address import strip_secrets

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.manifest_entries import Network
    from fastgen.dataset.reading.lines import ItemIndex
    from fastgen.dataset.reading.manifest_checks import FilePart
    from fastgen.model.scenario import Scenario

# The columns that the totals need; others are neither read nor checked.
_SCANNED = ("order_id", "event_type_id", "ts_seconds", "items_json")


@dataclass(frozen=True)
class LocationInfo:
    """One location, or all of them together.

    Attributes
    ----------
    code, name
        The location; "total" and "" for all.
    orders, events
        Numbers of orders and events.
    pings_per_order, events_per_order
        Means; 0 without orders.
    delivery_p50_s, delivery_p95_s
        Median and 95th percentile of the seconds from order_created to delivered; None without such orders.
    revenue
        Sum of price times quantity, dollars.
    """

    code: str
    name: str
    orders: int
    events: int
    pings_per_order: float
    events_per_order: float
    delivery_p50_s: float | None
    delivery_p95_s: float | None
    revenue: float


@dataclass(frozen=True)
class DatasetInfo:
    """Description of a dataset.

    Attributes
    ----------
    path, scenario, seed, scale, clock
        Its folder, and what it was made from.
    days, first_date, last_date
        Number of days, and dates of the first and the last one.
    digest, fastgen_version, stream_version
        Content digest, and the versions that made it.
    layout, partition_by, compression
        Form of the files.
    writer
        What encoded them.
    files, bytes
        Number of event files; bytes of these and the tables.
    networks
        Road networks.
    locations, total
        Figures of each location, and of all together.
    event_types
        Number of events by type; order_cancelled only in datasets whose orders may end early.
    source
        Source of the orders: "statistical", or name and version of another one.
    """

    path: Path
    scenario: str
    seed: int
    scale: float
    clock: str
    days: int
    first_date: dt.date
    last_date: dt.date
    digest: str
    fastgen_version: str
    stream_version: int
    layout: str
    partition_by: str
    compression: str
    writer: str
    files: int
    bytes: int
    networks: tuple[Network, ...]
    locations: tuple[LocationInfo, ...]
    total: LocationInfo
    event_types: dict[str, int]
    source: str

    def to_dict(self) -> dict[str, Any]:
        """Make a dictionary that JSON can hold."""
        dates = {key: getattr(self, key).isoformat() for key in ("first_date", "last_date")}
        return {**asdict(self), "path": str(self.path), **dates}


@dataclass
class _Sums:
    """Totals of one location: rows by type, orders, revenue in cents, orders by seconds to delivery."""

    types: Counter[int] = field(default_factory=Counter)
    orders: int = 0
    cents: int = 0
    seconds: Counter[int] = field(default_factory=Counter)

    def add(self, other: _Sums) -> None:
        self.types += other.types
        self.seconds += other.seconds
        self.orders += other.orders
        self.cents += other.cents


def describe_dataset(path: str | Path) -> DatasetInfo:
    """Describe a dataset.

    Parameters
    ----------
    path
        Folder that `fastgen build` made.

    Raises
    ------
    DataError
        If there is no dataset.
    DamageError
        If its manifest, tables or files are damaged, or it changes while it is read.
    """
    folder = check_input(path, "dataset")
    manifest, stamp = read_stamped(folder)
    name = str(folder / MANIFEST)
    scenario = parse_scenario(manifest, name)
    statements, parts = check_manifest(manifest, scenario)
    for statement in statements:
        if not statement.holds:
            raise DamageError(f"{name}: {statement.expected}", folder)
    # Read only to compare their hashes with the manifest: a damaged table would give wrong revenues.
    for entry in manifest.tables:
        read_table_file(folder, entry)
    items = index_items(read_tables(folder).items)
    sums = {key: _Sums() for key in manifest.selected_ids}
    for part in parts:
        with EventFile(folder, part.entry) as file:
            try:
                _scan(file, part, items, sums, may_end_early=manifest.table_form.may_end_early)
            except DAMAGED as error:  # rows that don't make up whole orders
                raise file.damage("rows of whole orders", error) from None
    stamp.check()
    return _summarise(folder, manifest, scenario, sums)


def _scan(
    file: EventFile, part: FilePart, items: ItemIndex, sums: dict[int, _Sums], *, may_end_early: bool
) -> None:
    """Add the rows of one file to the sums of its locations."""
    days = FileDays.of(part.days)
    for batch in read_row_batches(file, _SCANNED):
        orders = locate_orders(batch, days)
        # Orders that lack rows are left out: `fastgen verify` reports them.
        if may_end_early:
            orders = orders.keep(batch.values["event_type_id"][orders.first] == CREATED)
        else:
            orders = orders.keep(orders.last - orders.first >= N_BEFORE_PINGS)
        lines = read_lines(orders, items)
        n_lines = np.diff(lines.start)
        cents = items.cents[lines.item] * lines.qty
        ts = batch.values["ts_seconds"]
        seconds = ts[orders.last] - ts[orders.first]
        row_location = np.repeat(orders.location_id, orders.last - orders.first + 1)
        kinds = batch.values["event_type_id"][: len(row_location)]
        for location_id in np.unique(orders.location_id).tolist():
            here = orders.location_id == location_id
            found = _Sums(
                types=_count(kinds[row_location == location_id]),
                orders=int(here.sum()),
                cents=int(cents[np.repeat(here, n_lines)].sum()),
                seconds=_count(seconds[here & orders.is_delivered]),
            )
            sums[location_id].add(found)


def _count(values: np.ndarray[Any, Any]) -> Counter[int]:
    distinct, counts = np.unique(values, return_counts=True)
    return Counter(dict(zip(distinct.tolist(), counts.tolist(), strict=True)))


def _summarise(folder: Path, manifest: Manifest, scenario: Scenario, sums: dict[int, _Sums]) -> DatasetInfo:
    names = {location.location_id: location.name for location in scenario.locations}
    # Counts of seconds add up, which quantiles wouldn't: those of all locations together are exact too.
    total = _Sums()
    for found in sums.values():
        total.add(found)
    return DatasetInfo(
        path=folder,
        scenario=scenario.name,
        seed=scenario.seed,
        scale=scenario.scale,
        clock=scenario.clock,
        days=scenario.days,
        first_date=scenario.start,
        last_date=scenario.start + dt.timedelta(days=scenario.days - 1),
        digest=manifest.digest,
        fastgen_version=manifest.fastgen_version,
        stream_version=manifest.stream_version,
        layout=str(manifest.layout),
        partition_by=str(manifest.partition_by),
        compression=manifest.compression,
        writer=manifest.writer or str(Writer.FASTGEN),
        files=len(manifest.files),
        bytes=sum(entry.bytes for entry in (*manifest.files, *manifest.tables)),
        # Manifests of older versions may have the whole address of a server, with its secrets.
        networks=tuple(
            replace(n, source=strip_secrets(n.source), licence=strip_secrets(n.licence))
            for n in manifest.networks
        ),
        locations=tuple(
            _location(n.code, names[n.location_id], sums[n.location_id]) for n in manifest.networks
        ),
        total=_location("total", "", total),
        event_types=_count_types(total, may_end_early=manifest.table_form.may_end_early),
        source="statistical" if manifest.source is None else manifest.source.name,
    )


def _count_types(total: _Sums, *, may_end_early: bool) -> dict[str, int]:
    names = EVENT_TYPES if may_end_early else EVENT_TYPES[:N_TYPES_DELIVERED]
    return {name: total.types[number] for number, name in enumerate(names, start=CREATED)}


def _location(code: str, name: str, sums: _Sums) -> LocationInfo:
    events, per_order = sum(sums.types.values()), max(sums.orders, 1)
    return LocationInfo(
        code=code,
        name=name,
        orders=sums.orders,
        events=events,
        pings_per_order=sums.types[PING] / per_order,
        events_per_order=events / per_order,
        delivery_p50_s=_quantile(sums.seconds, 0.50),
        delivery_p95_s=_quantile(sums.seconds, 0.95),
        revenue=sums.cents / 100,
    )


def _quantile(counts: Counter[int], share: float) -> float | None:
    """Compute a quantile of counted values, linear between two of them, as SQL's quantile_cont."""
    if not counts:
        return None
    values = sorted(counts)
    ends = np.cumsum([counts[v] for v in values])
    # Rank of the quantile among the sorted values, from 0; between two values it is not whole.
    rank = share * (int(ends[-1]) - 1)
    low, high = (values[int(np.searchsorted(ends, int(r), "right"))] for r in (rank, np.ceil(rank)))
    return low + (high - low) * (rank - int(rank))
