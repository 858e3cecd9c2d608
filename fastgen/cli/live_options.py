"""Define every option of `fastgen live`."""

from __future__ import annotations

import click

from fastgen.cli.options import roads
from fastgen.cli.places import Place
from fastgen.cli.replay_options import Time, ledger, state
from fastgen.cli.replay_options import replay_format as file_format

__all__ = ["file_format", "ledger", "roads", "state"]

config = click.option(
    "--config",
    multiple=True,
    type=Place(str),
    metavar="FILE|all",
    help="Config of a kitchen (JSON); several for several kitchens; all: every *.json of --config-dir.",
)
config_dir = click.option(
    "--config-dir", type=Place(), metavar="DIR", help="Folder that --config names files of."
)
to = click.option(
    "--to", type=Place(str), metavar="FOLDER", help="Folder of the files; - is the standard output."
)
wire = click.option(
    "--wire",
    type=click.Choice(["live", "canonical"]),
    default="live",
    show_default=True,
    help="Rows with gk_id, location, microseconds and eta_mins, or the rows of a replay.",
)
now = click.option(
    "--now", type=Time(), metavar="TIME", help="Time (UTC) at which the clock starts.  [default: the present]"
)
until = click.option(
    "--until", type=Time(), metavar="TIME", help="Time (UTC) at which to end.  [default: the configs' end]"
)
skip = click.option(
    "--skip", is_flag=True, help="Leave out what fell due since the last run, instead of catching up."
)
orders = click.option(
    "--orders",
    type=Place(str),
    metavar="FILE|-",
    help="Take orders from a file that may grow, or from the standard input: JSON lines, see docs/live.md.",
)
orders_from = click.option(
    "--orders-from",
    type=Place(str),
    metavar="FOLDER",
    help="Take orders from files that appear in a folder: rows of order_created, or lines as of --orders.",
)
receipts = click.option(
    "--receipts",
    type=Place(str),
    metavar="FILE",
    help="Append an answer to each order from outside, a JSON line with its order_id.",
)
dry_run = click.option("--dry-run", is_flag=True, help="Say what is due, and write nothing.")
check = click.option("--check", is_flag=True, help="Check the configs, and write nothing.")
as_scenario = click.option(
    "--as-scenario", is_flag=True, help="Print the scenario file that the config stands for."
)
geocoder = click.option(
    "--geocoder",
    metavar="URL",
    help="Nominatim server that finds addresses which aren't known.  [default: OpenStreetMap's]",
)
faults = click.option(
    "--faults",
    type=Place(),
    metavar="FILE",
    help="Faults file (TOML): break the stream on purpose, beside the nulls of the configs' dq.",
)
status = click.option(
    "--status", type=Place(str), metavar="FOLDER", help="Say where the run into FOLDER is, and end."
)
as_json = click.option("--json", "as_json", is_flag=True, help="With --status: as JSON.")
