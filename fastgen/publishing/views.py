"""Make the downstream tables as views, in SQL for DuckDB and Spark.

The SELECTs are in `sql/`, the same for both engines, on order_items, events and the dimension tables. How a
view reads files differs between the engines, and is written here.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from fastgen.publishing.target import Form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# In the order in which they are created.
VIEWS = ("order_header", "item_sales", "brand_sales", "location_sales")
# Of datasets whose orders may end early also these.
VIEWS_OF_ENDINGS = ("order_status",)
# Scripts in the folder of the tables, by engine.
VIEW_FILES = {"duckdb": "views_duckdb.sql", "spark": "views_spark.sql"}

# Instants of the events are made from the column that has their seconds.
_MICROSECONDS = {"ts": "ts_seconds * 1000000"}


def view_names(*, may_end_early: bool) -> tuple[str, ...]:
    """Name the views of a dataset, whose orders may end early or not."""
    return (*VIEWS, *VIEWS_OF_ENDINGS) if may_end_early else VIEWS


def load_views(*, may_end_early: bool) -> dict[str, str]:
    """Load the SELECT of every view of a dataset by name."""
    folder, names = resources.files("fastgen.publishing") / "sql", view_names(may_end_early=may_end_early)
    return {name: (folder / f"{name}.sql").read_text(encoding="utf-8") for name in names}


def view_script(
    engine: str, form: Form, folder: Path, tables: Mapping[str, Sequence[str]], *, may_end_early: bool = False
) -> str:
    """Write the SQL statements that create views on a folder of tables, each ended by a semicolon.

    Parameters
    ----------
    engine
        "duckdb" or "spark".
    form
        Form of the tables.
    folder
        Their folder; the statements have its absolute path.
    tables
        The columns of each that are instants, by the table's name.
    may_end_early
        Whether the orders of the dataset may end early.
    """
    base = [
        _table_view(engine, form, folder.absolute() / name, name, instants)
        for name, instants in tables.items()
    ]
    views = load_views(may_end_early=may_end_early)
    create = "CREATE OR REPLACE VIEW" if engine == "duckdb" else "CREATE OR REPLACE TEMPORARY VIEW"
    derived = [f"{create} {name} AS\n{select.strip()}" for name, select in views.items()]
    return "".join(f"{statement};\n\n" for statement in (*base, *derived))


def _table_view(engine: str, form: Form, path: Path, name: str, instants: Sequence[str]) -> str:
    if engine == "spark":
        quoted = str(path).replace("\\", "\\\\").replace("'", "\\'")
        return f"CREATE OR REPLACE TEMPORARY VIEW {name} USING {form} OPTIONS (path '{quoted}')"
    quoted = str(path).replace("'", "''")
    # By default DuckDB replaces columns by the values in the names of folders above, such as date=2026-03-01.
    files = f"read_parquet('{quoted}/*.parquet', hive_partitioning = false)"
    read = f"delta_scan('{quoted}')" if form is Form.DELTA else files
    # DuckDB would show instants in the session's time zone, beside a date and an hour in UTC. So they become
    # TIMESTAMPs without a zone, as in a DuckDB file. Spark has no such type: see docs/lakehouse.md.
    plain = ", ".join(f"make_timestamp({_MICROSECONDS.get(c, f'epoch_us({c})')}) AS {c}" for c in instants)
    select = f" SELECT * REPLACE ({plain})" if instants else ""
    return f"CREATE OR REPLACE VIEW {name} AS{select} FROM {read}"
