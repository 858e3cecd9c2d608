"""Every parameter of every command that takes a path, and texts that are odd as one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Arguments of a command that does its work, {} for the path that is tried.
READERS = (
    "plan --days 1 --locations sf --roads {roads} --scenario {}",
    "plan --days 1 --locations sf --roads {roads} --dimensions {}",
    "plan --days 1 --locations sf --roads {}",
    "build --days 1 --locations sf --roads {roads} -o {out} --scenario {}",
    "build --days 1 --locations sf --roads {roads} -o {out} --dimensions {}",
    "build --days 1 --locations sf --scale 0.1 -o {out} --roads {}",
    "verify {}",
    "verify {dataset} --against {}",
    "info {}",
    "slice {} --from 0 --to 1",
    "replay {} --to {out}",
    "publish {} --to parquet:{out}",
    "scenario show {}",
    "scenario show --dimensions {}",
    "scenario check {}",
    "scenario check {scenario} --dimensions {}",
    "roads fetch --location nowhere -o {out} --scenario {}",
    "roads import {} --location sf -o {out}",
    "roads import {osm} --location nowhere -o {out} --scenario {}",
    "roads invent --location nowhere -o {out} --scenario {}",
    "roads list --roads {}",
    "roads show {}",
    "universe check {}",
    "universe resume {} --days 2",
)
WRITERS = (
    "build --days 1 --locations sf --scale 0.1 --roads {roads} -o {}",
    "slice {dataset} --from 0T12:00 --to 0T13:00 -o {}",
    "slice {dataset} --from 0T12:00 --to 0T13:00 --raw -o {}",
    "replay {dataset} --start-day 0 --to {}",
    "replay {dataset} --start-day 0 --to {out} --state {}",
    "replay {dataset} --start-day 0 --to - --state {}",
    "publish {dataset} --to duckdb:{}",
    "publish {dataset} --to parquet:{}",
    "publish {dataset} --to delta:{}",
    "roads import {osm} --location sf -o {}",
    "roads invent --location sf --scenario {scenario} -o {}",
    "universe init {}",
    "live init {}",
)
ODD: dict[str, str] = {
    "empty": "",
    "dot": ".",
    "dot slash": "./",
    "two dots": "..",
    "root": "/",
    "root by dots": "../../../../../../../../../../../../../..",
    "root by two slashes": "//",
    "root by two slashes and dots": "//no such folder/..",
    "root behind a link": "rooted",
    "new, with a slash": "new/",
    "file": "file",
    "file, with a slash": "file/",
    "below a file": "file/below",
    "folder": "folder",
    "long name": "x" * 5000,
    "name of 256 bytes": "é" * 128,
    "long path": "/".join(["x" * 200] * 25),
    "no UTF-8": os.fsdecode(b"\xff\xfe"),
    "home": "~",
    "home of nobody": "~nobody-there/x",
    "dangling link": "dangling",
    "link to itself": "loop",
    "pipe": "pipe",
    "null device": "/dev/null",
    "full device": "/dev/full",
    "endless device": "/dev/zero",
    "unwritable": "/proc/self/x",
    "below what is unwritable": "/proc/self/x/y",
    "blank": " ",
    "blanks and a tab": " \t ",
    "line break": "two\nlines",
    "escape": "\x1b[31m",
    "option": "--",
    "URL": "s3://bucket/x",
}


def fill(folder: Path) -> None:
    """Make what the odd paths name."""
    (folder / "file").write_text("mine")
    (folder / "folder").mkdir()
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    (folder / "rooted").symlink_to("/")
    os.mkfifo(folder / "pipe")


def listing(folder: Path) -> list[tuple[str, bytes | str | None]]:
    """List all that is below a folder, with what is in the files."""

    def content(path: Path) -> bytes | str | None:
        if path.is_symlink():
            return str(path.readlink())
        return path.read_bytes() if path.is_file() else None

    return sorted((str(path.relative_to(folder)), content(path)) for path in folder.rglob("*"))


def arguments(template: str, odd: str, places: dict[str, str]) -> list[str]:
    """Put together the arguments of a command."""
    return [part.replace("{}", odd) if "{}" in part else part.format(**places) for part in template.split()]
