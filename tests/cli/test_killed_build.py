"""The build command is killed, or interrupted; the same command finishes it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from fastgen.dataset.layout import EVENTS, MANIFEST, WORK
from fastgen.dataset.manifest import read_manifest
from tests.cli.builds import COMMAND, run


@pytest.fixture(scope="module")
def many_parts(roads: Path) -> list[str]:
    """Options of a build of 40 files."""
    options = ["--days", "10", "--partition-by", "location_id,day", "--workers", "2", "--roads"]
    return [*options, str(roads)]


@pytest.fixture(scope="module")
def digest(many_parts: list[str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Digest of that build, unbroken."""
    out = tmp_path_factory.mktemp("unbroken")
    subprocess.run([*COMMAND, *many_parts, "-o", out], check=True, capture_output=True)
    return read_manifest(out).digest


@pytest.mark.parametrize("files", [1, 7, 20, 33, 40])
def test_killed_build_is_finished_by_the_same_command(
    files: int, many_parts: list[str], digest: str, tmp_path: Path
) -> None:
    """SIGKILL once so many files are finished: no manifest, and what is finished is kept."""
    work = tmp_path / WORK
    with subprocess.Popen([*COMMAND, *many_parts, "-o", tmp_path], stdout=subprocess.PIPE) as process:
        while process.poll() is None and len(finished_files(work)) < files:
            time.sleep(0.001)
        process.kill()
    kept = {path.stat().st_ino for path in finished_files(work)}  # the build is dead
    assert process.returncode == -signal.SIGKILL or files == 40
    if not (tmp_path / MANIFEST).exists():
        again = run(*many_parts, "-o", tmp_path)
        assert again.returncode == 0, again.stderr
        assert "files of events were finished already" in again.stdout or files == 1
        after = {path.stat().st_ino for path in (tmp_path / EVENTS).rglob("*.parquet")}
        # A file counts once it has its receipt, which comes just after it; there are two workers.
        assert len(kept - after) <= 2
    assert_finished(tmp_path, digest)


def finished_files(work: Path) -> list[Path]:
    """List the parts below a folder, which a build may be moving away meanwhile."""
    found = (Path(folder) / name for folder, _, names in os.walk(work) for name in names)
    return [path for path in found if path.name.startswith("part-")]


def assert_finished(out: Path, digest: str) -> None:
    manifest = read_manifest(out)
    assert manifest.digest == digest
    expected = {entry.path for entry in (*manifest.files, *manifest.tables)} | {MANIFEST}
    assert {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()} == expected


def test_build_killed_at_random_moments_gets_there(
    many_parts: list[str], digest: str, tmp_path: Path
) -> None:
    rng = random.Random(20240101)  # noqa: S311  # moments, no secrets
    began = time.perf_counter()
    run(*many_parts, "-o", tmp_path / "timed")
    whole_s = time.perf_counter() - began
    for _ in range(6):
        with subprocess.Popen(
            [*COMMAND, *many_parts, "-o", tmp_path / "x"], stdout=subprocess.PIPE
        ) as process:
            time.sleep(rng.uniform(0.3, 1.0) * whole_s)
            process.kill()
        if (tmp_path / "x" / MANIFEST).exists():
            break
    assert run(*many_parts, "-o", tmp_path / "x").returncode == 0
    assert_finished(tmp_path / "x", digest)


def test_ctrl_c_is_one_line_and_no_traceback(many_parts: list[str], digest: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, *many_parts, "-o", tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while process.poll() is None and len(finished_files(tmp_path / WORK)) < 3:
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate()
    assert process.returncode == 130
    assert stdout == ""
    message = "fastgen: interrupted; nothing half-written is left, and the same command goes on."
    assert stderr.split("\n") == ["", message, ""]
    assert not (tmp_path / MANIFEST).exists()
    assert not list(tmp_path.rglob(".*.tmp"))
    assert run(*many_parts, "-o", tmp_path).returncode == 0
    assert_finished(tmp_path, digest)
