"""One small GET along a route, for questions that neither the SDK nor the wire of parts asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests

from oss_jupyter.model.wire_values import Route
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.environment import as_proxies


@contextmanager
def small_get(
    url: str, route: Route, settings: EndpointSettings, headers: Mapping[str, str] | None = None
) -> Iterator[requests.Response]:
    """Give the reply, of which only the head is read; no redirection is followed. settings: how long it may take.

    Raises OSError, as those of `requests` are, whose words may quote the request.
    """
    with requests.Session() as session:
        session.trust_env = False  # the route says it already
        with session.get(
            url,
            headers=headers,
            stream=True,
            allow_redirects=False,
            timeout=(settings.connect_timeout_seconds, settings.read_timeout_seconds),
            proxies=as_proxies(route.proxy),
            verify=route.ca_bundle or True,
        ) as reply:
            yield reply
