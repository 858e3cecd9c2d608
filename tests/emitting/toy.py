"""A small kitchen that emits events of its own: a producer that has nothing to do with replays.

Run as `python -m tests.emitting.toy`, it serves tasks, see `tests.forking`: `to`, a folder, or a file that
stands for a stream; `state`, the state file of a stream; `until`, the number of windows to reach.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from fastgen.emitting.emission import choose_state_path, emit_window, make_sink, open_sink
from fastgen.emitting.sink import SinkState
from fastgen.errors import DamageError
from fastgen.files import write_whole
from fastgen.wire.plain import PlainEvent, encode_event, round_number
from tests.forking import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.forking import Steps

MAX_ROWS = 4
CHUNKS, CHUNK_ROWS = 3, 3


class Lines(NamedTuple):
    """Encoded events."""

    lines: tuple[bytes, ...]

    @property
    def n_rows(self) -> int:
        return len(self.lines)

    def cut(self, first: int, last: int) -> Lines:
        return Lines(self.lines[first:last])


class LineWriter:
    """Writes encoded events."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, rows: Lines) -> None:
        for line in rows.lines:
            self._stream.write(line)

    def close(self) -> None:
        pass


class KitchenState(NamedTuple):
    """Windows emitted, the virtual clock, events sent by type; and what belongs to the sink."""

    windows: int
    clock_us: int
    sent: dict[str, int]
    sink: SinkState

    def to_json(self) -> bytes:
        return json.dumps({**self._asdict(), "sink": self.sink._asdict()}).encode()


def read_kitchen(path: Path) -> KitchenState | None:
    """Read a state file."""
    if not path.exists():
        return None
    raw = json.loads(path.read_bytes())
    if raw.keys() != set(KitchenState._fields):
        raise DamageError(f"{path}: expected the state of a kitchen, got something else.")
    sink = raw.pop("sink")
    return KitchenState(**raw, sink=SinkState(sink["folder_id"], sink["n_files"], tuple(sink["pending"])))


class Kitchen:
    """Emits windows of `CHUNKS * CHUNK_ROWS` events.

    Parameters
    ----------
    to
        Folder or stream.
    state
        State file; None: the folder's.
    steps
        Counts the steps at which it may be killed.
    """

    def __init__(self, to: Path | IO[bytes], state: Path | None, steps: Steps | None = None) -> None:
        self.sink = make_sink(to, "jsonl", MAX_ROWS)
        self._path, self._steps = choose_state_path(self.sink, state), steps
        self.state: KitchenState | None = None

    def load(self) -> SinkState | None:
        """Read the state, and check it against the sink."""
        self.state = read_kitchen(self._path)
        sink = None if self.state is None else self.state.sink
        self.sink.check(sink, self._path)
        return sink

    def run(self, until: int) -> None:
        """Emit windows, up to a number."""
        with open_sink(self.sink, self._path, self.load):
            while self.state is None or self.state.windows < until:
                self.emit(self.state or KitchenState(0, 0, {}, self.sink.new_state()))

    def emit(self, state: KitchenState) -> None:
        """Emit one window."""
        sent = dict(state.sent)

        def commit(sink: SinkState) -> None:
            self._step()
            after = KitchenState(state.windows + 1, state.clock_us + 1_500_001, sent, sink)
            write_whole(self._path, after.to_json())
            self._step()
            self.state = after

        emit_window(self.sink, self._cook(state, sent), LineWriter, state.sink, commit)
        self._step()

    def _cook(self, state: KitchenState, sent: dict[str, int]) -> Iterator[Lines]:
        for chunk in range(CHUNKS):
            self._step()
            lines = []
            for row in range(CHUNK_ROWS):
                number = (state.windows * CHUNKS + chunk) * CHUNK_ROWS + row
                name = ("order_created", "driver_picked_up")[number % 2]
                sent[name] = sent.get(name, 0) + 1
                body = {"items": [{"qty": number}]} if number % 2 == 0 else {"eta_mins": round_number(2.5, 1)}
                place = {"gk_id": "gk-1", "location": "sanfrancisco"}
                event = PlainEvent(f"id-{number}", name, state.clock_us + number, place, "A1", number, body)
                lines.append(encode_event(event, time_decimals=6))
            yield Lines(tuple(lines))

    def _step(self) -> None:
        if self._steps is not None:
            self._steps.step()


class SteppedStream:
    """A stream that writes line by line, and the last line when it is flushed; each is a step."""

    def __init__(self, path: Path, steps: Steps) -> None:
        self._file, self._steps = path.open("ab", buffering=0), steps
        self._kept = b""

    def write(self, data: bytes) -> int:
        self.flush()
        self._kept = data
        return len(data)

    def flush(self) -> None:
        self._steps.step()
        self._file.write(self._kept)
        self._kept = b""


def run(task: dict[str, Any], steps: Steps) -> None:
    """Emit windows into a folder, or into a file as a stream."""
    to, state = Path(task["to"]), task["state"]
    if state is None:
        Kitchen(to, None, steps).run(task["until"])
    else:
        stream: Any = SteppedStream(to, steps)
        Kitchen(stream, Path(state), steps).run(task["until"])


if __name__ == "__main__":
    serve(run)
