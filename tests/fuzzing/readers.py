"""Read an input as fastgen does, and return what can be compared; see `Target.read`."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from functools import partial
from typing import TYPE_CHECKING, Any

from fastgen.building.part import PartResult
from fastgen.building.receipts import BUILD_FILE, decode_receipt, encode_receipt, is_of_build
from fastgen.cli.replay_options import Duration, Time
from fastgen.dataset.checksums import parse_checksums
from fastgen.dataset.index import read_index
from fastgen.dataset.instants import parse_instant
from fastgen.dataset.layout import MANIFEST
from fastgen.dataset.manifest import parse_manifest, read_manifest
from fastgen.dataset.reading.manifest_checks import check_manifest
from fastgen.dataset.reading.stored_scenario import parse_scenario
from fastgen.dataset.seal import unseal
from fastgen.dataset.verify.against import Reference
from fastgen.dataset.verify.report import Tally
from fastgen.emitting.control import Control, find_control
from fastgen.errors import DataError, FastgenError
from fastgen.inputs.loading import load_inputs
from fastgen.inputs.render import render_scenario
from fastgen.inputs.tables import read_tables, write_tables
from fastgen.model.dimensions import TABLES
from fastgen.orders.expected import check_expected_orders, expected_orders
from fastgen.publishing import delta, publication
from fastgen.replaying.clock import ReplayClock, parse_speed, us_from_utc
from fastgen.replaying.run import replay
from fastgen.spark import offsets
from fastgen.spark.options import parse_anchor, read_batch_options, read_stream_options
from tests.fuzzing.material import NOW, prepare, small_dataset, small_index, some_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _object(data: bytes) -> dict[str, Any]:
    """Read what another program has read before us; inputs that are no JSON object never come so far."""
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return raw if isinstance(raw, dict) else {}


def read_scenario(data: bytes, folder: Path) -> str:
    """Load a scenario file with its tables; what is rendered loads as the same."""
    path, again = folder / "scenario.toml", folder / "again.toml"
    path.write_bytes(data)
    scenario, dims = load_inputs(path, None)
    check_expected_orders(scenario, expected_orders(scenario))
    text = render_scenario(scenario)
    again.write_text(text, encoding="utf-8")
    assert load_inputs(again, None)[0] == scenario
    return text + dims.content_hash()


def read_dimensions(table: str, data: bytes, folder: Path) -> str:
    """Read six tables, one of them mutated; what is written is read as the same."""
    for name, content in some_tables().items():
        (folder / f"{name}.parquet").write_bytes(data if name == table else content)
    dims = read_tables(folder)
    write_tables(dims, folder / "again")
    assert read_tables(folder / "again").content_hash() == dims.content_hash()
    return dims.content_hash()


def read_dimension_columns(data: bytes, folder: Path) -> str:
    """Read tables whose values are mutated, in files that are whole."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    for name, columns in _object(data).items():
        try:
            table = pa.table(columns)
        except (pa.ArrowException, TypeError, ValueError, AttributeError, OverflowError):
            continue  # no values of one type
        if name in TABLES:
            pq.write_table(table, folder / f"{name}.parquet")
    dims = read_tables(folder)
    write_tables(dims, folder / "again")
    assert read_tables(folder / "again").content_hash() == dims.content_hash()
    scenario, _ = load_inputs(None, folder)
    return dims.content_hash() + scenario.content_hash()


def read_dataset(data: bytes, folder: Path) -> tuple[object, ...]:
    """Read a manifest, its index, its scenario and its own consistency."""
    (folder / MANIFEST).write_bytes(data)
    manifest = read_manifest(folder)
    text = manifest.to_json()
    assert parse_manifest(text, "again").to_json() == text
    index = read_index(folder)
    statements, _ = check_manifest(manifest, parse_scenario(manifest, "manifest"))
    files = index.files_between(index.epoch_s, index.end_s)
    return text, index.days, index.length_s, len(files), str(statements)


def read_reference(data: bytes, folder: Path) -> tuple[object, ...]:
    """Read what a dataset is held against: checksums or a manifest."""
    path = folder / "checksums.json"
    path.write_bytes(data)
    manifest = read_manifest(small_dataset())
    reference, tally = Reference(path), Tally()
    try:
        reference.check(manifest, manifest.days, manifest.digest, tally)
        chosen = str(tally.checks)
    except DataError as error:
        chosen = str(error)
    try:
        return chosen, parse_checksums(data.decode(), "checksums")
    except DataError:  # a manifest
        return (chosen,)


def read_receipt(data: bytes, folder: Path) -> object:
    """Read what an unfinished build says of itself, and the receipt of a file; what is none is made anew."""
    (folder / BUILD_FILE).write_bytes(data)
    assert not is_of_build(folder, "another build")
    try:
        result = decode_receipt(data)
    except ValueError:
        return None
    assert decode_receipt(encode_receipt(result)) == result
    return result


def read_publication(data: bytes, folder: Path) -> object:
    """Read what a folder says of its publication."""
    (folder / publication.STATE).write_bytes(data)
    state = publication.read_publication_state(folder)
    if state is not None:
        publication.write_publication_state(folder, state)
        assert publication.read_publication_state(folder) == state
    return state


def read_delta_log(data: bytes, folder: Path) -> object:
    """Ask the log of a Delta table which publication it holds."""
    (folder / "_delta_log").mkdir()
    (folder / "_delta_log" / f"{0:020d}.json").write_bytes(data)
    return delta._ask_log(folder, 0, publication.Publication("abc", "0123", "delta"))


def read_replay(data: bytes, folder: Path) -> tuple[object, ...]:
    """Say what a replay would emit next by its state file."""
    copy = _copy_of_replay(folder)
    copy.state.write_bytes(data)
    return _preview(copy.folder)


def read_folder_id(data: bytes, folder: Path) -> tuple[object, ...]:
    """Say what a replay would emit next into a folder of this name."""
    copy = _copy_of_replay(folder)
    (copy.path / "folder.id").write_bytes(data)
    return _preview(copy.folder)


def _copy_of_replay(folder: Path) -> Control:
    made = find_control(prepare())
    shutil.copytree(made.folder, folder / "landing")
    shutil.copytree(made.path, folder / made.path.name.replace(made.folder.name, "landing"))
    return find_control(folder / "landing")


def _preview(folder: Path) -> tuple[object, ...]:
    emitted = replay(small_dataset(), folder, now=NOW + dt.timedelta(hours=1), dry_run=True)
    simulated = None if emitted.window is None else emitted.clock.simulated(emitted.window.end_s)
    return emitted, simulated


def read_spark_options(data: bytes, folder: Path) -> tuple[object, ...]:
    """Read the options of a batch and of a stream."""
    del folder
    options = {key: value for key, value in _object(data).items() if isinstance(value, str)}
    return tuple(
        _either(partial(read, options)) for read in (read_batch_options, _read_stream, _read_batch_window)
    )


def _read_stream(options: dict[str, str]) -> object:
    return offsets.terms_of(read_stream_options(options), small_index())


def _read_batch_window(options: dict[str, str]) -> object:
    epoch_s = small_index().epoch_s
    return [parse_instant(options[name], epoch_s, name) for name in ("start", "end") if name in options]


def _either(read: Callable[[], object]) -> object:
    try:
        return read()
    except FastgenError as error:
        return str(error)


def read_spark_offset(data: bytes, folder: Path) -> tuple[object, ...]:
    """Take up a stream at an offset of its checkpoint."""
    del folder
    index, offset = small_index(), _object(data)
    begun = offsets.is_anchored(offset)
    terms = offsets.terms_of(read_stream_options({"path": "x"}), index, offset)
    virtual_s = offsets.read_position(offset, index)
    offsets.check_same_terms(offset, offset)
    written = offsets.write_offset(terms, virtual_s, index)
    assert offsets.read_position(written, index) == virtual_s
    return begun, terms, virtual_s, written


def read_times(data: bytes, folder: Path) -> tuple[object, ...]:
    """Read a text as an argument: an instant, a speed, an anchor, a length of time, a time of the present."""
    del folder
    text = data.decode(errors="surrogateescape")
    index = small_index()

    def clock() -> object:
        start = ReplayClock.start(epoch_s=0, days=3, start_day=1, now_us=0, speed=parse_speed(text))
        return start.position_at(10**15), start.real_us(10**9), parse_speed(str(start.speed))

    readers: tuple[Callable[[], object], ...] = (
        lambda: parse_instant(text, index.epoch_s, "start"),
        lambda: us_from_utc(Time().convert(text, None, None)),
        lambda: parse_anchor(text),
        lambda: Duration().convert(text, None, None),
        clock,
    )
    return tuple(_either(read) for read in readers)


def some_manifests() -> list[bytes]:
    """Manifest of a small dataset, sealed, and without its seal as those of older versions are."""
    text = (small_dataset() / MANIFEST).read_text(encoding="utf-8")
    return [text.encode(), unseal(text).encode()]


def some_receipts() -> list[bytes]:
    """Receipts of the files of a dataset."""
    manifest = read_manifest(small_dataset())
    return [encode_receipt(PartResult(entry, manifest.days)) for entry in manifest.files]


def some_states() -> list[bytes]:
    """State files of replays."""
    return [find_control(prepare()).state.read_bytes()]


def some_offsets() -> list[bytes]:
    """Offsets of streams."""
    index = small_index()
    found = []
    for options in ({}, {"speed": "7.25", "noLoop": "true", "locations": "sf", "types": "delivered"}):
        terms = offsets.terms_of(read_stream_options({"path": "x", **options, "anchor": "2026-03-01"}), index)
        found += [
            json.dumps(offsets.write_offset(terms, index.first_s + s, index)).encode() for s in (0, 10**6)
        ]
    return found
