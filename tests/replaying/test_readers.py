"""Who reads the stream finds every event once, and bodies that their schemas parse: DuckDB and Spark."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import fastgen
from fastgen.replaying.clock import utc_from_us
from tests.helpers import build_small
from tests.wire.reference import event_ids, read_lines

ROOT = Path(__file__).parent.parent.parent
START = 1_772_366_400_000_000


def test_duckdb_reads_the_folder(dataset: Path, tmp_path: Path) -> None:
    events = 0
    for minute in (0, 5, 60):
        now = utc_from_us(START + minute * 60_000_000)
        events += fastgen.replay(dataset, tmp_path, start_day=1, now=now, max_rows_per_file=500).events
    query = duckdb.sql(f"""
        SELECT count(*), count(DISTINCT event_id), min(ts)::TIMESTAMP < max(ts)::TIMESTAMP,
               count(*) FILTER (event_type = 'order_created'
                                AND json_array_length(body, '$.items') > 0
                                AND (body::JSON->>'$.items[0].price')::DOUBLE > 0),
               count(*) FILTER (event_type = 'order_created')
        FROM read_json('{tmp_path}/*.jsonl', columns = {{
            event_id: 'UUID', event_type: 'VARCHAR', ts: 'VARCHAR', location_id: 'INTEGER',
            order_id: 'VARCHAR', sequence: 'INTEGER', body: 'VARCHAR'}})
    """)  # noqa: S608  # our own path
    assert query is not None
    (found,) = query.fetchall()
    assert found[:3] == (events, events, True)
    assert found[3] == found[4] > 10


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs java, which is missing")
def test_spark_streams_the_folder_while_it_fills(dataset: Path, tmp_path: Path) -> None:
    """A running query reads while another process follows at high speed; then the counts agree."""
    out = tmp_path / "landing"
    out.mkdir()
    # Workers take the interpreter of this environment.
    env = os.environ | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    script = [sys.executable, "-m", "tests.replaying.spark_reader", str(out), str(tmp_path / "work")]
    follow = [sys.executable, "-m", "fastgen", "replay", str(dataset), "--to", str(out), "--follow"]
    follow += ["--start-day", "1", "--speed", "20000", "--every", "200ms", "--max-rows-per-file", "400"]
    with subprocess.Popen(
        script,
        cwd=ROOT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        assert reader.stdout.readline() == "streaming\n", reader.stderr and reader.stderr.read()[-2000:]
        with subprocess.Popen(follow, cwd=ROOT, stdout=subprocess.DEVNULL) as writer:
            # The query has seen files while more were to come.
            assert int(reader.stdout.readline()) > 0
            writer.terminate()
        assert writer.returncode == 0
        reader.stdin.write("written\n")
        reader.stdin.close()
        found = json.loads(reader.stdout.readline())
    ids = event_ids(out)
    assert found["rows"] == len(ids) == len(set(ids))
    assert found["ids"] == len(ids)
    assert found["unparsed"] == 0
    assert found["items"] > found["orders"] > 100
    assert found["late_times"] == 0


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs java, which is missing")
def test_zone_of_a_spark_session_moves_no_time_by_the_readmes_code(tmp_path: Path) -> None:
    """On 2026-03-08 clocks in Los Angeles go from two to three, a busy hour by the UTC clock."""
    (tmp_path / "utc.toml").write_text('clock = "utc"\n')
    dataset = build_small(tmp_path, locations=("sf",), days=2, scenario=tmp_path / "utc.toml")
    fastgen.replay(dataset, tmp_path / "landing", start_day=2, now=dt.datetime(2026, 3, 9, 12, tzinfo=dt.UTC))
    lines = [json.loads(line)["ts"] for line in read_lines(tmp_path / "landing")]
    skipped = sum(ts.startswith("2026-03-08 02:") for ts in lines)
    done = subprocess.run(
        [sys.executable, "-m", "tests.replaying.spark_zone"],
        cwd=tmp_path,
        env=os.environ
        | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["America/Los_Angeles"] == [len(lines), skipped]
    assert skipped > 10
    assert found["docs"] == [len(lines), 0]
