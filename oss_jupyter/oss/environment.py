"""What the environment says of the way to a host: its proxy and the certificates to trust.

`requests` looks both up anew for every request, which is a quarter of what a part costs; and a helper process would see
the environment of the moment in which it was started. So the kernel looks them up, and every part carries them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy

from oss_jupyter.model.wire_values import Route
from oss_jupyter.oss.proxy import checked_proxy, reached_directly
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.oss.endpoint import EndpointSettings

# One look takes microseconds; so many in a row are not all met by a change.
_LOOKS = 100


def route_to(url: str, settings: EndpointSettings, host: str = "") -> Route:
    """Return the way to a URL: what the settings leave open, HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE and kin say.

    host: whose, where it is not the endpoint's.
    """
    proxy = settings.proxy or _proxy_of_environment(url, host or urlsplit(settings.url).hostname or "")
    bundle = settings.ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or None
    return Route(settings.connect_timeout_seconds, settings.stall_seconds, proxy, bundle)


def _proxy_of_environment(url: str, host: str) -> str | None:
    if reached_directly(host):
        return None
    proxy = select_proxy(url, _environ_proxies(url))
    return checked_proxy(proxy, tr("The proxy of the environment (HTTPS_PROXY or one of its kin)")) if proxy else None


def names_proxy(url: str) -> str:
    """Return the variable that names the proxy of the environment for a URL, "" where the system does.

    The one for the scheme comes before that for all, and of two spellings the small one, even where it is empty.
    """
    for name in (f"{urlsplit(url).scheme}_proxy", "all_proxy"):
        spelled = name if name in os.environ else name.upper()
        if os.environ.get(spelled):
            return spelled
    return ""


def as_proxies(proxy: str | None) -> dict[str, str]:
    """Return a proxy as `requests` takes it."""
    return {"http": proxy, "https": proxy} if proxy else {}


def _environ_proxies(url: str) -> dict[str, str]:
    looks = 0
    while True:
        looks += 1
        try:
            return get_environ_proxies(url)
        except (KeyError, RuntimeError):
            # A cell wrote to the environment while it was gone through, which nothing in Python locks.
            if looks == _LOOKS:
                raise
