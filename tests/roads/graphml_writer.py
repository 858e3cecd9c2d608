"""Write a street graph as GraphML in the spellings of different programs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import networkx as nx

NAMESPACE = "http://graphml.graphdrawing.org/xmlns"


def write_python_list(values: list[Any]) -> str:
    """As osmnx does."""
    return str(values)


def write_set(values: list[Any]) -> str:
    return str(set(values))


def write_numpy_list(values: list[Any]) -> str:
    return "[" + " ".join(map(repr, values)) + "]"


def write_tuple(values: list[Any]) -> str:
    return str(tuple(values))


def write_array(values: list[Any]) -> str:
    return f"array({values}, dtype=object)"


def write_frozenset(values: list[Any]) -> str:
    return str(frozenset(values))


LIST_STYLES = (
    write_python_list,
    json.dumps,
    write_tuple,
    write_array,
    write_set,
    write_frozenset,
    write_numpy_list,
)


@dataclass(frozen=True)
class Spelling:
    """How to write it; the defaults are osmnx's own."""

    namespace: str | None = NAMESPACE
    node_id: Callable[[int], str] = str
    write_list: Callable[[list[Any]], str] = write_python_list
    types: dict[str, str] = field(default_factory=dict)
    key_for: dict[str, str] = field(default_factory=dict)
    missing: str | None = None
    simplified: str | None = "True"
    with_edge_ids: bool = True
    with_geometry: bool = True
    edges_first: bool = False
    encoding: str = "utf-8"
    more: dict[str, str] = field(default_factory=dict)


def write_graphml(graph: nx.MultiDiGraph, path: Path, spelling: Spelling) -> Path:
    """Write a graph with its y, x, length, name, osmid, highway and geometry, and `more` on every element."""
    nodes = [_node(node, data, spelling) for node, data in graph.nodes(data=True)]
    edges = [_edge(u, v, key, data, spelling) for u, v, key, data in graph.edges(keys=True, data=True)]
    flag = [] if spelling.simplified is None else [f'<data key="g0">{spelling.simplified}</data>']
    keys = [
        *(_key("node", name, spelling) for name in ("y", "x", *spelling.more)),
        *(_key("edge", name, spelling) for name in _edge_values(spelling)),
        '<key id="g0" for="graph" attr.name="simplified" attr.type="string"/>',
    ]
    namespace = "" if spelling.namespace is None else f" xmlns={quoteattr(spelling.namespace)}"
    body = (*edges, *nodes) if spelling.edges_first else (*nodes, *edges)
    text = "\n".join(
        [
            f'<?xml version="1.0" encoding="{spelling.encoding}"?>',
            f"<graphml{namespace}>",
            *keys,
            '<graph edgedefault="directed">',
            *flag,
            *body,
            "</graph></graphml>",
        ]
    )
    path.write_bytes(text.encode(spelling.encoding, "xmlcharrefreplace"))
    return path


def _edge_values(spelling: Spelling) -> tuple[str, ...]:
    geometry = ("geometry",) if spelling.with_geometry else ()
    return ("length", "name", "osmid", "highway", *geometry, *spelling.more)


def _key(kind: str, name: str, spelling: Spelling) -> str:
    found = spelling.types.get(name, "string")
    typed = f' attr.type="{found}"' if found else ""
    return f'<key id="{kind[0]}_{name}" for="{spelling.key_for.get(name, kind)}" attr.name="{name}"{typed}/>'


def _data(kind: str, name: str, value: Any, spelling: Spelling) -> str:
    if value is None:
        value = spelling.missing
    if value is None:
        return ""
    text = spelling.write_list(value) if isinstance(value, list) else str(value)
    return f'<data key="{kind[0]}_{name}">{escape(text)}</data>'


def _node(node: int, data: dict[str, Any], spelling: Spelling) -> str:
    values = "".join(_data("node", name, data[name], spelling) for name in "yx")
    values += "".join(_data("node", name, text, spelling) for name, text in spelling.more.items())
    return f"<node id={quoteattr(spelling.node_id(node))}>{values}</node>"


def _edge(u: int, v: int, key: int, data: dict[str, Any], spelling: Spelling) -> str:
    ends = f"source={quoteattr(spelling.node_id(u))} target={quoteattr(spelling.node_id(v))}"
    edge_id = f' id="{key}"' if spelling.with_edge_ids else ""
    found = {**data, **spelling.more}
    values = "".join(_data("edge", name, found.get(name), spelling) for name in _edge_values(spelling))
    return f"<edge {ends}{edge_id}>{values}</edge>"
