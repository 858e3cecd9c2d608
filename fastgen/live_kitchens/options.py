"""Define the options of a live run, and the report of one batch."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fastgen.errors import FastgenError, ScenarioError
from fastgen.live_kitchens.config import LiveConfig, read_config
from fastgen.replaying.options import FORMATS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from fastgen.faults.plan import FaultPlan
    from fastgen.replaying.clock import ReplayClock

WIRES = ("live", "canonical")


@dataclass(frozen=True)
class LiveOptions:
    """The options of a live run.

    Attributes
    ----------
    roads
        Folder of CODE.roads files; a kitchen without one there takes the built-in network around it.
    wire
        "live" for rows with gk_id and location, "canonical" for those of a replay.
    format
        "jsonl", "jsonl.gz" or "parquet".
    skip
        Whether to leave out what fell due since the last run, instead of catching up.
    until
        When to end; None: with the last event of the configs.
    geocoder
        Address of a Nominatim server; None: OpenStreetMap's.
    faults
        Faults file, or the plan of one, beside the nulls of the configs; None: none.
    ledger
        File for the ledger of the faults, written when the run ends; None: none is written.
    orders
        File of orders from outside, or "-" for the standard input; None: none.
    orders_from
        Folder that files of such orders are put into; None: none.
    receipts
        File that answers each of these orders; None: nobody wants answers.

    Raises
    ------
    ScenarioError
        If a value is impossible.
    """

    roads: Path | None = None
    wire: str = "live"
    format: str = "jsonl"
    skip: bool = False
    until: dt.datetime | None = None
    geocoder: str | None = None
    faults: str | Path | FaultPlan | None = None
    ledger: str | Path | None = None
    orders: str | Path | None = None
    orders_from: str | Path | None = None
    receipts: str | Path | None = None

    def __post_init__(self) -> None:
        """Check the fields."""
        for name, words in (("wire", WIRES), ("format", FORMATS)):
            if getattr(self, name) not in words:
                raise ScenarioError(
                    f"{name}: expected one of {', '.join(words)}, got {getattr(self, name)!r}."
                )
        if self.receipts is not None and self.orders is None and self.orders_from is None:
            raise ScenarioError("receipts: expected orders or orders_from beside it, got neither.")


@dataclass(frozen=True)
class Batch:
    """What a live run has written at once.

    Attributes
    ----------
    clock
        The run's clock.
    is_history
        Whether it is the first one: all that was before the first start.
    watermark_us
        Unix microsecond, by the kitchens' clock, before which all is written.
    now_us
        The real time, Unix microseconds, at which the batch was begun.
    events, bytes, files
        Number of events; bytes and names of the files.
    orders_open
        Orders that are created and not delivered yet, in all that was written.
    control
        The control folder; None: the events went to a stream.
    """

    clock: ReplayClock
    is_history: bool
    watermark_us: int
    now_us: int
    events: int
    bytes: int
    files: tuple[str, ...]
    orders_open: int
    control: Path | None


def read_configs(configs: Sequence[str | Path | LiveConfig]) -> list[tuple[Path, LiveConfig]]:
    """Read the configs of a run, each with the file to name in errors.

    Raises
    ------
    ScenarioError
        If one is wrong, there is none, or two of them contradict each other.
    """
    # A config that was made in Python has no file, so errors name its kitchen.
    read = [
        (Path(one.location_name), one) if isinstance(one, LiveConfig) else (Path(one), read_config(Path(one)))
        for one in configs
    ]
    if not read:
        raise ScenarioError("config: expected a config file at least, got none.")
    first_path, first = read[0]
    names: dict[str, Path] = {}
    for path, config in read:
        # By its name alone a kitchen is found again in the state, and told from others on the wire.
        if config.location_name in names:
            raise ScenarioError(
                f"{path}: location_name: expected a name of its own, got {config.location_name!r}, which "
                f"{names[config.location_name]} has too."
            )
        names[config.location_name] = path
        if config.speed_up != first.speed_up:
            raise ScenarioError(
                f"{path}: speed_up: expected {first.speed_up:g}, as {first_path} has, since one clock plays "
                f"all kitchens of a run, got {config.speed_up:g}."
            )
    return read


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the name of a config file in front of errors of this block."""
    try:
        yield
    except FastgenError as error:
        # Of the same class, which decides the exit code.
        raise type(error)(f"{path}: {error}") from None
