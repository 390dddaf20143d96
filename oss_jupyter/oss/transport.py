"""How the SDK's requests travel: one `requests` session that any thread may use.

The SDK's own client has no option for a CA bundle and passes a proxy under a name that `requests` ignores. This one has
both, and raises our errors itself, so that an error reply is read in one place whoever received it.
"""

from __future__ import annotations

from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.oss.bounds import read_content
from oss_jupyter.oss.connections import Adapter
from oss_jupyter.oss.endpoint import EndpointSettings, keep_dots
from oss_jupyter.oss.environment import as_proxies, route_to
from oss_jupyter.oss.failures import from_exception, from_reply, not_oss
from oss_jupyter.oss.reply import is_refusal

# Ten thousand parts are a document of 900 KB; a slow line takes longer for it than any silence.
_SLICE_BYTES = 16 * 1024
# Connections that are kept alive: as many as uploads ask at once where they are small and many.
_KEPT_MOST = 32


class Reply:
    """A reply that has been read, in the shape the SDK expects."""

    is_closed = True
    is_stream_consumed = True

    def __init__(self, request: Any, reply: requests.Response, content: bytes) -> None:
        self.request = request
        self.status_code = reply.status_code
        self.headers = reply.headers
        self.reason = reply.reason
        self.content = content

    def read(self) -> bytes:
        """Return the body."""
        return self.content

    def close(self) -> None:
        """Do nothing: the connection is back in its pool already."""


class Transport:
    """The SDK's HttpClient. Raises ServiceError for a refusal, NetworkError where no reply came."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, Adapter(pool_maxsize=_KEPT_MOST))
        self._session.headers.clear()
        # Left to itself it would also look into ~/.netrc, and replace the signature by what it finds there.
        self._session.trust_env = False
        # Cookies are the one thing that threads would share.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))

    def send(self, request: Any, readwrite_timeout: float | None = None, **_: Any) -> Reply:
        """Send a request of the SDK and return the whole reply."""
        failure: OssJupyterError
        where = urlsplit(request.url).netloc
        settings = self._settings
        silence_seconds = readwrite_timeout or min(settings.read_timeout_seconds, settings.stall_seconds)
        try:
            with self._send(request, silence_seconds) as reply:
                content = read_content(reply.raw, request.method, where)
        except (requests.RequestException, HTTPError, OSError) as error:
            failure = from_exception(error, where)
            self._session.close()  # what broke one connection may have broken the idle ones without their noticing
        else:
            if not 200 <= reply.status_code < 300 or is_refusal(reply.headers, content):
                failure = from_reply(reply.status_code, reply.headers, content)
            elif b"<!DOCTYPE" in content:
                failure = not_oss(where)  # the service's documents have none, so there is no entity to blow up
            else:
                return Reply(request, reply, content)
        raise failure

    def _send(self, request: Any, silence_seconds: float) -> requests.Response:
        session, route = self._session, route_to(request.url, self._settings)
        prepared = session.prepare_request(
            requests.Request(
                request.method, keep_dots(request.url), headers=dict(request.headers), data=_in_slices(request.body)
            )
        )
        return session.send(
            prepared,
            stream=True,
            timeout=(route.connect_timeout_seconds, silence_seconds),
            allow_redirects=False,
            proxies=as_proxies(route.proxy),
            verify=route.ca_bundle or True,
        )

    def open(self) -> None:
        """Do nothing: connections open when they are needed."""

    def close(self) -> None:
        """Close the connections that are kept alive."""
        self._session.close()


class _Slices:
    """A document with a length, handed over slice by slice: the time-out is that of each, not of all together."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes]:
        for begin in range(0, len(self._content), _SLICE_BYTES):
            yield self._content[begin : begin + _SLICE_BYTES]


def _in_slices(body: Any) -> bytes | _Slices:
    body = body.encode() if isinstance(body, str) else body
    content = body if isinstance(body, bytes) else b"".join(body or ())  # an object's is some stream of the SDK's
    return _Slices(content) if len(content) > _SLICE_BYTES else content
