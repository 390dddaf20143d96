"""Connections as parts and small requests have them in common: an interim reply is not taken for the reply.

A server, or a gateway before it, may send 102 or 103 while it works (RFC 9110, 15.2; RFC 8297). The standard library
skips 100 alone, any number of times, and takes the others for the end of the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPResponse, parse_headers
from typing import Any, ClassVar

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from oss_jupyter.oss.failures import not_oss

# One every few seconds while the service joins parts; more say that no reply will come.
_INTERIM_MOST = 100
_SWITCHING_PROTOCOLS = 101  # is final: what follows is no HTTP


class FinalReply(HTTPResponse):
    """The standard library's reply, read past all interim ones. Raises NotOss where there are too many."""

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_INTERIM_MOST):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200 or status == _SWITCHING_PROTOCOLS:
                return version, status, reason
            parse_headers(self.fp)
        raise not_oss("the endpoint")


class PlainConnection(HTTPConnection):
    """A connection without TLS."""

    response_class = FinalReply


class TlsConnection(HTTPSConnection):
    """A connection with TLS."""

    response_class = FinalReply


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = TlsConnection


class Adapter(HTTPAdapter):
    """What `requests` sends through, over connections of these kinds, proxies included."""

    pools: ClassVar[Mapping[str, type[HTTPConnectionPool]]] = {"http": _PlainPool, "https": _TlsPool}

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools for direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self.pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pools for connections through a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self.pools
        return manager
