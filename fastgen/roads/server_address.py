"""Split the address of a server into the part that is requested, the part that is shown, and secrets."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

_SERVICE = "/interpreter"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
# An address within a sentence ends at a blank, or at a comma before one.
_URL = re.compile(rf"\b{_SCHEME.pattern}://[^\s]+?(?=,?(?:\s|$))")
# Host and port of an address: _PLACE in any characters, _HOST in those of a host name.
_PLACE = re.compile(r"(?:\[[^\]]*\]|[^:]*)(?::[0-9]*)?")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::[0-9]*)?")
# Characters that keys and session ids follow, also percent-encoded.
_MORE = re.compile(r"[;?&#]|%(?:3[BF]|2[36])", re.IGNORECASE)


class ServerAddress(NamedTuple):
    """Address of an Overpass server.

    Attributes
    ----------
    url
        Where to send queries, with a key in its query, without user and password.
    login
        User and password, or None.
    shown
        The address without secrets, as it is stored and printed.
    """

    url: str
    login: tuple[str, str] | None
    shown: str


def split_address(text: str) -> ServerAddress:
    """Split an address.

    Parameters
    ----------
    text
        http or https, with or without "/interpreter" at the end of its path.

    Raises
    ------
    ValueError
        If it is no such address; the message doesn't contain it.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("no address") from None
    place = f"[{host}]" if ":" in (host or "") else host or ""
    # A slash in a password ends the part in which urlsplit finds passwords, and leaves its @ in the path.
    if parts.scheme not in {"http", "https"} or _HOST.fullmatch(place) is None or "@" in parts.path:
        raise ValueError("no address")
    place = place if port is None else f"{place}:{port}"
    path = parts.path.rstrip("/").removesuffix(_SERVICE).rstrip("/")
    login = None
    if parts.username is not None:
        login = unquote(parts.username), unquote(parts.password or "")
    url = urlunsplit((parts.scheme, place, f"{path}{_SERVICE}", parts.query, ""))
    shown = _MORE.split(path, maxsplit=1)[0].rstrip("/").removesuffix(_SERVICE).rstrip("/")
    return ServerAddress(url, login, urlunsplit((parts.scheme, place, shown, "", "")))


def strip_secrets(words: str) -> str:
    """Strip user, password, parameters, query and fragment from every address in a text."""
    return _URL.sub(lambda match: strip_address(match.group()), words)


def show_host(text: str) -> str:
    """Give the part of a wrong address that looks like a host; the rest may be secret."""
    _, separator, rest = text.partition("://")
    place, *more = re.split(r"[/?#\\]", unquote(rest if separator else text).strip(), maxsplit=1)
    host = place.rpartition("@")[2]
    # After a slash in a password, what looks like a host is a user.
    return host if _HOST.fullmatch(host) and "@" not in "".join(more) else ""


def strip_address(text: str) -> str:
    """Strip what may be secret from an address that an older file stores."""
    scheme, separator, rest = text.partition("://")
    if not separator or _SCHEME.fullmatch(scheme) is None:
        scheme, separator, rest = "", "", text
    address = re.split(r"[?#]", rest, maxsplit=1)[0]
    if "@" in address:
        address = address.rpartition("@")[2]
    elif "@" in rest and _PLACE.fullmatch(address.partition("/")[0]) is None:
        # A password that holds a ? or # which should have been percent-encoded.
        address = rest.rpartition("@")[2]
    return f"{scheme}{separator}{_MORE.split(address, maxsplit=1)[0]}"
