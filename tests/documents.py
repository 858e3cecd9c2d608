"""The documents of the repository, and the code blocks in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
# The changelog tells of what was, too.
DOCUMENTS = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *(ROOT / ".github").glob("*.md"), *sorted((ROOT / "docs").rglob("*.md")))
    if path.name != "changelog.md"
}
# Their code is run in order, and what it prints is compared with the page: tests/site/test_recipes.py.
RECIPES = [name for name in DOCUMENTS if name.startswith("docs/recipes/") or name == "docs/tutorial.md"]


def blocks(document: str, kind: str) -> list[str]:
    """Code blocks of one kind in a document; "" is the shell's."""
    found = re.findall(r"^```(\w*)[^\n]*\n(.*?)^```$", DOCUMENTS[document], re.MULTILINE | re.DOTALL)
    return [text for language, text in found if language == kind]
