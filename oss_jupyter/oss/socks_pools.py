"""Connections of our kinds that lead through a SOCKS proxy. Loaded where there is one: it needs the package PySocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from urllib3.connectionpool import HTTPConnectionPool
from urllib3.contrib.socks import SOCKSConnection, SOCKSHTTPSConnection

_DIALLERS: Mapping[str, type[Any]] = {"http": SOCKSConnection, "https": SOCKSHTTPSConnection}


def through_socks(pools: Mapping[str, type[HTTPConnectionPool]]) -> dict[str, type[HTTPConnectionPool]]:
    """Return pools of the same connections, which differ in how they are opened only."""
    return {scheme: _through_socks(pool, _DIALLERS[scheme]) for scheme, pool in pools.items()}


def _through_socks(pool: type[HTTPConnectionPool], dialler: type[Any]) -> type[HTTPConnectionPool]:
    ours = pool.ConnectionCls
    # Ours comes first: what it adds is for every connection; the dialler replaces how urllib3 opens one.
    connection = type(f"Socks{ours.__name__}", (ours, dialler), {})
    return type(f"Socks{pool.__name__}", (pool,), {"ConnectionCls": connection})
