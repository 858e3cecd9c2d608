"""Parse a GraphML file, and hand over its graph, nodes and edges one by one.

Memory holds one element: no tree is built, no entity is expanded, nothing recurses, and the sizes of values
and tags are bounded.
"""

from __future__ import annotations

from collections import defaultdict
from typing import IO, TYPE_CHECKING
from xml.parsers import expat

from fastgen.errors import DataError
from fastgen.roads.extras import quote_error, quote_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_VALUE = 1 << 22  # characters
MAX_TAG, _CHUNK = 1 << 22, 1 << 20  # bytes
_MAX_DEPTH = 100  # of nested elements; a street graph needs four
_KINDS = ("graph", "node", "edge")
_ID_KEYS = {"node": ("id",), "edge": ("source", "target")}


def wrong_graph(got: str) -> DataError:
    """Make the error that says what a file has instead of a street graph."""
    return DataError(f"expected a graph saved by osmnx, got {got}")


class GraphmlParser:
    """Parses a file, and passes on its elements with those of their values that are wanted.

    Elements of another namespace than the root's are skipped; the root needs none.

    Parameters
    ----------
    wanted
        Names of the values to pass on, by kind of element: graph, node, edge.
    take
        Called with the kind of an element, its XML attributes, and its values by name.
    """

    def __init__(
        self,
        wanted: Mapping[str, frozenset[str]],
        take: Callable[[str, dict[str, str], dict[str, str]], None],
    ) -> None:
        self._wanted, self._take = wanted, take
        self._path: list[str] = []
        self._namespace = ""
        # By kind of element: key id -> name of the value, and name -> default value.
        self._keys: dict[str, dict[str, str]] = defaultdict(dict)
        self._defaults: dict[str, dict[str, str]] = defaultdict(dict)
        self._key: dict[str, str] = {}
        self._attributes: dict[str, dict[str, str]] = {}
        self._values: dict[str, dict[str, str]] = {}
        self._n_graphs = 0
        # Dictionaries that the text of the open value goes into, and its name in each.
        self._targets: list[tuple[dict[str, str], str]] = []
        self._text: list[str] = []
        self._n_text = 0

    def parse(self, file: IO[bytes]) -> None:
        """Parse a file to its end.

        Raises
        ------
        DataError
            If it is no XML, or no GraphML with one graph.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True  # or expat hands over a text line by line
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._add_text
        # A few lines of entities that name each other can expand to gigabytes.
        parser.EntityDeclHandler = self._refuse_entity
        n_read = 0
        try:
            while chunk := file.read(_CHUNK):
                n_read += len(chunk)
                parser.Parse(chunk)
                # Expat scans an unfinished tag again with every chunk.
                if n_read - max(parser.CurrentByteIndex, 0) > MAX_TAG + _CHUNK:
                    raise wrong_graph(f"a tag of more than {MAX_TAG} bytes")
            parser.Parse(b"", True)  # noqa: FBT003  # the end, by position
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise wrong_graph(f"{quote_error(error)}") from None
        if not self._n_graphs:
            raise wrong_graph("no graph")

    def _refuse_entity(self, *_: object) -> None:
        raise wrong_graph("a declaration of an entity")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        parent = self._path[-1] if self._path else ""
        self._path.append(self._local_name(name))
        match parent, self._path[-1]:
            case "graphml", "key":
                self._add_key(attributes)
            case "key", "default":
                self._open_text([(self._defaults[kind], name) for kind, name in self._key.items()])
            case "graphml", "graph":
                self._n_graphs += 1
                if self._n_graphs > 1:
                    raise wrong_graph("several graphs")
                self._open_element("graph", attributes)
            case "graph", "node" | "edge" as kind:
                self._open_element(kind, attributes)
            case "graph" | "node" | "edge", "graph" | "hyperedge" as kind:
                raise wrong_graph(f"a {'nested graph' if kind == 'graph' else kind}")
            case "graph" | "node" | "edge", "data":
                name = self._keys[parent].get(attributes.get("key", ""), "")
                self._open_text([(self._values[parent], name)] if name else [])

    def _local_name(self, name: str) -> str:
        """Name an element without its namespace; one of another namespace than the root's has no name."""
        namespace, _, local = name.rpartition(" ")
        if not self._path:
            if local != "graphml":
                raise wrong_graph(f"the root element {quote_value(local)}")
            self._namespace = namespace
        if len(self._path) == _MAX_DEPTH:
            raise wrong_graph(f"elements nested more than {_MAX_DEPTH} deep")
        return local if namespace == self._namespace else ""

    def _add_key(self, attributes: dict[str, str]) -> None:
        """Note which values a key stands for, of one kind of element or of all."""
        if self._n_graphs:
            raise wrong_graph("a key behind the graph, where values are read already")
        key = attributes.get("id", "")
        name = attributes.get("attr.name", key)
        kinds = _KINDS if attributes.get("for", "all") == "all" else (attributes["for"],)
        self._key = {kind: name for kind in kinds if name in self._wanted.get(kind, ())}
        for kind in self._key:
            # Several keys may stand for one value: networkx writes one for each type that occurs.
            self._keys[kind][key] = name

    def _open_element(self, kind: str, attributes: dict[str, str]) -> None:
        self._attributes[kind], self._values[kind] = attributes, {}

    def _open_text(self, targets: list[tuple[dict[str, str], str]]) -> None:
        self._targets, self._text, self._n_text = targets, [], 0

    def _add_text(self, text: str) -> None:
        if self._targets:
            self._n_text += len(text)
            if self._n_text > MAX_VALUE:
                raise wrong_graph(f"a value of more than {MAX_VALUE} characters")
            self._text.append(text)

    def _end(self, _name: str) -> None:
        kind = self._path.pop()
        if kind in {"data", "default"}:
            text = "".join(self._text)
            for values, name in self._targets:
                if values.setdefault(name, text) != text:
                    two = f"{quote_value(values[name])} and {quote_value(text)}"
                    raise wrong_graph(f"{two} as {name} of {self._describe_open()}")
            self._targets = []
        elif kind in self._attributes:
            values = {**self._defaults[kind], **self._values.pop(kind)}
            self._take(kind, self._attributes.pop(kind), values)

    def _describe_open(self) -> str:
        """Name the element that is open in an error, a node or an edge by its ids."""
        kind = self._path[-1]
        attributes = self._attributes.get(kind, {})
        ids = [quote_value(attributes[key]) for key in _ID_KEYS.get(kind, ()) if key in attributes]
        return " ".join([kind, *ids])
