"""Rates and latency can be felt by a client, roughly."""

from __future__ import annotations

import threading
import time
from typing import Any

import requests

from oss_jupyter.sandbox import Sandbox

from .clients import Wire, begin, object_url, part_url

MIB = 1024 * 1024


def _seconds_to_send(urls: list[str], size_bytes: int) -> float:
    def send(url: str) -> None:
        assert requests.put(url, data=bytes(size_bytes), timeout=60).status_code == 200

    threads = [threading.Thread(target=send, args=(url,)) for url in urls]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - started


def test_the_rate_is_shared(sandbox: Sandbox, client: Any) -> None:
    """Connections share the server's rate, whatever their number."""
    upload_id = begin(client)
    urls = [part_url(client, upload_id, number) for number in range(1, 5)]
    sandbox.rate_bytes_per_second = 8 * MIB
    seconds = _seconds_to_send(urls, MIB)
    assert 0.35 < seconds < 5  # half a second, were it exact
    sandbox.rate_bytes_per_second = None
    assert _seconds_to_send(urls, MIB) < seconds


def test_the_rate_of_a_connection(sandbox: Sandbox, client: Any) -> None:
    """Each connection has a rate of its own, so four of them are as fast as one."""
    upload_id = begin(client)
    urls = [part_url(client, upload_id, number) for number in range(1, 5)]
    sandbox.connection_rate_bytes_per_second = 2 * MIB
    one = _seconds_to_send(urls[:1], MIB)
    four = _seconds_to_send(urls, MIB)
    assert one > 0.35
    assert four < 2 * one


def test_a_rate_may_change_under_way(sandbox: Sandbox, client: Any) -> None:
    """A body that crawls is freed by a new rate."""
    sandbox.rate_bytes_per_second = 64 * 1024
    threading.Timer(0.2, lambda: setattr(sandbox, "rate_bytes_per_second", None)).start()
    assert _seconds_to_send([object_url(client)], 8 * MIB) < 30  # 128 at the first rate


def test_latency(sandbox: Sandbox, client: Any, wire: Wire) -> None:
    """Every reply waits for the latency."""
    url = object_url(client)
    sandbox.latency_seconds = 0.2
    started = time.monotonic()
    assert wire.send("PUT", url, b"x").status == 200
    assert time.monotonic() - started >= 0.2
