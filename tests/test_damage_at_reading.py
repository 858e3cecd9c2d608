"""No command gives a wrong row of a damaged dataset: what it reads is right, or it ends in one line.

`verify` finds every bit; a reader finds those that it reads. Rows that a reader gave before it came to the
damage are right ones.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastgen import scan_events, slice_events
from fastgen.dataset.verify.run import verify_dataset
from fastgen.errors import DamageError
from fastgen.parquet.codecs import COMPRESSIONS
from tests.effort import repeats
from tests.helpers import build_small, copy_of
from tests.readers import MANIFEST, READ, READERS, Cut, files_of, read_all

if TYPE_CHECKING:
    from pathlib import Path


N_FLIPS, N_CUTS = repeats(18, 500), repeats(9, 100)


@pytest.fixture(scope="module", params=COMPRESSIONS)
def dataset(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("sound"), days=2, scale=0.05, compression=request.param)


@pytest.fixture(scope="module")
def right(dataset: Path) -> dict[str, Any]:
    """Read the sound dataset by every command."""
    return read_all(dataset)


@pytest.fixture(scope="module")
def damaged(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy of the dataset that every test damages and mends again."""
    return copy_of(dataset, tmp_path_factory.mktemp("damaged"))


def kind_of(file: str) -> str:
    return "manifest" if file == MANIFEST else "events" if "/part-" in file else "tables"


def check_readers(damaged: Path, file: str, right: dict[str, Any], *, whole_file: bool) -> None:
    """Check what every reader makes of damage in a file; of all of it, or of one byte somewhere."""
    for name, reader in READERS.items():
        out, kind = Cut(), kind_of(file)
        try:
            got = reader(damaged, out)
        except DamageError as error:
            check_error(error, damaged / file)
            if isinstance(right[name], bytes):
                assert right[name].startswith(out.getvalue())
        else:
            reads = READ[name] | {"manifest"}
            assert kind not in reads, f"{name} passes over damage in {file}"
            assert not (whole_file and kind == "events"), f"{name} passes over a cut {file}"
            assert got == right[name], f"{name} is wrong after damage in {file}"


def check_error(error: DamageError, file: Path) -> None:
    """Check that an error is one line on a file, and says what to do."""
    assert error.exit_code == 1
    assert re.fullmatch(
        f"{re.escape(str(file))}: expected .*, got .* Run `fastgen verify [^`]+`.", str(error)
    )


def fails(dataset: Path) -> bool:
    try:
        return not verify_dataset(dataset).passed
    except DamageError:
        return True


def test_flipped_bits_are_found_where_they_are_read(
    dataset: Path, damaged: Path, right: dict[str, Any]
) -> None:
    """Of every file in turn, at any place: pages, their headers, footers, texts of the manifest."""
    rng, files = np.random.default_rng(10), files_of(dataset)
    for number in range(N_FLIPS):
        file = files[number % len(files)]
        data = bytearray((dataset / file).read_bytes())
        # Every third one at an end, where magic bytes, lengths and footers are.
        place = int(rng.integers(len(data)))
        place = min(place, int(rng.integers(400))) * (-1) ** number if number % 3 == 0 else place
        data[place] ^= 1 << int(rng.integers(8))
        (damaged / file).write_bytes(data)
        check_readers(damaged, file, right, whole_file=False)
        assert fails(damaged), (file, place)
        shutil.copy(dataset / file, damaged / file)
    assert read_all(damaged) == right


def test_cut_files_are_found(dataset: Path, damaged: Path, right: dict[str, Any]) -> None:
    rng, files = np.random.default_rng(11), files_of(dataset)
    for number in range(N_CUTS):
        file = files[number % len(files)]
        data = (dataset / file).read_bytes()
        (damaged / file).write_bytes(data[: int(rng.integers(len(data)))])
        check_readers(damaged, file, right, whole_file=True)
        assert fails(damaged), file
        shutil.copy(dataset / file, damaged / file)


def test_scans_check_manifest_and_ends_of_files(dataset: Path, damaged: Path) -> None:
    """What Polars finds, which reads the rows later, is another matter: see test_page_checksums.py."""
    sound = scan_events(dataset).collect()
    for file in files_of(dataset):
        data = (dataset / file).read_bytes()
        footer = int.from_bytes(data[-8:-4], "little")
        for change in (len(data) // 2 if file == MANIFEST else -9 - footer // 2, -2, 0):
            broken = bytearray(data)
            broken[change] ^= 4
            (damaged / file).write_bytes(broken)
            if kind_of(file) == "tables":
                assert scan_events(damaged).collect().equals(sound)
                continue
            for scan in (scan_events, lambda d: slice_events(d, 0, 9)):
                with pytest.raises(DamageError, match="Run `fastgen verify"):
                    scan(damaged)
        shutil.copy(dataset / file, damaged / file)
    assert scan_events(damaged).collect().equals(sound)
