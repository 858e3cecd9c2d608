"""Write the built-in networks, or check that the stored ones are what this generator makes."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

import fastgen.roads
from benchmarks.cities.sources import numpy_draws
from fastgen.roads.roads_file import SUFFIX, encode_roads, load_roads
from fastgen.roads.synthetic.assembly import build_city

NETWORKS = Path(fastgen.roads.__file__).parent / "networks"
CITIES = ("sf", "sv", "bellevue", "chicago")


def main() -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cities", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the stored files, write nothing")
    parser.add_argument("codes", nargs="*", help="cities (default: all)")
    arguments = parser.parse_args()
    wrong = 0
    for code in arguments.codes or CITIES:
        graph = build_city(importlib.import_module(f"benchmarks.cities.{code}").PLAN, numpy_draws)
        path = NETWORKS / f"{code}{SUFFIX}"
        if arguments.check:
            same = load_roads(path).content_hash() == graph.content_hash()
            wrong += not same
            sys.stdout.write(f"{code}: {'same' if same else 'differs'}\n")
            continue
        data = encode_roads(graph)
        temporary = path.with_suffix(".tmp")
        temporary.write_bytes(data)
        temporary.replace(path)
        sys.stdout.write(f"{code}: {graph.n_nodes} nodes, {graph.n_edges} edges, {len(data)} bytes\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
