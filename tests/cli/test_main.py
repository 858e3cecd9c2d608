"""Commands have help that a newcomer can use, start quickly, and end trouble in one line and an exit code."""

from __future__ import annotations

import inspect
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from fastgen import FastgenError, OutputError, __version__
from fastgen.cli import cli, main
from fastgen.cli.places import Place
from fastgen.replaying import options as replay_options
from fastgen.wire import slice_file
from fastgen.wire.formats import WRITERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAVY = {"numpy", "polars", "pyarrow", "numba", "scipy", "rich", "osmnx", "networkx", "pandas", "xxhash"}

# Runs a command, and then lists on stderr what it has imported.
LIST_MODULES = """
import sys
from fastgen.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print(*sys.modules, sep="\\n", file=sys.stderr)
"""


def all_commands(group: click.Group = cli, path: str = "fastgen") -> Iterator[tuple[str, click.Command]]:
    yield path, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from all_commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(all_commands())


@pytest.mark.parametrize("path", COMMANDS)
def test_every_path_of_a_command_is_checked_before_the_command_begins(path: str) -> None:
    taken = [param for param in COMMANDS[path].params if isinstance(param.type, click.Path)]
    assert [param.name for param in taken if not isinstance(param.type, Place)] == []


@pytest.mark.parametrize(
    ("path", "formats"),
    [("fastgen slice", slice_file.FORMATS), ("fastgen replay", replay_options.FORMATS)],
)
def test_the_commands_know_every_format(path: str, formats: tuple[str, ...]) -> None:
    (option,) = (param for param in COMMANDS[path].params if param.name in {"file_format", "format"})
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == formats
    assert set(formats) <= WRITERS.keys()


def test_commands_come_in_working_order() -> None:
    expected = [
        "plan",
        "build",
        "verify",
        "info",
        "report",
        "slice",
        "replay",
        "live",
        "watch",
        "faults",
        "publish",
        "scenario",
        "roads",
        "universe",
    ]
    assert list(cli.commands) == expected
    assert cli.list_commands(click.Context(cli)) == list(cli.commands)


@pytest.mark.parametrize("path", COMMANDS)
def test_command_has_help_with_an_example(path: str) -> None:
    command = COMMANDS[path]
    assert command.help
    assert command.help.splitlines()[0].endswith((".", ":"))
    if not isinstance(command, click.Group):
        text = inspect.cleandoc(command.help)
        # \b keeps the lines of the examples apart.
        assert "\b\nExample" in text
        assert f"\n  {path}" in text
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


@pytest.mark.parametrize("path", COMMANDS)
def test_help_can_be_shown(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--help", "-h"):
        with pytest.raises(SystemExit) as ended:
            main([*path.split()[1:], flag])
        assert ended.value.code in (0, None)
        assert capsys.readouterr().out.startswith(f"Usage: {path} ")


def test_exit_codes_are_documented(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "Exit codes: 0 well, 1 a mismatch or a failed run, 2 wrong input or usage, 130 interrupted." in said
    )


@pytest.mark.parametrize(
    "args",
    [
        ["--version"],
        ["--help"],
        ["build", "--help"],
        ["roads", "fetch", "--help"],
        ["universe", "check", "--help"],
    ],
)
def test_help_loads_nothing_heavy_and_takes_under_a_fifth_of_a_second(args: list[str]) -> None:
    command = [sys.executable, "-c", LIST_MODULES, *args]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout
    assert not HEAVY & set(found.stderr.split())
    # Processor time of the best of three: other work on the machine does not count.
    assert min(processor_seconds(*args) for _ in range(3)) < 0.2


@pytest.mark.parametrize(
    "args",
    [
        "build --days 1 --locations sf,chicago --roads {roads} --workers 1 -o {out}",
        "plan --days 1",
        "info {dataset}",
        "verify {dataset}",
        "replay {dataset} --to {out} --now 2024-01-02T00:00:00Z",
    ],
)
def test_commands_without_an_engine_load_none(args: str, dataset: Path, tmp_path: Path) -> None:
    roads = dataset.parent / "roads"
    words = args.format(dataset=dataset, roads=roads, out=tmp_path / "out").split()
    command = [sys.executable, "-c", LIST_MODULES, *words]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout
    loaded = {module.split(".")[1] for module in found.stderr.split() if module.startswith("fastgen.")}
    assert "cli" in loaded
    assert not loaded & {"cooking", "queueing", "templates", "universe", "universes"}


def processor_seconds(*args: str) -> float:
    command = [sys.executable, "-m", "fastgen", *args]
    child = os.posix_spawn(
        sys.executable,
        command,
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(child, 0)
    assert status == 0
    return usage.ru_utime + usage.ru_stime


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code in (0, None)
    assert capsys.readouterr().out == f"fastgen, version {__version__}\n"


def test_runs_as_a_module() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "fastgen", "--version"], capture_output=True, text=True, check=True
    )
    assert found.stdout == f"fastgen, version {__version__}\n"


def test_group_without_a_command_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    for args in ([], ["roads"], ["scenario"]):
        with pytest.raises(SystemExit) as ended:
            main(args)
        assert ended.value.code == 2
        said = capsys.readouterr()
        assert "Usage: fastgen" in said.out + said.err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["biuld"], "fastgen: No such command 'biuld'."),
        (["--colour"], "fastgen: No such option '--colour'."),
        (["roads", "fetch"], "fastgen roads fetch: Missing option '--location'."),
        (["scenario", "check"], "fastgen scenario check: Missing argument 'FILES...'."),
    ],
)
def test_wrong_usage_is_one_line(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(args)
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(message)
    assert said.err.count("\n") == 1
    assert said.err.endswith("--help'.\n")


@pytest.mark.parametrize(
    ("trouble", "code", "line"),
    [
        (FastgenError("two\nlines, got 3."), 2, "fastgen: two lines, got 3."),
        (OutputError("out: no."), 1, "fastgen: out: no."),
        (OSError(28, "No space left on device", "/x"), 1, "fastgen: /x: No space left on device."),
        (PermissionError(13, "Permission denied"), 1, "fastgen: Permission denied."),
        (MemoryError(), 1, "fastgen: expected enough memory, got none."),
        (
            KeyboardInterrupt(),
            130,
            "fastgen: interrupted; nothing half-written is left, and the same command goes on.",
        ),
    ],
)
def test_trouble_inside_is_one_line_and_an_exit_code(
    trouble: BaseException,
    code: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @click.command()
    def fails() -> None:
        raise trouble

    monkeypatch.setitem(cli.commands, "fails", fails)
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # this process goes on
    with pytest.raises(SystemExit) as ended:
        main(["fails"])
    assert ended.value.code == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.strip("\n") == line


def test_reader_that_leaves_early_is_no_traceback() -> None:
    """As in `fastgen scenario show | head -1`."""
    command = [sys.executable, "-m", "fastgen", "scenario", "show"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion_knows_the_commands(shell: str) -> None:
    env = os.environ | {
        "_FASTGEN_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "fastgen ve",
        "COMP_CWORD": "1",
    }
    env["COMP_CWORD"] = "ve" if shell == "fish" else "1"
    code = "from fastgen.cli import main; main()"
    found = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert "verify" in found.stdout
    assert "build" not in found.stdout


@pytest.mark.parametrize("character", ["9", "\x1b", "大", "\udcff"])
def test_message_that_quotes_very_much_is_cut_in_its_middle(
    character: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    def fails() -> None:
        raise FastgenError(f"days: expected a number, got {character * 100_000}, which is none.")

    monkeypatch.setitem(cli.commands, "fails", fails)
    with pytest.raises(SystemExit):
        main(["fails"])
    line = capsys.readouterr().err
    assert len(line) < 2100
    assert line.startswith("fastgen: days: expected a number, got ")
    assert line.endswith(", which is none.\n")
