"""List the readers of bytes from outside; tests/data/fuzz/NAME/ has inputs of each."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastgen.emitting.state_file import checksum
from fastgen.model.dimensions import TABLES
from tests.fuzzing import live_readers, order_readers, readers, road_readers, template_readers
from tests.fuzzing.command_line import run_command, some_commands
from tests.fuzzing.material import some_tables
from tests.fuzzing.mutations import mutated_bytes, mutated_json, mutated_toml, sealed
from tests.fuzzing.oracle import Target
from tests.inputs.town_tables import TOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hypothesis.strategies import SearchStrategy

CORPUS = Path(__file__).parents[1] / "data" / "fuzz"


def _seal_state(tree: dict[str, Any]) -> bytes:
    body = {key: value for key, value in tree.items() if key != "sha256"}
    return json.dumps({**body, "sha256": checksum(body)}).encode()


def _of_table(name: str) -> Target:
    def seeds() -> list[bytes]:
        return [some_tables()[name]]

    return Target(f"table_{name}", partial(readers.read_dimensions, name), seeds, mutated_bytes, 60)


def _of_templates(name: str, file: str, seeds: Callable[[], list[bytes]]) -> Target:
    return Target(name, partial(template_readers.read_templates, file), seeds, mutated_json, 200)


def _of_roads(name: str, suffix: str, examples: int) -> Target:
    seeds = list if suffix == ".graphml" else partial(road_readers.some_files, suffix)
    return Target(name, partial(road_readers.read_import, suffix), seeds, mutated_bytes, examples)


def _town_columns() -> list[bytes]:
    return [json.dumps(TOWN).encode()]


def _mutated_cache(seeds: Sequence[bytes]) -> SearchStrategy[bytes]:
    mutated = mutated_bytes(seeds)
    return mutated | mutated.map(road_readers.seal_cached)


TARGETS = (
    Target("arguments", run_command, some_commands, mutated_json, 200),
    Target("scenario", readers.read_scenario, list, mutated_toml, 200),
    Target("manifest", readers.read_dataset, readers.some_manifests, mutated_json, 300),
    Target("checksums", readers.read_reference, readers.some_manifests, mutated_json, 300),
    Target("receipt", readers.read_receipt, readers.some_receipts, mutated_json, 600),
    Target("publication", readers.read_publication, list, mutated_json, 600),
    Target("delta_log", readers.read_delta_log, list, mutated_json, 200),
    Target("replay_state", readers.read_replay, readers.some_states, sealed(mutated_json, _seal_state), 300),
    Target(
        "live_state",
        live_readers.read_live_state,
        live_readers.some_live_states,
        sealed(mutated_json, _seal_state),
        300,
    ),
    Target("live_config", live_readers.read_live_config, live_readers.some_configs, mutated_json, 300),
    Target("order_lines", order_readers.read_order_lines, order_readers.some_order_lines, mutated_json, 200),
    Target(
        "order_journal",
        order_readers.read_order_journal,
        order_readers.some_order_journals,
        sealed(mutated_json, order_readers.seal_record),
        200,
    ),
    Target("faults", live_readers.read_faults, live_readers.some_faults, mutated_toml, 200),
    _of_templates("template_site", template_readers.SITE, template_readers.some_sites),
    _of_templates("template_brand", template_readers.BRAND, template_readers.some_brands),
    _of_templates("template_ingredients", template_readers.INGREDIENTS, template_readers.some_ingredients),
    Target("folder_id", readers.read_folder_id, list, mutated_bytes, 60),
    Target("spark_options", readers.read_spark_options, list, mutated_json, 600),
    Target("spark_offset", readers.read_spark_offset, readers.some_offsets, mutated_json, 600),
    Target("times", readers.read_times, list, mutated_bytes, 600),
    Target("table_columns", readers.read_dimension_columns, _town_columns, mutated_json, 160),
    *map(_of_table, TABLES),
    _of_roads("osm", ".osm", 300),
    _of_roads("osm_gz", ".osm.gz", 60),
    _of_roads("osm_bz2", ".osm.bz2", 60),
    _of_roads("pbf", ".osm.pbf", 200),
    _of_roads("graphml", ".graphml", 300),
    Target("overpass", road_readers.read_answer, road_readers.some_answers, mutated_json, 160),
    Target("cache", road_readers.read_cached, road_readers.some_cached, _mutated_cache, 600),
    Target("roads", road_readers.read_stored, road_readers.some_stored, road_readers.mutated_roads, 300),
)


def inputs_of(target: Target) -> dict[str, bytes]:
    """Read the inputs that are kept for a reader, by name."""
    folder = CORPUS / target.name
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*")) if path.is_file()}
