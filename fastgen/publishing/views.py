"""Give the downstream tables as views, in SQL that DuckDB and Spark both run.

The SELECTs stand in `sql/`, once for both engines, over order_items, events and the dimension tables. What
differs, how a view is laid over files, stands here.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from fastgen.publishing.target import Form

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# In the order in which they are made.
VIEWS = ("order_header", "item_sales", "brand_sales", "location_sales")
# Scripts laid beside a folder of tables, by engine.
VIEW_FILES = {"duckdb": "views_duckdb.sql", "spark": "views_spark.sql"}
_WITH_TS = ("order_items", "events")
# DuckDB would show the stored instants in the session's time zone, beside a date and an hour that are not;
# so here as in a DuckDB file they are plain. Spark's TIMESTAMP knows no such thing: see docs/lakehouse.md.
_PLAIN_TS = "make_timestamp(ts_seconds * 1000000)"


def load_views() -> dict[str, str]:
    """Load the SELECT of every view by name."""
    folder = resources.files("fastgen.publishing") / "sql"
    return {name: (folder / f"{name}.sql").read_text(encoding="utf-8") for name in VIEWS}


def view_script(engine: str, form: Form, folder: Path, tables: Sequence[str]) -> str:
    """Write the statements that lay views over a folder of tables, one after another, ended by semicolons.

    Parameters
    ----------
    engine
        "duckdb" or "spark".
    form
        What the tables are.
    folder
        Where they are; the statements hold its absolute path.
    tables
        Their names.
    """
    base = [_table_view(engine, form, folder.absolute() / name, name) for name in tables]
    create = "CREATE OR REPLACE VIEW" if engine == "duckdb" else "CREATE OR REPLACE TEMPORARY VIEW"
    derived = [f"{create} {name} AS\n{select.strip()}" for name, select in load_views().items()]
    return "".join(f"{statement};\n\n" for statement in (*base, *derived))


def _table_view(engine: str, form: Form, path: Path, name: str) -> str:
    if engine == "spark":
        quoted = str(path).replace("\\", "\\\\").replace("'", "\\'")
        return f"CREATE OR REPLACE TEMPORARY VIEW {name} USING {form} OPTIONS (path '{quoted}')"
    quoted = str(path).replace("'", "''")
    # Left to itself, DuckDB replaces columns by what a folder above is named, such as date=2026-03-01.
    files = f"read_parquet('{quoted}/*.parquet', hive_partitioning = false)"
    read = f"delta_scan('{quoted}')" if form is Form.DELTA else files
    select = f" SELECT * REPLACE ({_PLAIN_TS} AS ts)" if name in _WITH_TS else ""
    return f"CREATE OR REPLACE VIEW {name} AS{select} FROM {read}"
