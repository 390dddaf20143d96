"""The way to the service: its name, the proxy, the connection with its TLS, and the two clocks."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from oss_jupyter.errors import CertificateRefused, OssJupyterError
from oss_jupyter.model.finding import Finding, fine, unknown, warning, wrong
from oss_jupyter.model.wire_values import Route
from oss_jupyter.oss.clock import TOLERATED_SECONDS, ahead_words
from oss_jupyter.oss.endpoint import EndpointSettings, is_loopback
from oss_jupyter.oss.environment import names_proxy, route_to
from oss_jupyter.oss.failures import from_exception, not_oss
from oss_jupyter.oss.reply import date_seconds
from oss_jupyter.oss.small_get import small_get
from oss_jupyter.texts import english, tr

NAME, PROXY, CONNECTION = english("name"), english("proxy"), english("connection")
CERTIFICATE, CLOCK = english("certificate"), english("clock")
# The service refuses what was signed more than 15 minutes ago or ahead (documentation "RequestTimeTooSkewed").
SKEW_MOST_SECONDS = 900.0
# Which line a failure of the one request belongs into.
_LINES = {"HostNotFound": NAME, "ProxyFailed": PROXY}
_SET_THE_CLOCK = english("Set this computer's clock (Linux: sudo timedatectl set-ntp true).")


def look_at_network(settings: EndpointSettings, now: Callable[[], float]) -> list[Finding]:
    """Ask the service for nothing, without a signature, and tell how that went. now: seconds since the epoch."""
    try:
        route = route_to(settings.url, settings)
    except OssJupyterError as error:
        return [wrong(PROXY, error.what, error.advice)]
    before = [*([] if route.proxy else [_name(settings)]), _proxy(settings, route)]
    begun = time.monotonic()
    try:
        headers = _ask(settings, route)
    except OssJupyterError as error:
        name = _LINES.get(error.code, CERTIFICATE if isinstance(error, CertificateRefused) else CONNECTION)
        what = _not_let_through(settings, route) if name == PROXY else error.what
        return [*(one for one in before if one.name != name), wrong(name, what, error.advice)]
    return [*before, _answered(settings, time.monotonic() - begun), _clock(headers, now())]


def goes_through_proxy(settings: EndpointSettings) -> bool:
    """Whether requests go through one."""
    with suppress(OssJupyterError):
        return bool(route_to(settings.url, settings).proxy)
    return False


def _answered(settings: EndpointSettings, seconds: float) -> Finding:
    service, took = settings.describe(), f"{1000 * seconds:.0f}"
    if settings.url.startswith("https"):
        text = tr("{service} answers in {took} ms over TLS.", service=service, took=took)
    elif is_loopback(settings.url):
        text = tr("{service} answers in {took} ms.", service=service, took=took)
    else:
        text = tr(
            "{service} answers in {took} ms without TLS: everybody on the way can read along.",
            service=service,
            took=took,
        )
    return fine(CONNECTION, text)


def _name(settings: EndpointSettings) -> Finding:
    host = urlsplit(settings.url).hostname or ""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        failure = from_exception(error, host)
        return wrong(NAME, failure.what, failure.advice)
    addresses = ", ".join(sorted({str(one[4][0]) for one in found})[:3])
    return fine(NAME, tr("{host} is {addresses}.", host=host, addresses=addresses))


def _proxy(settings: EndpointSettings, route: Route) -> Finding:
    if not route.proxy:
        return fine(PROXY, _without_proxy(names_proxy(settings.url)))
    proxy, source = _through(settings, route)
    return fine(PROXY, tr("Requests go through {proxy}, named by {source}.", proxy=proxy, source=source))


def _without_proxy(named: str) -> str:
    if not named:
        return tr("The service is reached without a proxy.")
    return tr("The service is reached without a proxy, passing by the one that {named} names.", named=named)


def _not_let_through(settings: EndpointSettings, route: Route) -> str:
    proxy, source = _through(settings, route)
    return tr(
        "Requests go through {proxy}, named by {source}, which did not let this one through.",
        proxy=proxy,
        source=source,
    )


def _through(settings: EndpointSettings, route: Route) -> tuple[str, str]:
    """Return which proxy is asked, and where it is named; never its user and password."""
    parts = urlsplit(route.proxy or "")
    where = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    source = "proxy=" if settings.proxy else names_proxy(settings.url) or tr("the settings of the system")
    return where, source


def _ask(settings: EndpointSettings, route: Route) -> Mapping[str, str]:
    """Return the headers with which the service answers. Raises NetworkError."""
    failure: OssJupyterError
    try:
        with small_get(settings.url, route, settings) as reply:
            if reply.headers.get("x-oss-request-id"):
                return reply.headers
        failure = not_oss(settings.describe())
    except OSError as error:
        failure = from_exception(error, settings.describe())
    raise failure


def _clock(headers: Mapping[str, str], now: float) -> Finding:
    served_at = date_seconds(headers.get("Date", ""))
    if served_at is None:
        return unknown(CLOCK, tr("The service did not say what time it is."))
    ahead_seconds = now - served_at
    if abs(ahead_seconds) <= TOLERATED_SECONDS:
        return fine(CLOCK, tr("This computer's clock and the service's agree."))
    said = ahead_words(ahead_seconds)
    if abs(ahead_seconds) <= SKEW_MOST_SECONDS:
        return warning(CLOCK, tr("{wrong}.", wrong=said), tr(_SET_THE_CLOCK))
    text = tr(
        "{wrong}; 15 are allowed. Uploads go on, because requests carry the service's time; other programs are "
        "refused.",
        wrong=said,
    )
    return warning(CLOCK, text, tr(_SET_THE_CLOCK))
