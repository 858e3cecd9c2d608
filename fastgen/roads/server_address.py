"""Split the address of a server into the part that is requested, the part that is shown, and secrets."""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urlsplit, urlunsplit

OVERPASS = "/interpreter"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
# An address within a sentence ends at a blank, or at a comma before one; a password may hold both.
_URL = re.compile(rf"\b{_SCHEME.pattern}://(?:[\s\S]*@)?[^\s]+?(?=,?(?:\s|$))")
# Host and port of an address: _PLACE in any characters, _HOST in those of a host name.
_PLACE = re.compile(r"(?:\[[^\]]*\]|[^:]*)(?::[0-9]*)?")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::[0-9]*)?")
# Characters that keys and session ids follow, also percent-encoded, once or several times.
_MORE = re.compile(r"[;?&#]|%(?:25)*(?:3[BF]|2[36])", re.IGNORECASE)
_BETWEEN = re.compile(r"[;?&#/=]")
# Shorter values, such as a version, are no secrets; nor are shorter pieces of one.
_MIN_SECRET, _MAX_QUOTE = 3, 80  # characters
_HIDDEN = "***"
# Where a quote in an error may be cut; three dots that say so may follow dots of the quote.
_CUT = re.compile(r"""\.{3,}|['")]|\.?$""")


class ServerAddress(NamedTuple):
    """Address of a server.

    Attributes
    ----------
    url
        Where to send queries, with a key in its query, without user and password.
    login
        User and password, or None.
    shown
        The address without secrets, as it is stored and printed.
    secrets
        What is not shown: user, password, values of the path's end and of the query.
    """

    url: str
    login: tuple[str, str] | None
    shown: str
    secrets: tuple[str, ...] = ()

    def hide(self, words: str) -> str:
        """Hide the secrets in an error that quotes a server, which may repeat them in any encoding.

        Parameters
        ----------
        words
            The error; `shown` in front of it stays. Quotes may be cut, so that a secret's beginning stands at
            their end, or its end behind three dots.
        """
        front = self.shown if words.startswith(self.shown) else ""
        forms = sorted({form for secret in self.secrets for form in _spell(secret)}, key=len, reverse=True)
        if not forms:
            return words
        whole = "|".join(map(re.escape, forms))
        return front + _hide_cut(re.sub(whole, _HIDDEN, words[len(front) :], flags=re.IGNORECASE), forms)


def split_address(text: str, service: str = OVERPASS) -> ServerAddress:
    """Split an address.

    Parameters
    ----------
    text
        http or https, with or without the service at the end of its path.
    service
        What the path of a request ends in.

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
    # A slash, ? or # in a password ends the part in which urlsplit finds passwords, and leaves its @ behind.
    behind = f"{parts.path}{parts.query}{parts.fragment}"
    if parts.scheme not in {"http", "https"} or _HOST.fullmatch(place) is None or "@" in behind:
        raise ValueError("no address")
    place = place if port is None else f"{place}:{port}"
    path = parts.path.rstrip("/").removesuffix(service).rstrip("/")
    login = None
    if parts.username is not None:
        login = unquote(parts.username), unquote(parts.password or "")
    url = urlunsplit((parts.scheme, place, f"{path}{service}", parts.query, ""))
    shown = _MORE.split(path, maxsplit=1)[0].rstrip("/").removesuffix(service).rstrip("/")
    more = [_MORE.sub("?", path).partition("?")[2], parts.query]
    values = [part for text in more for part in (text, *_BETWEEN.split(text))]
    # Of key=value, the value alone is secret.
    names = {name for text in more for name in re.findall(r"([^;?&#/=]+)=", text)}
    secrets = [*(login or ()), *([":".join(login)] if login else []), *(v for v in values if v not in names)]
    long = tuple(secret for secret in secrets if len(secret) >= _MIN_SECRET)
    return ServerAddress(url, login, urlunsplit((parts.scheme, place, shown, "", "")), long)


def _hide_cut(words: str, forms: list[str]) -> str:
    """Hide the beginnings of secrets where a quote may be cut, and their ends behind three dots."""
    sizes = [(form, size) for form in forms for size in range(_MIN_SECRET, min(len(form), _MAX_QUOTE))]
    hidden = [False] * len(words)
    for match in _CUT.finditer(words):
        begin, end = match.span()
        head = max((size for form, size in sizes if words.endswith(form[:size], 0, begin)), default=0)
        tail = max((size for form, size in sizes if words.startswith(form[-size:], end)), default=0)
        hidden[begin - head : begin] = [True] * head
        if match.group().startswith("..."):
            hidden[end : end + tail] = [True] * tail
    return "".join(
        _HIDDEN if is_hidden else "".join(letter for letter, _ in run)
        for is_hidden, run in groupby(zip(words, hidden, strict=True), key=itemgetter(1))
    )


def _spell(secret: str) -> set[str]:
    """List the spellings of a secret in which a server may repeat it."""
    plain = {secret, unquote(secret), unquote_plus(secret)}
    spelt = {
        *(quote(text) for text in plain),
        *(quote(text, safe="") for text in plain),
        *(quote_plus(text) for text in plain),
        *(escape(text) for text in plain),
        *(b64encode(text.encode()).decode() for text in plain),
    }
    # An error shows what it quotes as Python writes it.
    spelt |= plain
    return {form for form in spelt | {ascii(t)[1:-1] for t in spelt} | {repr(t)[1:-1] for t in spelt} if form}


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
    place = address.partition("/")[0]
    if "@" in address:
        address = address.rpartition("@")[2]
    elif "@" in rest and _PLACE.fullmatch(place) is None:
        # A password that holds a ? or # which should have been percent-encoded.
        address = rest.rpartition("@")[2]
    elif "@" in rest and ":" in place:
        address = "..."  # host and port before a query, or user and password: nobody can tell
    return f"{scheme}{separator}{_MORE.split(address, maxsplit=1)[0]}"
