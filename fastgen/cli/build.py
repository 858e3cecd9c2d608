"""The command `fastgen build`."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import click

from fastgen.cli import options
from fastgen.cli.printing import say
from fastgen.loading import uncollected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Unpack

    from fastgen.building.job import BuildResult
    from fastgen.building.options import Inputs


@click.command()
@options.of_dataset
@options.workers
@options.engine
@options.master
@options.overwrite
@options.output
def build(
    *,
    workers: int | None,
    engine: str,
    master: str | None,
    overwrite: bool,
    output: Path,
    **inputs: Unpack[Inputs],
) -> None:
    """Build a dataset.

    It consists of the events as Parquet, six dimension tables and a manifest. A build that was killed leaves
    nothing that looks finished; the same command goes on where it stopped. On a finished dataset, the same
    command reads every file and makes anew what was changed or removed, and nothing else.

    \b
    Examples:
      fastgen build
      fastgen build --days 7 --locations sf,chicago -o week
      fastgen build --scale 10 --workers 2 --layout single -o large
      fastgen build --scenario mine.toml --roads my_roads --overwrite
      fastgen build --kitchen stations -o queues
      fastgen build --engine spark --master local[2] --scale 10 -o large
    """  # noqa: D301  # \b keeps click from joining the lines
    began = time.perf_counter()
    if engine == "local" and master is not None:
        raise click.UsageError("--master: expected --engine spark with it.")
    # Heavy imports come after the checks of usage, so that a wrong option is reported at once.
    with uncollected():
        build_dataset = _spark_build(master, workers) if engine == "spark" else _local_build(workers)
        from fastgen.cli.progress import TerminalProgress  # noqa: PLC0415  # heavy
    with TerminalProgress() as progress:
        result = build_dataset(
            output,
            overwrite=overwrite,
            progress=progress,
            **inputs,
        )
    say(*summarise(result, time.perf_counter() - began))


def _local_build(workers: int | None) -> Callable[..., BuildResult]:
    from fastgen.building.build import build  # noqa: PLC0415  # heavy

    return partial(build, workers=workers)


def _spark_build(master: str | None, workers: int | None) -> Callable[..., BuildResult]:
    from fastgen.spark.session import require_pyspark, start_session  # noqa: PLC0415  # heavy

    if workers is not None:
        raise click.UsageError("--workers: expected --engine local with it; --master local[2] says how many.")
    # This module imports PySpark, so the check has to come first.
    require_pyspark()
    from fastgen.spark.building import build_on  # noqa: PLC0415  # heavy

    return partial(build_on, lambda: start_session(master))


def summarise(result: BuildResult, seconds: float) -> list[str]:
    """Describe the result of a build, one figure a line.

    Parameters
    ----------
    result
        The result.
    seconds
        Duration of the command, imports included.
    """
    manifest, n_files = result.manifest, len(result.manifest.files)
    n_bytes = sum(entry.bytes for entry in (*manifest.files, *manifest.tables))
    # A rate makes sense only if this run has made all events.
    took = f"{seconds:.2f} s"
    if result.files_kept == 0:
        took += f", {manifest.rows / seconds:,.0f} events/s"
    elif result.files_kept == n_files:
        took += ", all files of events were finished already"
    else:
        took += f", {result.files_kept} of {n_files} files of events were finished already"
    files = "1 file" if n_files == 1 else f"{n_files} files"
    lines = {
        "orders": f"{manifest.orders:,}",
        "events": f"{manifest.rows:,}",
        "bytes": f"{n_bytes:,} in {files} of events, {len(manifest.tables)} tables",
        "time": took,
        "digest": manifest.digest,
        "folder": str(result.path),
    }
    return [f"{name:<6}  {value}" for name, value in lines.items()]
