"""Foreign failures become ours: one table, most specific first.

What comes out holds no key, token, signature or signed URL. What comes in may: the exceptions of urllib3 and requests
quote the whole request line, so their texts are never used, and callers raise what they get here ``from None``, outside
the ``except`` block where they can, so that the original does not travel along as its context.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPException
from typing import Any

from oss_jupyter.errors import (
    CertificateRefused,
    CredentialsError,
    InputError,
    NetworkError,
    NotOss,
    OssJupyterError,
    ServiceError,
    Shortage,
    Stalled,
)
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.oss.advice import Asked, explain
from oss_jupyter.oss.reply import read_reply
from oss_jupyter.redact import said_by
from oss_jupyter.texts import english, tr
from oss_jupyter.texts.system import in_words

# Stands for the host in sentences of both languages, where nobody knows it.
_NOWHERE = "OSS"
_RESUME = english("Check the network, then resume.")
_OUT_OF_TIME = (9, 10)  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED


def from_reply(status: int, headers: Mapping[str, str], body: bytes, asked: Asked | None = None) -> ServiceError:
    """Return the error that a raw HTTP error reply means."""
    reply = read_reply(status, headers, body)
    return ServiceError(reply, *explain(reply, asked or Asked()))


def from_exception(error: BaseException, where: str = "", asked: Asked | None = None) -> OssJupyterError:
    """Return the error that an exception means; `where` is the host that was asked.

    One of ours is returned as it is, wherever it hides in the chain; a ServiceError gets the words for `asked`.
    """
    chain = list(_chain(error))
    for link in chain:
        if isinstance(link, ServiceError) and asked is not None:
            return ServiceError(link.reply, *explain(link.reply, asked))
        if isinstance(link, OssJupyterError):
            return link
        if (shortage := _shortage(link)) is not None:
            return shortage
        reply = _sdk_reply(link)
        if reply is not None:
            return from_reply(*reply, asked)
    for matches, make in _TABLE:
        found = next((link for link in chain if matches(link)), None)
        if found is not None:
            return make(found, where or _NOWHERE)
    return OssJupyterError(
        tr("Something unexpected happened: {kind}: {message}", kind=type(error).__name__, message=said_by(error)),
        tr("If it happens again, please report it."),
        code=type(error).__name__,
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and everything wrapped in it, outermost first.

    The SDK keeps the inner exception in ``kwargs``, requests in ``args``, urllib3 in ``reason``.
    """
    waiting: list[Any] = [error]
    seen: set[int] = set()
    while waiting:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        details = getattr(link, "kwargs", None)
        waiting += [details.get("error") if isinstance(details, dict) else None, *link.args]
        waiting += [getattr(link, "reason", None), link.__cause__, link.__context__]


def _shortage(link: BaseException) -> Shortage | None:
    if isinstance(link, socket.gaierror) and link.errno == socket.EAI_MEMORY:
        return shortage_of(MemoryError())
    if (shortage := shortage_of(link)) is not None or type(link) not in (OSError, socket.gaierror):
        return shortage
    # A resolver that could open nothing says that the name is not known, or "try again"; and glibc's, where it was used
    # before, has some other number: that an argument is invalid, or a device busy.
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return shortage_of(error)
    return None


def _sdk_reply(link: Any) -> tuple[int, Mapping[str, str], bytes] | None:
    # Told by its fields, so that the SDK need not be imported.
    if hasattr(link, "status_code") and hasattr(link, "snapshot"):
        return link.status_code, link.headers or {}, link.snapshot or b""
    return None


def _named(*names: str) -> Callable[[BaseException], bool]:
    """Match by class name: these classes live in packages that must not be imported for this."""
    wanted = frozenset(names)
    return lambda link: not wanted.isdisjoint(kind.__name__ for kind in type(link).__mro__)


def _of(*kinds: type[BaseException]) -> Callable[[BaseException], bool]:
    return lambda link: isinstance(link, kinds)


def _has_errno(*numbers: int) -> Callable[[BaseException], bool]:
    return lambda link: isinstance(link, OSError) and link.errno in numbers


def _says(text: str) -> Callable[[BaseException], bool]:
    return lambda link: isinstance(link, OSError) and text in str(link)


def _no_bundle(_error: BaseException, _where: str) -> OssJupyterError:
    return InputError(
        tr("The file of trusted certificates is not there."),
        tr("Correct ca_bundle, or the environment variable REQUESTS_CA_BUNDLE."),
    )


def _certificate(error: BaseException, where: str) -> OssJupyterError:
    reason = in_words(getattr(error, "verify_message", "")) or tr("its certificate was not accepted")
    if getattr(error, "verify_code", 0) in _OUT_OF_TIME:
        return CertificateRefused(
            tr(
                "The TLS certificate of {where} does not count at this computer's time: {reason}.",
                where=where,
                reason=reason,
            ),
            tr("Check this computer's clock and date (Linux: sudo timedatectl set-ntp true), then resume."),
        )
    return CertificateRefused(
        tr("The TLS certificate of {where} is not trusted: {reason}.", where=where, reason=reason),
        tr('Behind a company proxy, name its certificates: ca_bundle="/path/to/company-ca.pem".'),
    )


def _tls(_error: BaseException, where: str) -> OssJupyterError:
    return NetworkError(
        tr("No TLS connection to {where} could be made.", where=where),
        tr("Check that the endpoint speaks https; a server or proxy that does not needs http:// in its address."),
        code="TlsFailed",
    )


def _proxy(_error: BaseException, where: str) -> OssJupyterError:
    return NetworkError(
        tr("The proxy did not let the request through to {where}.", where=where),
        tr("Check proxy= or HTTPS_PROXY: host, port, user and password."),
        code="ProxyFailed",
    )


def _dns(_error: BaseException, where: str) -> OssJupyterError:
    return NetworkError(
        tr("The host {where} cannot be found.", where=where),
        tr("Check the spelling of the region or endpoint, and that this computer is online."),
        code="HostNotFound",
    )


def _refused(_error: BaseException, where: str) -> OssJupyterError:
    return NetworkError(
        tr("{where} refused the connection.", where=where),
        tr("Check the endpoint's host and port; a firewall or a missing proxy can be why."),
        code="ConnectionRefused",
    )


def _no_connection(_error: BaseException, where: str) -> OssJupyterError:
    return NetworkError(
        tr("No connection to {where} could be made in time.", where=where),
        tr("Check the network; an internal endpoint answers only within its region, some networks need proxy=."),
        code="ConnectTimeout",
    )


def _stalled(_error: BaseException, where: str) -> OssJupyterError:
    return Stalled(tr("{where} did not answer in time.", where=where), tr(_RESUME))


def _unreachable(_error: BaseException, where: str) -> OssJupyterError:
    return NetworkError(
        tr("There is no way through the network to {where}.", where=where),
        tr("Check that this computer is online, and its VPN."),
        code="Unreachable",
    )


def _broken(_error: BaseException, where: str) -> OssJupyterError:
    return NetworkError(tr("The connection to {where} broke.", where=where), tr(_RESUME))


def not_oss(where: str) -> NotOss:
    """Return the error that something answered, but not like the service."""
    return NotOss(
        tr("What answers at {where} is not the OSS service.", where=where),
        tr("Check the endpoint; a proxy or a login page may have answered in its place."),
    )


def _no_credentials(_error: BaseException, _where: str) -> OssJupyterError:
    return CredentialsError(tr("The credentials are empty."), tr("Set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET."))


def _refused_input(error: BaseException, _where: str) -> OssJupyterError:
    return InputError(
        tr("The SDK refused the request: {message}", message=said_by(error)), tr("Check the target and the options.")
    )


_TABLE: tuple[tuple[Callable[[BaseException], bool], Callable[[BaseException, str], OssJupyterError]], ...] = (
    (_says("TLS CA certificate bundle"), _no_bundle),
    (_of(ssl.SSLCertVerificationError), _certificate),
    (_named("ProxyError", "ProxySchemeUnknown"), _proxy),
    (_of(ssl.SSLError), _tls),
    (_of(socket.gaierror), _dns),
    (_named("NameResolutionError"), _dns),
    (_of(ConnectionRefusedError), _refused),
    (_named("ConnectTimeoutError", "ConnectTimeout"), _no_connection),
    (_has_errno(errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN), _unreachable),
    (_named("NewConnectionError"), _no_connection),
    (_of(TimeoutError), _stalled),
    (_named("ReadTimeoutError", "ReadTimeout"), _stalled),
    (_named("CredentialsEmptyError"), _no_credentials),
    (_named("ParamInvalidError", "ParamRequiredError", "BucketNameInvalidError"), _refused_input),
    (_named("ObjectNameInvalidError", "SerializationError"), _refused_input),
    (_named("InvalidURL", "InvalidSchema", "MissingSchema", "InvalidProxyURL", "LocationParseError"), _refused_input),
    (_named("DeserializationError", "ParseError"), lambda _error, where: not_oss(where)),
    (_of(ConnectionError, HTTPException, OSError), _broken),
    (_named("HTTPError", "RequestException", "RequestError", "ResponseError"), _broken),
)  # fmt: skip
