"""What is printed is printable on any stream and any terminal, and one module prints it."""

from __future__ import annotations

import ast
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastgen.cli
from fastgen.cli import printing
from fastgen.cli.tables import show_table


@settings(deadline=None)
@given(st.text())
def test_escaped_text_is_printable_and_says_what_it_was(text: str) -> None:
    escaped = printing.escape(text)
    assert escaped.isprintable()
    assert escaped == text or not text.isprintable()


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters()),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    )
)
def test_json_is_printable_and_reads_back(value: Any) -> None:
    stream = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        printing.say_json(value)
    assert all(c.isprintable() or c == "\n" for c in stream.getvalue())
    assert json.loads(stream.getvalue()) == value


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_stream_that_lacks_a_character_gets_its_escape(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    printing.say("大通り é")
    printing.say_json({"name": "大通り"})
    sys.stdout.flush()
    first, _, rest = raw.getvalue().decode(encoding).partition("\n")
    assert first == "大通り é".encode(encoding, "backslashreplace").decode(encoding)
    assert json.loads(rest) == {"name": "大通り"}


class Terminal(io.StringIO):
    """Says that it is one."""

    def isatty(self) -> bool:
        return True


def test_table_on_a_terminal_takes_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "200")
    show_table(("name", "n"), [["[red]x[/] :smile: \x1b]0;owned\x07", "1"]], 1)
    assert r"[red]x[/] :smile: \x1b]0;owned\x07" in terminal.getvalue()


def test_one_module_prints() -> None:
    """Elsewhere only data leaves: a scenario file, events."""
    for path in Path(fastgen.cli.__file__).parent.glob("*.py"):
        calls = [n.func for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
        printed = [ast.unparse(f) for f in calls if ast.unparse(f) in {"print", "click.echo", "click.secho"}]
        allowed = {"printing": 2, "scenario": 1}
        assert len(printed) <= allowed.get(path.stem, 0), path.stem
