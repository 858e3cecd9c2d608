"""Take the address of a server apart into what it is asked by, what is shown of it, and what stays secret."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

_SERVICE = "/interpreter"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
# In words that hold an address: up to the blank behind it, a comma that ends a clause left out.
_URL = re.compile(rf"\b{_SCHEME.pattern}://[^\s]+?(?=,?(?:\s|$))")
_PLACE = re.compile(r"(?:\[[^\]]*\]|[^:]*)(?::[0-9]*)?")


class ServerAddress(NamedTuple):
    """Address of an Overpass server.

    Attributes
    ----------
    url
        Where to send queries, a key in its query included, user and password not.
    login
        User and password, or None.
    shown
        The address without secrets, as it is stored and printed.
    """

    url: str
    login: tuple[str, str] | None
    shown: str


def split_address(text: str) -> ServerAddress:
    """Take an address apart.

    Parameters
    ----------
    text
        http or https, with or without "/interpreter" at the end of its path.

    Raises
    ------
    ValueError
        If it is no such address; the message doesn't hold it.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("no address") from None
    # A slash in a password ends the part of the address in which passwords are looked for.
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.path:
        raise ValueError("no address")
    place = f"[{host}]" if ":" in host else host
    place = place if port is None else f"{place}:{port}"
    path = parts.path.rstrip("/").removesuffix(_SERVICE).rstrip("/")
    login = None
    if parts.username is not None:
        login = unquote(parts.username), unquote(parts.password or "")
    url = urlunsplit((parts.scheme, place, f"{path}{_SERVICE}", parts.query, ""))
    return ServerAddress(url, login, urlunsplit((parts.scheme, place, path, "", "")))


def strip_secrets(words: str) -> str:
    """Strip user, password, query and fragment from every address in some words."""
    return _URL.sub(lambda match: strip_address(match.group()), words)


def strip_address(text: str) -> str:
    """Strip what may be secret from a text that is, or should be, an address."""
    scheme, separator, rest = text.partition("://")
    if not separator or _SCHEME.fullmatch(scheme) is None:
        scheme, separator, rest = "", "", text
    address = re.split(r"[?#]", rest, maxsplit=1)[0]
    if "@" in address:
        address = address.rpartition("@")[2]
    elif "@" in rest and _PLACE.fullmatch(address.partition("/")[0]) is None:
        # A password that holds a ? or # which should have been percent-encoded.
        address = re.split(r"[?#]", rest.rpartition("@")[2], maxsplit=1)[0]
    return f"{scheme}{separator}{address}"
