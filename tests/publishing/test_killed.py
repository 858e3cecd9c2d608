"""Half of what is published never looks whole, whenever a run dies."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from fastgen import OutputError, publish
from fastgen.publishing import folder as folder_module
from fastgen.publishing.folder import SCRATCH
from fastgen.publishing.publication import read_publication_state, scratch_folder
from fastgen.publishing.target import Form
from tests.publishing.rows import assert_events, assert_unfinished, target_of

if TYPE_CHECKING:
    from pathlib import Path

FORMS = list(Form)


# The command says what it writes on a terminal only.
PUBLISH = """
import sys
from fastgen.publishing.run import publish
publish(sys.argv[1], sys.argv[2], announce=lambda line: print(line, flush=True))
"""


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours catches it."""


@pytest.mark.parametrize("form", [Form.DELTA, Form.PARQUET])
@pytest.mark.parametrize("there", ["nothing", "another"])
@pytest.mark.parametrize("n_made", [0, 3, 7])
def test_folder_killed_between_tables_is_finished_by_the_next_run(
    form: Form,
    there: str,
    n_made: int,
    dataset: Path,
    other: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = target_of(form, tmp_path)
    if there == "another":
        publish(other, target)
    calls, make = list[Any](), folder_module._make

    def make_some(*args: Any) -> None:
        if len(calls) == n_made:
            raise Killed
        calls.append(args)
        make(*args)

    with monkeypatch.context() as patch:
        patch.setattr(folder_module, "_make", make_some)
        with pytest.raises(Killed):
            publish(dataset, target, overwrite=there == "another")
    state = read_publication_state(tmp_path / "tables")
    assert state is not None
    assert not state.finished
    done = publish(dataset, target)
    assert done.made == done.tables[n_made:]
    assert_events(target, dataset)
    assert publish(dataset, target).made == ()


@pytest.mark.parametrize("form", FORMS)
def test_killed_process_leaves_nothing_that_looks_finished(form: Form, dataset: Path, tmp_path: Path) -> None:
    """SIGKILL while order_items are written; the same command then finishes and leaves no litter."""
    target = target_of(form, tmp_path)
    announced = [sys.executable, "-c", PUBLISH, str(dataset), target]
    with subprocess.Popen(announced, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "order_items" in line:
                process.kill()
                break
    assert process.returncode == -signal.SIGKILL
    assert_unfinished(target)
    command = [sys.executable, "-m", "fastgen", "publish", str(dataset), "--to", target]
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert_events(target, dataset)
    assert not list(tmp_path.rglob("*publishing*"))


def test_second_run_at_the_same_time_is_refused(dataset: Path, tmp_path: Path) -> None:
    with (
        scratch_folder(tmp_path / SCRATCH),
        pytest.raises(OutputError, match="no other run that publishes here"),
    ):
        publish(dataset, f"parquet:{tmp_path}")
