"""The command `fastgen info`: show what is in a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fastgen.cli import options
from fastgen.cli.places import Place
from fastgen.cli.printing import say, say_json
from fastgen.cli.tables import show_facts, show_size, show_table

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.info import DatasetInfo, LocationInfo
    from fastgen.dataset.manifest_entries import Network

_LOCATION_COLUMNS = (
    *("location", "name", "orders", "events", "pings/order", "events/order"),
    *("delivery p50", "delivery p95", "revenue"),
)


@click.command()
@click.argument("dataset", metavar="DIR", type=Place())
@options.as_json
def info(dataset: Path, as_json: bool) -> None:  # noqa: FBT001  # click passes it by name
    """Show what is in the dataset in DIR.

    From its manifest and a scan of its rows: what it was made from, files, road networks, and figures of each
    location. Delivery times run from order_created to delivered.

    \b
    Examples:
      fastgen info dataset
      fastgen info dataset --json | jq .total.orders
    """  # noqa: D301  # \b keeps click from joining the lines
    from fastgen.dataset.info import describe_dataset  # noqa: PLC0415  # heavy

    found = describe_dataset(dataset)
    if as_json:
        say_json(found.to_dict())
        return
    show_facts([*_facts(found).items(), *(("roads", _describe_network(n)) for n in found.networks)])
    say("")
    # The total is one more row. Its first two cells are texts, as those of the locations.
    show_table(_LOCATION_COLUMNS, [_location_row(row) for row in (*found.locations, found.total)], 2)
    say("")
    counts = [[kind, f"{n:,}"] for kind, n in found.event_types.items()]
    show_table(("event type", "events"), counts, 1)


def _facts(found: DatasetInfo) -> dict[str, str]:
    partition = f" by {found.partition_by}" if found.layout == "hive" else ""
    files = "1 file" if found.files == 1 else f"{found.files:,} files"
    # Manifests of fastgen's own encoder don't name a writer.
    writer = "" if found.writer == "fastgen" else f", written by {found.writer}"
    form = f"{found.layout}{partition}, {files}, {found.compression}"
    # Datasets of the statistical source state none.
    source = {} if found.source == "statistical" else {"source": found.source}
    facts = {
        "dataset": str(found.path),
        "scenario": f"{found.scenario}, seed {found.seed}, scale {found.scale:g}, clock {found.clock}",
        **source,
        "days": f"{found.days}, {found.first_date} to {found.last_date}",
        "digest": found.digest,
        "made by": f"fastgen {found.fastgen_version}, stream version {found.stream_version}",
        "layout": f"{form}, {show_size(found.bytes)}{writer}",
    }
    cancelled = found.event_types.get("order_cancelled")
    if cancelled is not None:
        delivered = found.event_types["delivered"]
        still_open = found.total.orders - delivered - cancelled
        facts["endings"] = f"{delivered:,} delivered, {cancelled:,} cancelled, {still_open:,} open"
    return facts


def _describe_network(network: Network) -> str:
    kind = "synthetic" if network.synthetic else "real"
    return f"{network.code}: {kind}; {network.source}; {network.licence}"


def _location_row(row: LocationInfo) -> list[str]:
    return [
        row.code,
        row.name,
        f"{row.orders:,}",
        f"{row.events:,}",
        f"{row.pings_per_order:.2f}",
        f"{row.events_per_order:.2f}",
        _minutes(row.delivery_p50_s),
        _minutes(row.delivery_p95_s),
        # Menus have their prices in dollars.
        f"${row.revenue:,.2f}",
    ]


def _minutes(seconds: float | None) -> str:
    # A location without orders has no median.
    return "-" if seconds is None else f"{seconds / 60:.1f} min"
