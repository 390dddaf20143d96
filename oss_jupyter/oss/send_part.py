"""The data plane: one byte range of a file, one PUT to a signed URL.

`send_part` is a plain function of a value. It knows no credentials and no SDK, keeps nothing between calls but this
thread's open connections, and holds one slice of the file in memory whatever the part's size.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3

from oss_jupyter.crc64 import crc64
from oss_jupyter.errors import IntegrityError, OssJupyterError, PartStopped, SourceChanged
from oss_jupyter.model.gauge import Gauge, LocalGauge
from oss_jupyter.model.reading import reading
from oss_jupyter.model.wire_values import PartReceipt, PartRequest
from oss_jupyter.oss.bounds import read_content
from oss_jupyter.oss.environment import as_proxies
from oss_jupyter.oss.failures import from_exception, from_reply, not_oss
from oss_jupyter.oss.own_pace import OwnPace
from oss_jupyter.oss.proof import Proof, read_proof
from oss_jupyter.oss.reply import is_failed_callback, is_refusal
from oss_jupyter.oss.watch import Watch
from oss_jupyter.oss.wire import adapter, watching
from oss_jupyter.texts import tr

# One read, one checksum and a handful of sends: large enough that their fixed cost disappears, small enough that
# sixteen connections hold 16 MiB.
SLICE_BYTES = 1024 * 1024

_OK = 200
# The object is stored, but the callback's server gave no good answer (documentation "Callback").
_STORED_BUT_CALLBACK_FAILED = 203


def send_part(request: PartRequest, gauge: Gauge | None = None) -> PartReceipt:
    """Send one part and return the service's receipt, its CRC-64 compared with the one computed while reading.

    Once `gauge.stopped` is set it raises PartStopped within a second. Raises ServiceError, NetworkError,
    SourceError, IntegrityError.
    """
    rate = request.rate_bytes_per_second
    gauge = gauge or LocalGauge(OwnPace(rate) if rate else None)
    if gauge.stopped:
        raise PartStopped("The part was stopped before it began.")
    gauge.sent_bytes = 0
    body = _Body(request)
    started_at = time.monotonic()
    reply, content, failure = _put(request, body, gauge)
    if failure is not None:
        raise failure
    assert reply is not None
    said = _proven(request, reply, content)
    if said.crc64 not in (None, body.crc):
        raise IntegrityError(
            tr(
                "Part {number} arrived with CRC-64 {crc64}, but was sent with {sent_crc64}.",
                number=request.part_number,
                crc64=said.crc64,
                sent_crc64=body.crc,
            ),
            tr("Something between here and the service changed the bytes; resume to send the part once more."),
        )
    answered = _wants_callback(request) and reply.status_code == _OK
    return PartReceipt(
        part_number=request.part_number,
        etag=said.etag,
        crc64=body.crc,
        request_id=said.request_id,
        seconds=time.monotonic() - started_at,
        version_id=said.version_id,
        callback_body=content.decode("utf-8", "replace") if answered else "",
        callback_failed=reply.status_code == _STORED_BUT_CALLBACK_FAILED,
    )


class _Body:
    """The byte range as slices. It has a length, so requests sends Content-Length and not chunks."""

    def __init__(self, request: PartRequest) -> None:
        self._request = request
        self.crc = 0

    def __len__(self) -> int:
        return self._request.length

    def __iter__(self) -> Iterator[memoryview]:
        self.crc = 0
        buffer = memoryview(bytearray(min(SLICE_BYTES, self._request.length)))
        left_bytes = self._request.length
        # Nothing of the line can fail in here: who takes the slices is not called, and does not throw.
        with reading(self._request.path), Path(self._request.path).open("rb", buffering=0) as file:
            file.seek(self._request.offset)
            while left_bytes:
                count = file.readinto(buffer[:left_bytes])
                if not count:
                    raise _shorter(self._request.path)
                self.crc = crc64(buffer[:count], self.crc)
                left_bytes -= count
                yield buffer[:count]


def _shorter(path: str) -> SourceChanged:
    return SourceChanged(
        tr("{path} became shorter while it was being sent.", path=path),
        tr("Wait until whoever writes it has finished, then resume."),
    )


def _put(
    request: PartRequest, body: _Body, gauge: Gauge
) -> tuple[requests.Response | None, bytes, OssJupyterError | None]:
    """Return the reply and its content, or the failure.

    The failure is returned and not raised, because the exception of urllib3 that it comes from quotes the signed URL,
    and would travel along as its context.
    """
    try:
        with watching(Watch(gauge, request.route.stall_seconds)):
            return *_exchange(request, body), None
    except OssJupyterError as error:
        return None, b"", error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        if gauge.stopped:
            return None, b"", PartStopped("The part was stopped.")
        return None, b"", from_exception(error, _host(request))


def _exchange(request: PartRequest, body: _Body) -> tuple[requests.Response, bytes]:
    route = request.route
    prepared = requests.PreparedRequest()
    # Not prepare(), which would write the URL anew: it is signed as it is.
    prepared.method, prepared.url = "PUT", request.signed.url
    prepared.prepare_headers(dict(request.signed.headers))
    # requests would announce an empty iterable as chunked, which the service takes for a missing length.
    prepared.prepare_body(body if len(body) else b"", None)
    reply = adapter().send(
        prepared,
        stream=True,
        timeout=(route.connect_timeout_seconds, route.stall_seconds),
        verify=route.ca_bundle or True,
        proxies=as_proxies(route.proxy),
    )
    with reply:
        return reply, read_content(reply.raw, "PUT", _host(request))


def _host(request: PartRequest) -> str:
    # That of urllib3 writes a signed URL anew, byte for byte.
    return urlsplit(request.signed.url).hostname or ""


def _proven(request: PartRequest, reply: requests.Response, content: bytes) -> Proof:
    """Return what a reply proves. Raises ServiceError for a refusal, NotOss where it may be anybody's."""
    status = reply.status_code
    if not 200 <= status < 300 or is_refusal(reply.headers, content):
        raise from_reply(status, reply.headers, content)
    where = _host(request)
    said = read_proof(reply.headers, where)
    if status == _STORED_BUT_CALLBACK_FAILED and _wants_callback(request):
        proven = said.signed or (said.request_id and is_failed_callback(content))
    else:
        proven = said.signed and status == _OK
    if not proven:
        raise not_oss(where)
    return said


def _wants_callback(request: PartRequest) -> bool:
    return any(name.lower() == "x-oss-callback" for name, _ in request.signed.headers)
