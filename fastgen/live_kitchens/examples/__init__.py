"""Two configs to start from: kitchens in San Francisco and Chicago."""

from __future__ import annotations

from importlib import resources

EXAMPLES = ("sanfrancisco", "chicago")


def read_example(name: str) -> str:
    """Read the text of an example."""
    return (resources.files(__name__) / f"{name}.json").read_text(encoding="utf-8")
