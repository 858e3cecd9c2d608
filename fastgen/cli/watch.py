"""The command `fastgen watch`: show a stream on a map, while it runs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from fastgen.cli import options
from fastgen.cli.places import Place
from fastgen.cli.printing import say
from fastgen.cli.signals import ended_by_signals

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.watching.messages import Pace

PORT_MAX = 65_535


@click.command()
@click.argument("folder", type=Place())
@click.option(
    "--port",
    type=options.Count(0, PORT_MAX),
    default=8765,
    show_default=True,
    metavar="N",
    help="Port of the page; 0 takes one that is free.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Address to serve on; any other lets other machines see the page, without a password.",
)
@click.option(
    "--dataset",
    type=Place(),
    metavar="DIR",
    help="Dataset that is played: names and streets are from there, and else from the events.",
)
@options.roads
@click.option(
    "--late-after",
    type=options.Count(1, 1440),
    default=45,
    show_default=True,
    metavar="MINUTES",
    help="An open order counts as late when it is so old.",
)
def watch(
    folder: Path, port: int, host: str, dataset: Path | None, roads: Path | None, late_after: int
) -> None:
    """Show the stream that fills FOLDER on a page: drivers on a map, orders, rates, and what is wrong.

    FOLDER is one that replay, live or universe run fills. The page is served on this machine alone; nothing
    is written. It begins with the newest files, goes on when the stream stops and starts again, and ends
    with Ctrl-C. It needs the extra `fastgen[serve]`.

    \b
    Examples:
      fastgen watch landing
      fastgen watch landing --dataset dataset
      fastgen watch kitchens --port 0 --late-after 60
    """  # noqa: D301  # \b keeps click from joining the lines
    from fastgen.watching.extras import require_serve_extra  # noqa: PLC0415  # heavy

    require_serve_extra()
    from fastgen.units import S_PER_MIN  # noqa: PLC0415
    from fastgen.watching.folder import Folder, check_watched  # noqa: PLC0415  # heavy
    from fastgen.watching.server import make_app, open_socket, run_server  # noqa: PLC0415  # heavy
    from fastgen.watching.watch import Watch  # noqa: PLC0415  # heavy

    check_watched(folder)
    known = {}
    if roads is not None and dataset is None:
        raise click.UsageError("--roads: expected --dataset beside it, got none.")
    if dataset is not None:
        from fastgen.watching.known_places import read_known_places  # noqa: PLC0415  # heavy

        known = read_known_places(dataset, roads)
    watched = Watch(Folder(folder), known, late_after * S_PER_MIN, _find_pace(folder))
    stop = ended_by_signals()
    with open_socket(host, port) as opened:
        name, number = opened.getsockname()[:2]
        shown = f"[{name}]" if ":" in name else name
        say(f"watching {folder} at http://{shown}:{number}/; Ctrl-C ends it")
        app = make_app(watched, str(folder), host, announce=partial(say, err=True), is_ending=stop.is_set)
        run_server(app, opened, stop)


def _find_pace(folder: Path) -> Callable[[], Pace | None]:
    """Find what says how the stream keeps up: the state of a replay or a live run."""
    from fastgen.emitting.control import find_control  # noqa: PLC0415  # heavy
    from fastgen.errors import FastgenError  # noqa: PLC0415
    from fastgen.live_kitchens.state import read_state  # noqa: PLC0415  # heavy
    from fastgen.live_kitchens.status import read_status  # noqa: PLC0415  # heavy
    from fastgen.replaying.run import present_us  # noqa: PLC0415  # heavy
    from fastgen.watching.messages import Pace  # noqa: PLC0415
    from fastgen.watching.paces import measure_replay  # noqa: PLC0415

    def measure() -> Pace | None:
        now_us, path = present_us(), find_control(folder).state
        try:
            return measure_replay(path, now_us)
        except FastgenError:
            pass
        try:
            state = read_state(path)
            return (
                None
                if state is None
                else Pace(read_status(folder, now_us)["lag_s"], float(state.clock.speed))
            )
        except (FastgenError, OSError):  # neither; or the folder has just gone
            return None

    return measure
