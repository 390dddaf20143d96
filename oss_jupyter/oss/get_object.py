"""Reading objects: ranges of bytes, each one GET of a URL that was signed for it.

The answer to a range counts where it says that it is this range of this object: another ETag is another object. What is
read whole is compared with the object's CRC-64 by whoever has all of it. Bytes go from the socket into the memory in
which they stay, once.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar
from urllib.parse import urlsplit

import requests
import urllib3
from urllib3.connectionpool import HTTPConnectionPool

from oss_jupyter import forks
from oss_jupyter.errors import NetworkError, OssJupyterError
from oss_jupyter.model.retry import Action, RetryPolicy, decide
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import ObjectPiece, SignedRequest
from oss_jupyter.oss.bounds import read_content
from oss_jupyter.oss.connections import Adapter, FinalReply, PlainConnection, PlainPool, Reader, TlsConnection, TlsPool
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.environment import as_proxies
from oss_jupyter.oss.failures import from_exception, from_reply, not_oss
from oss_jupyter.oss.proof import read_proof
from oss_jupyter.texts import tr

# How old the credentials may be that a range is signed with.
_FRESH_SECONDS = 1.0
_KEPT_MOST = 32
_RANGE = 206
_CONTENT_RANGE = re.compile(r"bytes ([0-9]+)-([0-9]+)/([0-9]+)")
_BEHIND_ITS_END = "InvalidRange"

# Gives the memory for a range, in order, knowing its length and the whole object's size, both in bytes. What it gives
# is full when it is asked for more. It is asked anew for each try.
Room = Callable[[int, int], Iterator[memoryview]]


class ObjectReader:
    """Reads from the place that a control plane is of. Any thread may call it; _looked_up_at is one reference."""

    def __init__(self, control: SdkControl, policy: RetryPolicy) -> None:
        self.control = control
        self._policy = policy
        self._looked_up_at = 0.0

    def read(self, target: Target, first: int, last: int, room: Room, etag: str = "") -> ObjectPiece:
        """Read the bytes `first` to `last` into a room, both included, fewer where the object ends before.

        etag: of the object that is meant. Raises ServiceError, with NoSuchKey, PreconditionFailed where it is another
        one by now, or InvalidRange where it ends before `first`.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._once(target, first, last, room, etag)
            except OssJupyterError as error:
                failure = error
            decision = decide(failure, attempt, self._policy)
            renewed = decision.action is Action.RENEW and attempt == 1
            if decision.action not in (Action.RETRY, Action.SLOW_DOWN) and not renewed:
                raise failure
            self._looked_up_at = 0.0
            time.sleep(decision.wait_seconds)

    def _once(self, target: Target, first: int, last: int, room: Room, etag: str) -> ObjectPiece:
        signed = self._sign(target, first, last, etag)
        piece, failure = self._get(target, signed, first, last, room)
        if failure is not None:
            if self.control.heed_clock(failure, signed):
                return self._once(target, first, last, room, etag)
            raise failure
        assert piece is not None
        if etag and piece.etag != etag:
            raise not_oss(self.control.settings.describe())
        return piece

    def _sign(self, target: Target, first: int, last: int, etag: str) -> SignedRequest:
        if time.monotonic() - self._looked_up_at > _FRESH_SECONDS:
            self.control.credentials_version()
            self._looked_up_at = time.monotonic()
        extra = (("Range", f"bytes={first}-{last}"), ("Accept-Encoding", "identity"))
        condition = (("If-Match", f'"{etag}"'),) if etag else ()
        return self.control.sign("GetObject", target, {"range_behavior": "standard"}, (*extra, *condition))

    def _get(
        self, target: Target, signed: SignedRequest, first: int, last: int, room: Room
    ) -> tuple[ObjectPiece | None, OssJupyterError | None]:
        """Return the piece or the failure, which is not raised here: its context would hold the signed URL."""
        where = urlsplit(signed.url).hostname or ""
        try:
            with _send(signed, self.control, target) as reply:
                if not 200 <= reply.status_code < 300:
                    content = read_content(reply.raw, "GET", where)
                    asked = self.control.requests.asked("GetObject", target)
                    return None, from_reply(reply.status_code, reply.headers, content, asked)
                return _read(reply, first, last, room, where), None
        except OssJupyterError as error:
            return None, error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return None, from_exception(error, where)


def is_behind_its_end(error: OssJupyterError) -> bool:
    """Whether a range begins where the object has ended, as every range of an empty one does."""
    return error.code == _BEHIND_ITS_END


def _send(signed: SignedRequest, control: SdkControl, target: Target) -> requests.Response:
    route = control.route(target)
    prepared = requests.PreparedRequest()
    # Not prepare(), which would write the URL anew: it is signed as it is.
    prepared.method, prepared.url = "GET", signed.url
    prepared.prepare_headers(dict(signed.headers))
    return _adapters.of_now().send(
        prepared,
        stream=True,
        timeout=(route.connect_timeout_seconds, route.stall_seconds),
        verify=route.ca_bundle or True,
        proxies=as_proxies(route.proxy),
    )


def _read(reply: requests.Response, first: int, last: int, room: Room, where: str) -> ObjectPiece:
    said = read_proof(reply.headers, where)
    begin, end, size = _told_range(reply, where)
    if not said.signed or begin != first or end != min(last, size - 1):
        raise not_oss(where)
    length = end - begin + 1
    for view in room(length, size):
        _fill(reply.raw, view, where)
    reply.raw.release_conn()  # all of it was read, so the connection may be used again
    return ObjectPiece(length, size, said.etag, said.crc64)


def _told_range(reply: requests.Response, where: str) -> tuple[int, int, int]:
    """Return the first byte, the last and the object's size, as a reply tells them."""
    found = _CONTENT_RANGE.fullmatch(reply.headers.get("Content-Range", ""))
    if reply.status_code != _RANGE or found is None:
        raise not_oss(where)
    first, last, size = map(int, found.groups())
    return first, last, size


def _fill(raw: urllib3.BaseHTTPResponse, view: memoryview, where: str) -> None:
    """Fill memory with what comes next. Raises NetworkError where that ends before."""
    # The standard library's reply puts the bytes where they belong; urllib3's would copy them twice on their way.
    plain = getattr(raw, "_original_response", None) or raw
    at = 0
    while at < len(view):
        with view[at:] as rest:
            count = plain.readinto(rest)
        if not count:
            raise NetworkError(
                tr("The connection to {where} broke.", where=where), tr("Check the network, then read it again.")
            )
        at += count


class _LongReader(Reader):
    """The bytes of an object may take as long as they keep coming; only silence ends it."""

    def wait(self, left_seconds: float) -> None:
        """Wait as long as the connection's own time-out says."""


class _LongReply(FinalReply):
    reader = _LongReader


class _Plain(PlainConnection):
    response_class = _LongReply


class _Tls(TlsConnection):
    response_class = _LongReply


class _PlainPool(PlainPool):
    ConnectionCls = _Plain


class _TlsPool(TlsPool):
    ConnectionCls = _Tls


class _Adapter(Adapter):
    pools: ClassVar[Mapping[str, type[HTTPConnectionPool]]] = {"http": _PlainPool, "https": _TlsPool}


class _Adapters:
    """The connections of this process that objects are read over. No session is around them, as for parts."""

    def __init__(self) -> None:
        self._made: Adapter | None = None
        forks.in_child(self._begin_anew)

    def of_now(self) -> Adapter:
        if self._made is None:
            self._made = _Adapter(pool_connections=8, pool_maxsize=_KEPT_MOST)
        return self._made

    def _begin_anew(self) -> None:
        forks.leave(self._made)
        self._made = None


_adapters = _Adapters()
