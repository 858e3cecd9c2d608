"""The command `fastgen live`: run kitchens now, from one config file each."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from fastgen.cli import live_options as options
from fastgen.cli.late_compiling import announced_late_compiling
from fastgen.cli.places import Place
from fastgen.cli.printing import say, say_json
from fastgen.cli.scenario import print_scenario
from fastgen.cli.signals import ended_by_signals
from fastgen.cli.streams import STDOUT, target
from fastgen.loading import uncollected

if TYPE_CHECKING:
    import datetime as dt

    from fastgen.live_kitchens.config import LiveConfig
    from fastgen.live_kitchens.kitchen import Kitchen

ALL = "all"


@click.group(invoke_without_command=True)
@options.config
@options.config_dir
@options.to
@options.wire
@options.file_format
@options.state
@options.roads
@options.now
@options.until
@options.skip
@options.orders
@options.orders_from
@options.receipts
@options.dry_run
@options.check
@options.as_scenario
@options.geocoder
@options.faults
@options.ledger
@options.status
@options.as_json
@click.pass_context
def live(ctx: click.Context, /, **given: Any) -> None:
    """Run kitchens that live now: their history up to this minute, then their orders as they happen.

    Each config file (JSON) describes a kitchen. The first run writes the history at once; then batches
    follow, as the clock reaches them, until the configs end, --until, Ctrl-C or SIGTERM. A run that was ended
    or killed goes on where it was, and writes each event exactly once.

    \b
    Examples:
      fastgen live init configs
      fastgen live --config configs/sanfrancisco.json --to kitchens
      fastgen live --config all --config-dir configs --to kitchens
      fastgen live --config configs/chicago.json --to kitchens --orders - --receipts receipts.jsonl
      fastgen live --config configs/chicago.json --check
      fastgen live --config configs/chicago.json --as-scenario > chicago.toml
      fastgen live --config configs/chicago.json --to kitchens --faults faults.toml --ledger ledger.parquet
      fastgen live --status kitchens
    """  # noqa: D301  # \b keeps click from joining the lines
    _check_alone(ctx)
    if ctx.invoked_subcommand is not None:
        return
    if given["status"] is not None:
        _show_status(given["status"], as_json=given["as_json"])
        return
    if given["as_json"]:
        raise click.UsageError("--json: expected --status FOLDER beside it, got none.")
    configs = _config_paths(given["config"], given["config_dir"])
    if given["check"]:
        _check(configs, given["now"], given["geocoder"], given["roads"])
    elif given["as_scenario"]:
        _print_scenario(configs, given["now"], given["geocoder"])
    elif given["to"] is None:
        raise click.UsageError("--to: expected a folder, or - for the standard output, got none.")
    else:
        _run(configs, given)


@live.command()
@click.argument("folder", type=Place())
def init(folder: Path) -> None:
    """Write two example configs into FOLDER: kitchens in San Francisco and Chicago.

    \b
    Examples:
      fastgen live init configs
    """  # noqa: D301  # \b keeps click from joining the lines
    from fastgen.errors import OutputError  # noqa: PLC0415
    from fastgen.files import check_folder, kind_of, write_whole  # noqa: PLC0415
    from fastgen.live_kitchens.examples import EXAMPLES, read_example  # noqa: PLC0415

    paths = [folder / f"{name}.json" for name in EXAMPLES]
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: expected a folder to write to, got {kind_of(folder)}.")
    check_folder(folder)
    for path in paths:
        if path.exists():
            raise OutputError(f"{path}: expected no file of that name yet, but there is one.")
    for name, path in zip(EXAMPLES, paths, strict=True):
        write_whole(path, read_example(name).encode())
        say(str(path))


def _check_alone(ctx: click.Context) -> None:
    """Refuse options that would be ignored beside a command, --status, --check or --as-scenario."""
    stated = {
        option.opts[0]
        for option in ctx.command.params
        if ctx.get_parameter_source(str(option.name)) is ParameterSource.COMMANDLINE
    }
    if ctx.invoked_subcommand is not None and stated:
        raise click.UsageError(f"{min(stated)}: expected no option before {ctx.invoked_subcommand}.")
    others = stated - {"--status", "--json"}
    if "--status" in stated and others:
        raise click.UsageError(f"{min(others)}: expected no option but --json beside --status.")
    kinds = [name for name in ("--check", "--as-scenario", "--dry-run") if name in stated]
    if len(kinds) > 1:
        raise click.UsageError(f"{kinds[1]}: expected no {kinds[0]} beside it.")


def _config_paths(names: tuple[str, ...], folder: Path | None) -> list[Path]:
    """List the files of --config: paths, below --config-dir if that is given; "all" is every one there."""
    if not names:
        raise click.UsageError("--config: expected a config file, got none; see 'fastgen live init'.")
    if ALL not in names:
        return [Path(name) if folder is None else folder / name for name in names]
    if folder is None or len(names) > 1:
        raise click.UsageError("--config all: expected --config-dir DIR and no other --config beside it.")
    found = sorted(folder.glob("*.json"))
    if not found:
        raise click.UsageError(f"--config-dir {folder}: expected config files *.json, got none.")
    return found


def _read(paths: list[Path]) -> list[tuple[Path, LiveConfig]]:
    from fastgen.live_kitchens.options import read_configs  # noqa: PLC0415  # heavy

    return read_configs(paths)


def _begin(path: Path, config: LiveConfig, now: dt.datetime | None, geocoder: str | None) -> Kitchen:
    """Make the kitchen that would begin now, which checks what a config can't be checked for alone."""
    from fastgen.live_kitchens.beginning import find_kitchens  # noqa: PLC0415  # heavy
    from fastgen.replaying.clock import us_from_utc  # noqa: PLC0415  # heavy
    from fastgen.replaying.run import present_us  # noqa: PLC0415  # heavy

    now_us = present_us() if now is None else us_from_utc(now)
    (kitchen,) = find_kitchens([(path, config)], geocoder, now_us)
    return kitchen


def _check(paths: list[Path], now: dt.datetime | None, geocoder: str | None, roads: Path | None) -> None:
    """Check configs, find their places, and warn of roads that end before their customers do."""
    from fastgen.live_kitchens.kitchen import describe_small_network  # noqa: PLC0415  # heavy
    from fastgen.live_kitchens.options import naming  # noqa: PLC0415  # heavy

    for path, config in _read(paths):
        place = _begin(path, config, now, geocoder).place
        with naming(path):
            small = describe_small_network(config, place, roads)
        if small:
            say(f"{path}: {small}", err=True)
        say(
            f"{path}: valid: {config.location_name} at {place.lat:.6f}, {place.lon:.6f}, {place.timezone}, "
            f"{config.days} days, {config.orders_day_1} to {config.orders_last} orders a day"
        )


def _print_scenario(paths: list[Path], now: dt.datetime | None, geocoder: str | None) -> None:
    """Print the scenario of a config."""
    from fastgen.live_kitchens.live_faults import render_nulls  # noqa: PLC0415  # heavy

    if len(paths) != 1:
        raise click.UsageError("--as-scenario: expected one --config, since each has a seed of its own.")
    ((path, config),) = _read(paths)
    print_scenario(_begin(path, config, now, geocoder).scenario, render_nulls(config))


def _run(paths: list[Path], given: dict[str, Any]) -> None:
    """Run the kitchens until a signal, --until or their end."""
    from fastgen.cli.live_progress import LiveProgress, describe  # noqa: PLC0415  # only here

    with uncollected():
        from fastgen.live_kitchens.options import LiveOptions  # noqa: PLC0415  # heavy
        from fastgen.live_kitchens.run import Pace, preview, run  # noqa: PLC0415  # heavy

    to = given["to"]
    # With events on stdout, everything else goes to stderr.
    report = partial(say, file=sys.stderr if to == STDOUT else sys.stdout)
    live_options = LiveOptions(
        roads=given["roads"],
        wire=given["wire"],
        format=given["format"],
        skip=given["skip"],
        until=given["until"],
        geocoder=given["geocoder"],
        faults=given["faults"],
        ledger=given["ledger"],
        orders=given["orders"],
        orders_from=given["orders_from"],
        receipts=given["receipts"],
    )
    configs = _read(paths)
    announce = partial(say, err=True)
    with announced_late_compiling(), target(to) as sink:
        if given["dry_run"]:
            pace = Pace(given["now"])
            report(*describe(preview(configs, sink, given["state"], live_options, pace, announce)))
            return
        pace = Pace(given["now"], ended_by_signals())
        with LiveProgress(report) as progress:
            for batch in run(configs, sink, given["state"], live_options, pace, announce):
                progress.show(batch)


def _show_status(folder: str, *, as_json: bool) -> None:
    """Say where a run is."""
    from fastgen.live_kitchens.status import read_status  # noqa: PLC0415  # heavy
    from fastgen.replaying.run import present_us  # noqa: PLC0415  # heavy

    status = read_status(folder, present_us())
    if as_json:
        say_json(status)
    else:
        status["kitchens"] = ", ".join(status["kitchens"])
        status["running"] = "yes" if status["running"] else "no"
        say(*(f"{key:<12} {value}" for key, value in status.items()))
