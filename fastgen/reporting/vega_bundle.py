"""Give the JavaScript of Vega that draws the charts of a page."""

from __future__ import annotations

import contextlib
import hashlib
from importlib import metadata

from fastgen.errors import OutputError
from fastgen.files import read_regular, write_whole
from fastgen.roads.cache import default_cache_dir

# What the page's own script calls: Vega Embed, which brings Vega-Lite and Vega with it.
SNIPPET = "window.vegaEmbed = vegaEmbed;"


def load_vega_bundle() -> str:
    """Load the bundle from the cache; without it, make it, which takes some seconds.

    It is the same for the same version of vl-convert, and has no text that could end a script element.
    """
    import vl_convert  # noqa: PLC0415  # of the extra

    made_by = metadata.version("vl-convert-python")
    version = vl_convert.get_vegalite_versions()[-1]
    path = default_cache_dir() / f"vega-lite-{version}-vl-convert-{made_by}.js"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        digest, _, text = read_regular(path).decode().partition("\n")
        if hashlib.sha256(text.encode()).hexdigest() == digest:
            return text
    text = vl_convert.javascript_bundle(SNIPPET, version).replace("</script", "<\\/script")
    digest = hashlib.sha256(text.encode()).hexdigest()
    # A cache that can't be written costs only time.
    with contextlib.suppress(OutputError):
        write_whole(path, f"{digest}\n{text}".encode())
    return text
