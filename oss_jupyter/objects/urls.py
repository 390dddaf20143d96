"""What lies at an address of the web, as a stream: never whole in memory, and carried on where the server allows it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from oss_jupyter.errors import InputError, NetworkError, SourceError
from oss_jupyter.names import printable
from oss_jupyter.objects.streamed import Streamed
from oss_jupyter.redact import quoted
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    import requests

_SCHEMES = ("http", "https")
# What has come of one when a connection breaks is asked for again.
_CHUNK_BYTES = 128 * 1024
_CONNECT_SECONDS, _SILENCE_SECONDS = 10.0, 60.0
# So often in a row it may break off without a byte in between.
_TRIES_MOST = 5
_WAIT_SECONDS = 1.0
_WHOLE, _PART = 200, 206


def is_url(value: Any) -> bool:
    """Whether it is an address of the web."""
    return isinstance(value, str) and value.partition("://")[0].lower() in _SCHEMES


def of_url(url: str) -> Streamed:
    """Return what lies there as a stream; nothing is asked before it is read. Raises InputError."""
    try:
        place = urlsplit(url)
        host = place.hostname
    except ValueError:
        host = None
    if not host:
        what = tr("{address} names no host.", address=quoted(url))
        raise InputError(what, tr("Write it like https://host/path/file.csv."))
    # A query may sign, and what stands before the host may be a password.
    text = printable(f"{place.scheme}://{host}{place.path}")
    return Streamed(_Download(url, text), text, unquote(place.path).rpartition("/")[2])


@dataclass
class _Way:
    """How far a download is. version: what names the bytes that it began with; broken: why it stopped, or ""."""

    done_bytes: int = 0
    version: str = ""
    failures: int = 0
    broken: str = ""


class _Download:
    """What lies at an address, each time it is iterated."""

    def __init__(self, url: str, text: str) -> None:
        self._url = url
        self._text = text

    def __repr__(self) -> str:
        return f"_Download({self._text!r})"

    def __iter__(self) -> Iterator[bytes]:
        way = _Way()
        yield from self._attempt(way)
        while way.broken:
            if way.failures >= _TRIES_MOST or (way.done_bytes and not way.version):
                raise self._broken(way)
            time.sleep(_WAIT_SECONDS * way.failures)
            yield from self._attempt(way)

    def _attempt(self, way: _Way) -> Iterator[bytes]:
        """Yield what comes until the end, or until it breaks off, which `way` says then."""
        import requests

        way.broken = ""
        try:
            with self._asked(way.done_bytes, way.version) as reply:
                way.version = way.version or _version(reply)
                for chunk in reply.iter_content(_CHUNK_BYTES):
                    way.done_bytes, way.failures = way.done_bytes + len(chunk), 0
                    yield chunk
        except requests.RequestException as error:
            way.broken, way.failures = type(error).__name__, way.failures + 1  # what it says names the whole address

    def _asked(self, done_bytes: int, version: str) -> requests.Response:
        """Ask for all, or for what is left of the version that was begun. Raises SourceError, RequestException."""
        import requests

        headers = {"Accept-Encoding": "identity"}
        if done_bytes:
            headers |= {"Range": f"bytes={done_bytes}-", "If-Range": version}
        waits = (_CONNECT_SECONDS, _SILENCE_SECONDS)
        reply = requests.get(self._url, headers=headers, stream=True, timeout=waits)
        if reply.status_code == (_PART if done_bytes else _WHOLE):
            return reply
        reply.close()
        if reply.status_code >= 500:
            raise requests.ConnectionError
        if done_bytes and reply.status_code == _WHOLE:
            raise self._begins_anew(done_bytes)
        what = tr("{address} was answered with the status {status}.", address=self._text, status=reply.status_code)
        advice = tr("Open the address in a browser, or make the request yourself and give the reply.")
        raise SourceError(what, advice, code="DownloadRefused")

    def _begins_anew(self, done_bytes: int) -> SourceError:
        return SourceError(
            tr(
                "{address} broke off after {count} bytes, and its server can only begin anew.",
                address=self._text,
                count=f"{done_bytes:,}",
            ),
            tr("Run the cell again: what is in OSS already and is the same is not sent again."),
            code="DownloadBroken",
        )

    def _broken(self, way: _Way) -> NetworkError:
        return NetworkError(
            tr(
                "{address} broke off after {count} bytes ({why}).",
                address=self._text,
                count=f"{way.done_bytes:,}",
                why=way.broken,
            ),
            tr("Check the network, then run the cell again: what is in OSS already and is the same is not sent again."),
            code="DownloadBroken",
        )


def _version(reply: requests.Response) -> str:
    """Return what names the version that is sent, or nothing where it cannot be carried on (RFC 9110, 13.1.5, 14.3)."""
    etag = reply.headers.get("ETag", "")
    if reply.headers.get("Accept-Ranges", "").lower() == "none":
        return ""
    return etag if etag and not etag.startswith("W/") else reply.headers.get("Last-Modified", "")
