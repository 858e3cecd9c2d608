"""Read what fastgen writes with the oldest and the newest version of each reader, and compare every value.

    python .ci/compare_readers.py

Each version is installed into an environment of its own, kept in ~/.cache/fastgen-readers for the next run.
The expected values are those that the newest PyArrow reads, by which `fastgen verify` computes digests. The
table in docs/readers.md lists the versions; tests/test_docs.py holds the two together.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
FASTGEN = ROOT / ".venv" / "bin" / "fastgen"
SCRIPT = Path(__file__).parent / "read_values.py"

# The oldest have packages for Python 3.11 and read DELTA_BINARY_PACKED right; the old versions of Spark are
# those in use that read DELTA_LENGTH_BYTE_ARRAY wrong.
READERS = {
    "pyarrow": ("pyarrow==10.0.1 numpy<2", "pyarrow==26.0.1"),
    "pandas": ("pandas==1.5.3 pyarrow==10.0.1 numpy<2", "pandas==3.1.1 pyarrow==26.0.1"),
    "fastparquet": ("fastparquet==2024.2.0 pandas==1.5.3 numpy<2", "fastparquet==2026.9.0 pandas==2.3.3"),
    "polars": ("polars==0.16.18 pyarrow==10.0.1 numpy<2", "polars==2.1.0"),
    "duckdb": ("duckdb==0.8.1", "duckdb==2.0.0 pytz"),
    "spark": ("pyspark==3.5.6", "pyspark==4.0.0", "pyspark==4.3.0"),
}
# These take decimals for binary fractions: they are compared on datasets and slices, not on published tables.
WITHOUT_DECIMALS = ("fastparquet==2024.2.0", "fastparquet==2026.9.0", "polars==0.16.18")

Values = dict[str, dict[str, list[object]]]


def run(*command: object) -> str:
    """Run a command; show what it says if it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def write_files(folder: Path) -> None:
    """Write files of every kind: compressions, layouts, widths of sequence, endings, slices, tables."""
    scenario = folder / "pings.toml"
    scenario.write_text("[driver]\nping_interval_s = 2\n")
    few = ("--days", "2", "--locations", "sf,chicago", "--scale", "0.3")
    run(FASTGEN, "build", *few, "-o", folder / "zstd")
    run(FASTGEN, "build", *few, "--layout", "single", "--compression", "snappy", "-o", folder / "snappy")
    run(FASTGEN, "build", *few, "--layout", "single", "--compression", "none", "-o", folder / "none")
    run(FASTGEN, "build", "--days", "1", "--locations", "sf", "--scale", "0.05", "--scenario", scenario,
        "-o", folder / "i16")  # fmt: skip
    run(FASTGEN, "build", *few, "--writer", "polars", "-o", folder / "polars")
    run(FASTGEN, "build", *few, "--writer", "polars", "--layout", "single", "--compression", "snappy",
        "-o", folder / "polars-snappy")  # fmt: skip
    # Orders that are cancelled or open: columns and row groups that have nulls where others have none.
    for writer in ("fastgen", "polars"):
        run(sys.executable, "-m", "tests.generating.closing_builds", folder / f"endings-{writer}", writer)
    if json.loads((folder / "i16" / "manifest.json").read_text())["sequence_kind"] != "i16":
        sys.exit("expected a dataset with sequences of 16 bits")
    window = ("slice", folder / "zstd", "--from", "0", "--to", "1", "--format", "parquet", "-o")
    run(FASTGEN, *window, folder / "wire.parquet")
    run(FASTGEN, *window, folder / "raw.parquet", "--raw")
    run(FASTGEN, "publish", folder / "zstd", "--to", f"parquet:{folder / 'tables'}")
    others = ("snappy", "none", "i16", "polars", "polars-snappy", "endings-fastgen", "endings-polars")
    for copy in others:  # the tables are the same as in zstd
        for path in (folder / copy).glob("*.parquet"):
            if path.name != "events.parquet":
                path.unlink()


def install(requirements: str) -> Path:
    """Make an environment with some packages, or find it; return its Python."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fastgen-readers"
    name = "-".join(requirements.split()).replace("==", "-").replace("<", "-below-")
    place = cache / f"{sys.version_info.major}.{sys.version_info.minor}-{name}"
    python, done = place / "bin" / "python", place / "installed"
    if not done.exists():
        run(sys.executable, "-m", "venv", "--clear", place)
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements.split())
        done.touch()
    return python


def load(path: Path) -> Values:
    """Load what `read_values.py` wrote."""
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {line["file"]: line["columns"] for line in lines}


def first_difference(expected: Values, found: Values) -> str:
    """Name the first value that differs; empty if none does."""
    if expected.keys() != found.keys():
        return f"files {sorted(found)} instead of {sorted(expected)}"
    for file, columns in expected.items():
        if list(columns) != list(found[file]):
            return f"{file}: columns {list(found[file])} instead of {list(columns)}"
        for name, values in columns.items():
            got = found[file][name]
            if len(values) != len(got):
                return f"{file}, {name}: {len(got)} values instead of {len(values)}"
            for row, (right, wrong) in enumerate(zip(values, got, strict=True)):
                if right != wrong or isinstance(right, str) != isinstance(wrong, str):
                    return f"{file}, {name}, row {row}: {wrong!r} instead of {right!r}"
    return ""


def without_tables(values: Values) -> Values:
    """Leave out the published tables."""
    return {file: columns for file, columns in values.items() if not file.startswith("tables/")}


def compare(reader: str, requirements: str, folder: Path, expected: Values) -> str:
    """Compare one version of a reader; return a line that says how it went."""
    python = install(requirements)
    output = folder.parent / f"{reader}-{requirements.split(maxsplit=1)[0]}.jsonl"
    run(python, SCRIPT, reader, folder, output)
    wanted, found = expected, load(output)
    if requirements.startswith(WITHOUT_DECIMALS):
        wanted, found = without_tables(wanted), without_tables(found)
    difference = first_difference(wanted, found)
    n_values = sum(len(values) for columns in wanted.values() for values in columns.values())
    return f"{'FAILED' if difference else 'ok':6}  {reader:11}  {requirements:44}  " + (
        difference or f"{n_values:,} values of {len(wanted)} files"
    )


def main() -> None:
    """Compare all readers, two at a time."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "files"
        folder.mkdir()
        write_files(folder)
        run(sys.executable, SCRIPT, "pyarrow", folder, folder.parent / "expected.jsonl")
        expected = load(folder.parent / "expected.jsonl")
        tasks = [(reader, version) for reader, versions in READERS.items() for version in versions]
        with ThreadPoolExecutor(2) as pool:
            lines = list(pool.map(lambda task: compare(*task, folder, expected), tasks[::-1]))
    print("\n".join(lines[::-1]))
    if any(line.startswith("FAILED") for line in lines):
        sys.exit(1)


if __name__ == "__main__":
    main()
