"""Put a page together: one HTML file with its style, scripts and data, which asks for nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from fastgen.reporting.theme import DARK, LIGHT, Theme

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def fill_page(
    template: str, *, style: str, scripts: list[str], data: Mapping[str, Any], values: Mapping[str, Any]
) -> str:
    """Fill a template.

    Parameters
    ----------
    template
        Its file in `assets`.
    style
        Its style sheet; the colours of both themes come before it.
    scripts
        Its scripts, which the template finds as `scripts`.
    data
        What the scripts read as JSON, by the name that the template has for it.
    values
        All else that the template shows.

    Returns
    -------
    str
        HTML.
    """
    import jinja2  # noqa: PLC0415  # of the extra
    import markupsafe  # noqa: PLC0415  # comes with it

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read_template),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    whole_style = make_variables() + style
    return environment.get_template(template).render(
        policy=_make_policy(scripts, whole_style),
        style=markupsafe.Markup(whole_style),  # noqa: S704  # our own files
        scripts=[markupsafe.Markup(script) for script in scripts],  # noqa: S704  # likewise
        **{name: _to_json(value, markupsafe.Markup) for name, value in data.items()},
        **values,
    )


def read_asset(name: str) -> str:
    """Read a file of `assets`."""
    return resources.files("fastgen.reporting").joinpath("assets", name).read_text("utf-8")


def _read_template(name: str) -> str | None:
    file = resources.files("fastgen.reporting").joinpath("assets", name)
    return file.read_text("utf-8") if file.is_file() else None


def make_variables() -> str:
    """Make the colours of the themes as properties of CSS: by the system's choice, and by the reader's."""
    light, dark = _properties(LIGHT), _properties(DARK)
    return (
        f":root{{color-scheme:light;{light}}}"
        f'@media screen and (prefers-color-scheme:dark){{:root:not([data-theme="light"])'
        f"{{color-scheme:dark;{dark}}}}}"
        f'@media screen{{:root[data-theme="dark"]{{color-scheme:dark;{dark}}}}}\n'
    )


def _properties(theme: Theme) -> str:
    names = ("ground", "card", "text", "quiet", "line", "accent", "good", "bad", "model")
    found = [f"--{name}:{getattr(theme, name)}" for name in names]
    found += [f"--series-{number}:{colour}" for number, colour in enumerate(theme.series, 1)]
    return ";".join(found)


def _make_policy(scripts: Iterable[str], style: str) -> str:
    """Make the page's Content-Security-Policy: these scripts, this style, and nothing from elsewhere."""
    allowed = " ".join(_hash(script) for script in scripts)
    own = f"script-src {allowed}; style-src {_hash(style)}"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _to_json(value: Any, mark: type) -> Any:
    """Encode as JSON that no HTML element can end."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return mark(text)
