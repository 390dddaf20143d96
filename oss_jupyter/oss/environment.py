"""What the environment says of the way to a host: its proxy and the certificates to trust.

`requests` looks both up anew for every request, which is a quarter of what a part costs; and a helper process would see
the environment of the moment in which it was started. So the kernel looks them up, and every part carries them.
"""

from __future__ import annotations

import os

from requests.utils import get_environ_proxies, select_proxy


def proxy_of(url: str) -> str | None:
    """Return the proxy that HTTPS_PROXY, NO_PROXY and their kin name for a URL, maybe with a password in it."""
    return select_proxy(url, get_environ_proxies(url))


def as_proxies(proxy: str | None) -> dict[str, str]:
    """Return a proxy as `requests` takes it."""
    return {"http": proxy, "https": proxy} if proxy else {}


def ca_bundle() -> str | None:
    """Return the file of certificates that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or None
