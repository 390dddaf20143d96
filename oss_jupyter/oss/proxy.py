"""Proxies: what can be one, and which hosts are reached without the one of the environment. Nothing is asked here.

A proxy's URL may hold a password, so no message shows it.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from importlib.util import find_spec
from urllib.parse import SplitResult, urlsplit

from oss_jupyter.errors import InputError
from oss_jupyter.texts import listed, tr

_SCHEMES = ("http", "https", "socks5", "socks5h", "socks4", "socks4a")
_LIKE_HTTP, _LIKE_SOCKS = 'proxy="http://proxy.example.com:3128"', 'proxy="socks5h://127.0.0.1:1080"'
# A name, or an address of IPv6, which may name its interface.
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]+(?:%[\w.-]+)?")
# A host has 253 characters at most; the rest is for its port, and for a user and a password.
_NETLOC_MAX = 2048
# Names that only this computer or its own network knows (RFC 6761, RFC 6762, ICANN's .internal).
_NEAR = (".localhost", ".local", ".internal")
# Hosts of OSS that answer inside of their region's network only.
_INSIDE_THE_CLOUD = re.compile(r"(?:[a-z0-9.-]+-internal|vpc\d+-oss-[a-z0-9-]+)(?:\.[a-z0-9-]+)*\.aliyuncs\.com")


def checked_proxy(text: str, name: str = "proxy") -> str:
    """Return a proxy's URL, with a scheme. `name` is where it was given. Raises InputError."""
    url = text.strip()
    url = url if "://" in url else f"http://{url}"
    parts = split_url(url)
    if parts is not None and parts.scheme not in _SCHEMES:
        raise InputError(
            tr("{name} has a scheme that no proxy has.", name=name),
            tr(
                "Choose one of {schemes}, like {example}, or {other_example}.",
                schemes=listed(_SCHEMES),
                example=_LIKE_HTTP,
                other_example=_LIKE_SOCKS,
            ),
            code="InvalidProxy",
        )
    if parts is None or parts.port == 0 or parts.path.strip("/") or parts.query or parts.fragment:
        raise InputError(
            tr("{name} is not the URL of a proxy.", name=name),
            tr("Write it like {example}, or {other_example}.", example=_LIKE_HTTP, other_example=_LIKE_SOCKS),
            code="InvalidProxy",
        )
    if parts.scheme.startswith("socks") and find_spec("socks") is None:
        raise InputError(
            tr("{name} is a SOCKS proxy, and the package that speaks to one is not installed.", name=name),
            tr(
                "Install the extra socks (python -m pip install 'oss_jupyter[socks]' or PySocks), "
                "then restart the kernel."
            ),
            code="SocksMissing",
        )
    return url


def split_url(url: str) -> SplitResult | None:
    """Return the pieces of a URL whose host and port can be ones, else None: urllib's own refusals quote all of it."""
    if not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number, or too large
        name = (parts.hostname or "").encode("idna").decode("ascii")  # raises where a label is empty or too long
    except ValueError:
        return None
    return parts if _HOST.fullmatch(name) and len(parts.netloc) <= _NETLOC_MAX else None


def reached_directly(host: str) -> bool:
    """Whether a host is of this computer, of a private network, or inside of the cloud's network.

    A company's proxy stands outside of all of these: it would ask itself, or nobody.
    """
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(_NEAR) or _INSIDE_THE_CLOUD.fullmatch(name):
        return True
    address = _address(name)
    if address is None:
        return "." not in name
    mapped = getattr(address, "ipv4_mapped", None)
    return not (mapped or address).is_global


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name.strip("[]").partition("%")[0])
    except ValueError:
        pass
    if not re.fullmatch(r"[0-9.]+", name):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(name))  # 127.1 is 127.0.0.1
    except OSError:
        return None
