"""Run commands that write nothing with mutated arguments, in this process."""

from __future__ import annotations

import contextlib
import io
import json
from typing import TYPE_CHECKING

from fastgen.cli import main
from tests.fuzzing.material import small_dataset

if TYPE_CHECKING:
    from pathlib import Path

_COMMANDS = (
    "slice DATASET --from 0T10:00 --to 1 --types delivered,order_created --locations sf --format csv",
    "slice DATASET --from 2024-01-01 --to 2024-01-02T12:30:15 --raw --format jsonl",
    "replay DATASET --to here --dry-run --now 2026-03-01T12:00 --speed 60 --start-day 1 --no-loop",
    "replay DATASET --to here --dry-run --format parquet --max-rows-per-file 5 --every 10s --speed 1/3",
    "plan --roads ROADS --locations sf --days 3 --scale 0.1 --seed 7 --start 2024-01-01 --workers 2",
    "plan --roads ROADS --locations sf --layout single --compression snappy --workers auto --json",
    "info DATASET --json",
    "roads show sf",
    "roads list",
)


def some_commands() -> list[bytes]:
    """Arguments of commands, as lists of JSON."""
    return [json.dumps({"args": line.split()}).encode() for line in _COMMANDS]


def run_command(data: bytes, folder: Path) -> tuple[object, ...]:
    """Run a command; return its exit code and what it prints, of an error one line."""
    try:
        args = json.loads(data)["args"]
        args = [arg for arg in args if isinstance(arg, str) and "\x00" not in arg]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ()
    dataset = small_dataset()
    places = {"DATASET": str(dataset), "ROADS": str(dataset.parent / "roads")}
    # No other absolute path, nor one that leaves the folder: what a mutated command would write stays in it.
    args = [places.get(arg, arg.replace("/", "_") if arg.startswith((".", "/")) else arg) for arg in args]
    stdout, stderr = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    redirected = contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr)
    code: object = None
    with contextlib.chdir(folder), redirected[0], redirected[1]:
        try:
            main(args)
        except SystemExit as ended:
            code = ended.code
    stdout.flush()
    said = stderr.getvalue()
    assert code in {None, 0, 1, 2}, code
    assert all(c.isprintable() or c == "\n" for c in said), said
    if code in {1, 2} and not said.startswith("Usage: "):  # which is the help of a group
        assert said.startswith("fastgen"), said
        assert said.count("\n") == 1, said
    # What is due of a replay changes with the clock.
    return code, said if code else "", b"" if "replay" in args else stdout.buffer.getvalue()
